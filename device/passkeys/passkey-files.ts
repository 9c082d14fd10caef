// Passkeys as files in the state folder, one each: the public half, and how often it was used.
import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { isAbsent, readPrivateFile, syncFolder, writePrivateFile } from "../files/private-file.ts";

const recordSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    host: Type.String({ minLength: 1, maxLength: 253 }),
    credentialId: Type.String({ pattern: "^[A-Za-z0-9_-]{1,1364}$" }),
    /** COSE, base64url. */
    publicKey: Type.String({ pattern: "^[A-Za-z0-9_-]{1,1500}$" }),
    /** As the authenticator told it last; one that counts never tells the same or less again. */
    counter: Type.Integer({ minimum: 0 }),
    transports: Type.Array(Type.String({ pattern: "^[a-z-]{1,20}$" }), { maxItems: 8 }),
    createdAt: Type.String(),
    lastUsedAt: Type.Union([Type.String(), Type.Null()]),
  },
  { additionalProperties: false },
);

export type PasskeyRecord = Static<typeof recordSchema>;

/** Whether it can be read again: one that cannot would put all of them out of use. */
export function isKeepable(record: PasskeyRecord): boolean {
  return Check(recordSchema, record);
}

export type StoredPasskey = PasskeyRecord & { readonly id: string };

const fileName = /^([0-9a-f]{12})\.json$/;

/** Every method throws PASSKEYS_UNAVAILABLE. */
export class PasskeyFiles {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = join(stateDir, "passkeys");
  }

  /** The oldest first. One that cannot be read may be the one that was used last: then none counts. */
  async all(): Promise<StoredPasskey[]> {
    return this.#onFiles(async () => {
      const names = await readdir(this.#folder).catch((error: unknown) => {
        if (isAbsent(error)) return [];
        throw error;
      });
      const found: StoredPasskey[] = [];
      for (const name of names) {
        const id = fileName.exec(name)?.[1];
        const text = id === undefined ? null : await readPrivateFile(join(this.#folder, name));
        if (id === undefined || text === null) continue;
        const record: unknown = JSON.parse(text);
        if (!Check(recordSchema, record)) throw new Error(`${name} is no record of a passkey`);
        found.push({ id, ...record });
      }
      return found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
    });
  }

  async add(record: PasskeyRecord): Promise<StoredPasskey> {
    const id = randomBytes(6).toString("hex");
    await this.replace({ id, ...record });
    return { id, ...record };
  }

  /** On disk when it resolves. */
  async replace({ id, ...record }: StoredPasskey): Promise<void> {
    await this.#onFiles(() => writePrivateFile(join(this.#folder, `${id}.json`), `${JSON.stringify(record)}\n`));
  }

  async remove(id: string): Promise<void> {
    await this.#onFiles(async () => {
      await rm(join(this.#folder, `${id}.json`), { force: true });
      await syncFolder(this.#folder);
    });
  }

  async #onFiles<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw new FacelatchError("PASSKEYS_UNAVAILABLE", {
        expected: "passkeys that can be read and written",
        found: messageOf(error),
        next: "Check the folder passkeys/ of the state directory, and who owns it.",
        cause: error,
      });
    }
  }
}
