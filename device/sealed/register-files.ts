// The register on disk: one sealed file, replaced as a whole; its number is part of its name and of its seal.
//
// A change is the next number, taken by a link that fails where another process was first: the daemon and the commands
// on the board need no lock that a killed process could leave behind. One register for all that a room keeps, because a
// file that vanished must not go unnoticed: without it the lock would be looser.
import { linkSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { FacelatchError } from "../errors/errors.ts";
import { bytesOf, type FileFaults, isSystemError, namesIn, syncFolder, writeTemporary } from "./durable-files.ts";
import { type Identity, seal, unseal } from "./sealed.ts";

/** What a room keeps in its register, and how it speaks of it. */
export interface RegisterKind<Content> {
  /** Names the room's folder and its key, and is part of every seal. */
  readonly realm: string;
  /** What a register holds before anything is in it. */
  readonly empty: Content;
  readonly encode: (content: Content) => Uint8Array;
  /** Null for bytes that are no register of this version. */
  readonly decode: (bytes: Uint8Array) => Content | null;
  readonly faults: FileFaults;
  /** What is lost with a register, in words: "the register of ...". */
  readonly holds: string;
  /** What somebody can do who has lost it. */
  readonly nextWithout: (folder: string) => string;
}

export interface NumberedRegister<Content> {
  readonly number: number;
  readonly content: Content;
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
 * @throws FacelatchError the room's `unavailable` when there is none, or it was altered
 */
export function readRegister<Content>(
  kind: RegisterKind<Content>,
  folder: string,
  key: Uint8Array,
): NumberedRegister<Content> {
  const lost = (found: string): FacelatchError => kind.faults.unavailable(kind.holds, found, kind.nextWithout(folder));
  for (let tries = 0; tries < triesMax; tries++) {
    const number = newestNumber(folder);
    if (number === null) throw lost("no register");
    const box = bytesOf(pathOf(folder, number));
    if (box === null) continue;
    const bytes = unseal(key, identityOf(kind, number), box);
    const content = bytes === null ? null : kind.decode(bytes);
    if (content !== null) return { number, content };
    throw lost(`${pathOf(folder, number)}, which was altered or sealed with another key`);
  }
  throw lost("registers that vanish while they are read");
}

/**
 * Makes a register the newest, on disk before it returns.
 *
 * @returns false, with nothing changed, where another process took the number first
 */
export function commitRegister<Content>(
  kind: RegisterKind<Content>,
  folder: string,
  key: Uint8Array,
  { number, content }: NumberedRegister<Content>,
): boolean {
  const box = seal(key, identityOf(kind, number), kind.encode(content));
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

function identityOf({ realm }: Pick<RegisterKind<unknown>, "realm">, number: number): Identity {
  return { realm, kind: "register", id: String(number) };
}
