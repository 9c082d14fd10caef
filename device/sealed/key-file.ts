// The key of sealed files: a file of its own, apart from what it seals, made once and never written again.
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, linkSync, openSync, readSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FacelatchError } from "../errors/errors.ts";
import { type FileFaults, isSystemError, makeFolder, syncFolder, writeTemporary } from "./durable-files.ts";
import { keyBytes } from "./sealed.ts";

/** @param realm whose files it seals */
export function keyPathOf(stateDir: string, realm: string): string {
  return join(stateDir, "keys", `${realm}.key`);
}

/**
 * Reads the key; null where there is no such file.
 *
 * @throws FacelatchError what `unavailable` makes, for a file that is not the owner's alone, or not a key
 */
export function readKey(path: string, unavailable: FileFaults["unavailable"]): Buffer | null {
  const refused = (expected: string, found: string) => refusedKey(path, expected, found, unavailable);
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (isSystemError(error) && error.code === "ENOENT") return null;
    if (isSystemError(error) && error.code === "ELOOP") throw refused("a file", "a link");
    throw error;
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw refused("a file", "something else");
    if (status.size !== keyBytes) throw refused(`${keyBytes} bytes`, `${status.size}`);
    const mode = status.mode & 0o777;
    if ((mode & 0o077) !== 0) throw refused("mode 0600", `0${mode.toString(8)}, which others may use`);
    const key = Buffer.alloc(keyBytes);
    if (readSync(file, key, 0, keyBytes, 0) !== keyBytes) throw refused(`${keyBytes} bytes`, "fewer");
    return key;
  } finally {
    closeSync(file);
  }
}

/**
 * Makes a key and stores it, whole or not at all; `beforeStored` is given the key when only the last step is left.
 *
 * @throws what the file system throws, EEXIST where there is a key
 */
export function makeKey(path: string, beforeStored: (key: Buffer) => void): Buffer {
  const folder = dirname(path);
  makeFolder(folder);
  const key = randomBytes(keyBytes);
  const temporary = writeTemporary(folder, key);
  try {
    beforeStored(key);
    // Unlike a rename, a link never replaces a key.
    linkSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(folder);
  return key;
}

function refusedKey(
  path: string,
  expected: string,
  found: string,
  unavailable: FileFaults["unavailable"],
): FacelatchError {
  return unavailable(
    `a key of ${expected} at ${path}`,
    found,
    "Put the right key back, readable by its owner alone; nothing was overwritten.",
  );
}
