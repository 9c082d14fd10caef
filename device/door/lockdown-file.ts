// The lockdown on disk, so that neither a restart nor a kill lifts it.
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Check } from "typebox/value";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { isAbsent, readPrivateFile, syncFolder, writePrivateFile } from "../files/private-file.ts";
import { type Lockdown, lockdownSchema, lockdownUnread } from "./door.ts";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export class LockdownFile {
  readonly #path: string;

  constructor(stateDir: string) {
    this.#path = join(stateDir, "door", "lockdown.json");
  }

  /** Null where there is none. A file that says something else is one: what it said is not known. Throws what reading throws. */
  async read(): Promise<Lockdown | null> {
    const text = await readPrivateFile(this.#path);
    if (text === null) return null;
    const lockdown = parsed(text);
    return Check(lockdownSchema, lockdown) ? lockdown : lockdownUnread("it is damaged");
  }

  /** Throws LOCKDOWN_UNSAVED. */
  async write(lockdown: Lockdown): Promise<void> {
    await this.#attempt(() => writePrivateFile(this.#path, `${JSON.stringify(lockdown)}\n`));
  }

  /** Throws LOCKDOWN_UNSAVED. */
  async remove(): Promise<void> {
    await this.#attempt(async () => {
      try {
        await rm(this.#path, { recursive: true });
        await syncFolder(dirname(this.#path));
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    });
  }

  async #attempt(operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      throw new FacelatchError("LOCKDOWN_UNSAVED", {
        expected: "a lockdown that can be written down and removed",
        found: messageOf(error),
        next: "The door stays locked down; check the disk, and the folder door/ of the state directory.",
        cause: error,
      });
    }
  }
}
