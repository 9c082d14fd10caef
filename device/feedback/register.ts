// The register on disk: one sealed file, replaced as a whole; its number is part of its name and of its seal.
//
// A change is the next number, taken by a link that fails where another process was first: the daemon and the commands
// on the board need no lock that a killed process could leave behind. One register for all items, because a file that
// vanished must not go unnoticed: a missing negative would loosen the lock.
import { linkSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FacelatchError } from "../errors/errors.ts";
import { bytesOf, isSystemError, namesIn, syncFolder, unavailable, writeTemporary } from "./durable-files.ts";
import { decodeContent, encodeContent, type RegisterContent } from "./register-content.ts";
import { seal, unseal } from "./sealed.ts";

export interface NumberedRegister {
  readonly number: number;
  readonly content: RegisterContent;
}

const registerName = /^register-([1-9]\d{0,14})$/;
/** Between a look into the folder and the opening of the file, another process may have replaced it. */
const triesMax = 50;

function pathOf(folder: string, number: number): string {
  return join(folder, `register-${number}`);
}

function numbersIn(folder: string): number[] {
  return namesIn(folder).flatMap((name) => {
    const match = registerName.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
}

/** The number of the newest register; null where there is none. */
export function newestNumber(folder: string): number | null {
  const numbers = numbersIn(folder);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

/**
 * Reads the newest register. An older one is never taken instead: it would lack what was said last.
 *
 * @throws FacelatchError FEEDBACK_UNAVAILABLE when there is none, or it was altered
 */
export function readRegister(folder: string, key: Uint8Array): NumberedRegister {
  for (let tries = 0; tries < triesMax; tries++) {
    const number = newestNumber(folder);
    if (number === null) throw lost(folder, "no register");
    const box = bytesOf(pathOf(folder, number));
    if (box === null) continue;
    const bytes = unseal(key, { kind: "register", id: String(number) }, box);
    const content = bytes === null ? null : decodeContent(bytes);
    if (content !== null) return { number, content };
    throw lost(folder, `${pathOf(folder, number)}, which was altered or sealed with another key`);
  }
  throw lost(folder, "registers that vanish while they are read");
}

/**
 * Makes a register the newest, on disk before it returns.
 *
 * @returns false, with nothing changed, where another process took the number first
 */
export function commitRegister(folder: string, key: Uint8Array, { number, content }: NumberedRegister): boolean {
  const box = seal(key, { kind: "register", id: String(number) }, encodeContent(content));
  const temporary = writeTemporary(folder, box);
  try {
    linkSync(temporary, pathOf(folder, number));
  } catch (error) {
    if (isSystemError(error) && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(folder);
  // Several changes of another process may have come and gone since the number was chosen.
  if (newestNumber(folder) !== number) {
    rmSync(pathOf(folder, number), { force: true });
    return false;
  }
  removeOlder(folder, number);
  return true;
}

export function removeOlder(folder: string, newest: number): void {
  for (const number of numbersIn(folder)) if (number < newest) rmSync(pathOf(folder, number), { force: true });
}

function lost(folder: string, found: string): FacelatchError {
  return unavailable(
    "the register of the household negatives",
    found,
    `The door stays locked, for it no longer knows whom to keep out. Put ${folder} and its key back from a backup, or ` +
      'move both away and say "not me" again.',
  );
}
