// The folders of public keys that a machine trusts: `*.pem`, and in `revoked/` those that count for nothing any more.
import { createPublicKey, type KeyObject } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { keyIdOf, type TrustedKeys } from "./signature.ts";

export const revokedFolder = "revoked";
const pemBytesMax = 4_096;
const keysMax = 64;

/** Where a board keeps the keys that it trusts. */
export function trustedKeysFolder(stateDir: string): string {
  return join(stateDir, "trusted-keys");
}

/**
 * Reads the keys of several folders; a folder that is missing holds none. A key that is revoked anywhere is revoked.
 *
 * @throws FacelatchError KEY_INVALID for a file that is no Ed25519 key: a key that cannot be read may be a revoked one
 */
export async function readTrustedKeys(folders: readonly string[]): Promise<TrustedKeys> {
  const trusted = new Map<string, KeyObject>();
  const revoked = new Set<string>();
  for (const folder of folders) {
    for (const key of await readKeys(folder)) trusted.set(keyIdOf(key), key);
    for (const key of await readKeys(join(folder, revokedFolder))) revoked.add(keyIdOf(key));
  }
  return { trusted, revoked };
}

/** The public keys of one folder, by file name. */
export async function readKeys(folder: string): Promise<KeyObject[]> {
  const files = namesIn(folder)
    .filter((name) => name.endsWith(".pem"))
    .sort();
  if (files.length > keysMax) throw invalid(folder, `at most ${keysMax} keys`, `${files.length}`);
  return Promise.all(files.map((name) => readPublicKey(join(folder, name))));
}

/** None where there is no folder. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Throws INPUT_MISSING, KEY_INVALID. */
export async function readPublicKey(path: string): Promise<KeyObject> {
  const pem = bytesOf(path);
  if (pem.byteLength > pemBytesMax) throw invalid(path, `at most ${pemBytesMax} bytes`, `${pem.byteLength}`);
  // Also a private key has a public half: a mix-up that would spread the secret must not pass unseen.
  if (pem.includes("PRIVATE KEY")) throw invalid(path, "a public key", "a private one, which belongs on no board");
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch (cause) {
    throw invalid(path, "a public key in PEM", messageOf(cause), cause);
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw invalid(path, "an Ed25519 key", `${key.asymmetricKeyType}`);
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `a public key at ${path}`,
      found: messageOf(cause),
      next: "`facelatch keys list` tells which there are.",
      cause,
    });
  }
}

function invalid(path: string, expected: string, found: string, cause?: unknown): FacelatchError {
  return new FacelatchError("KEY_INVALID", {
    expected: `${expected} at ${path}`,
    found,
    next: "Remove the file, or put the right one there: `facelatch keys list` tells which there are.",
    cause,
  });
}
