// A ban on disk, a lockdown or faces that are switched off, so that neither a restart nor a kill lifts it.
import { join } from "node:path";
import { Check } from "typebox/value";
import { type ErrorCode, FacelatchError, messageOf } from "../errors/errors.ts";
import { readPrivateFile, removePrivateFile, writePrivateFile } from "../files/private-file.ts";
import { type Ban, banSchema, banUnread } from "./door.ts";

/** What can be banned: everybody, or faces. */
const bans = {
  lockdown: { file: "lockdown.json", code: "LOCKDOWN_UNSAVED", holds: "The door stays locked down" },
  faces: { file: "faces-off.json", code: "FACE_UNLOCK_UNSAVED", holds: "Faces stay switched off" },
} as const satisfies Record<string, { file: string; code: ErrorCode; holds: string }>;

export type BanKind = keyof typeof bans;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export class BanFile {
  readonly #kind: BanKind;
  readonly #path: string;

  constructor(stateDir: string, kind: BanKind) {
    this.#kind = kind;
    this.#path = join(stateDir, "door", bans[kind].file);
  }

  /** Null where there is none. A file that says something else is one: what it said is not known. Throws what reading throws. */
  async read(): Promise<Ban | null> {
    const text = await readPrivateFile(this.#path);
    if (text === null) return null;
    const ban = parsed(text);
    return Check(banSchema, ban) ? ban : banUnread("it is damaged");
  }

  /** Throws the code of the kind. */
  async write(ban: Ban): Promise<void> {
    await this.#attempt(() => writePrivateFile(this.#path, `${JSON.stringify(ban)}\n`));
  }

  /** Throws the code of the kind. */
  async remove(): Promise<void> {
    await this.#attempt(() => removePrivateFile(this.#path));
  }

  async #attempt(operation: () => Promise<void>): Promise<void> {
    const { code, holds } = bans[this.#kind];
    try {
      await operation();
    } catch (error) {
      throw new FacelatchError(code, {
        expected: "a file that can be written and removed",
        found: messageOf(error),
        next: `${holds}; check the disk, and the folder door/ of the state directory.`,
        cause: error,
      });
    }
  }
}
