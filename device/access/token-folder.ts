// Tokens as files, one each, in the state folder: a command and a running daemon share them without a lock.
//
// Not in the event store: a damaged database is moved aside and begun anew, which must neither let anybody in nor keep
// everybody out, and a command given by root would leave files of the database that the daemon cannot write.
import { open, readdir, rename, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { isAbsent, readPrivateFile, syncFolder, writePrivateFile } from "../files/private-file.ts";
import { type Access, type AccessToken, type Scope, scopes } from "./access.ts";
import { isSecret, makeTokenText, readTokenText } from "./token-text.ts";

const recordSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    scopes: Type.Array(Type.Enum([...scopes]), { minItems: 1, uniqueItems: true }),
    createdAt: Type.String(),
    expiresAt: Type.Union([Type.String(), Type.Null()]),
    secretSha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  },
  { additionalProperties: false },
);

type TokenRecord = Static<typeof recordSchema>;

const folderName = "access";
const recordFile = /^([0-9a-f]{12})\.(json|revoked)$/;
/** A last use is written down at most so often: the disk is an SD card. */
const usedEveryMs = 60_000;
const tokensMax = 200;

export interface ListedToken extends AccessToken {
  readonly state: "valid" | "expired" | "revoked";
  /** ISO 8601, to a minute; null when it was never used. */
  readonly lastUsedAt: string | null;
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}

export class TokenFolder implements Access {
  readonly #folder: string;
  readonly #notedMs = new Map<string, number>();
  readonly #onFault: (error: unknown) => void;

  /** @param onFault is told when a last use could not be written down, which keeps nobody out */
  constructor(stateDir: string, onFault: (error: unknown) => void = () => undefined) {
    this.#folder = join(stateDir, folderName);
    this.#onFault = onFault;
  }

  async tokenOf(text: string): Promise<AccessToken | null> {
    const parts = readTokenText(text);
    const record = parts === null ? null : await this.#read(`${parts.id}.json`);
    if (!isSecret(parts?.secret ?? "", record?.secretSha256 ?? null)) return null;
    if (parts === null || record === null || isExpired(record)) return null;
    await this.#noteUse(parts.id);
    return shown(parts.id, record);
  }

  async hasTokens(): Promise<boolean> {
    return (await this.list()).some(({ state }) => state === "valid");
  }

  /** All that were ever made here, the oldest first. Throws ACCESS_UNAVAILABLE. */
  async list(): Promise<ListedToken[]> {
    const found = await onFiles(async () => {
      const tokens: ListedToken[] = [];
      for (const file of await this.#files()) {
        const [, id, ending] = recordFile.exec(file)!;
        const record = await this.#read(file);
        if (record === null) continue;
        const state = ending === "revoked" ? "revoked" : isExpired(record) ? "expired" : "valid";
        tokens.push({ ...shown(id!, record), state, lastUsedAt: await this.#lastUse(id!) });
      }
      return tokens;
    });
    return found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  /** Makes a token; its text is returned here and never again. Throws INPUT_INVALID, ACCESS_UNAVAILABLE. */
  async make({ name, scopes: given, expiresAt }: NewToken): Promise<AccessToken & { readonly text: string }> {
    const { id, text, secretSha256 } = makeTokenText();
    const times = { createdAt: new Date().toISOString(), expiresAt: expiresAt?.toISOString() ?? null };
    const record: TokenRecord = { name, scopes: [...given], ...times, secretSha256 };
    if (!Check(recordSchema, record)) {
      const expected = "a name of 1 to 64 characters and scopes, each once";
      throw new FacelatchError("INPUT_INVALID", {
        expected,
        found: "others",
        next: "See `facelatch tokens make --help`.",
      });
    }
    await onFiles(async () => {
      const files = await this.#files();
      if (files.length >= tokensMax) throw new Error(`${files.length} tokens, the most there may be`);
      await writePrivateFile(join(this.#folder, `${id}.json`), `${JSON.stringify(record)}\n`);
    });
    return { ...shown(id, record), text };
  }

  /** From the moment of its return the token counts no more, in a running daemon too. Throws INPUT_MISSING. */
  async revoke(id: string): Promise<AccessToken> {
    const record = /^[0-9a-f]{12}$/.test(id) ? await this.#read(`${id}.json`) : null;
    if (record === null) {
      throw new FacelatchError("INPUT_MISSING", {
        expected: "the id of a token that is not revoked",
        found: JSON.stringify(id.slice(0, 40)),
        next: "See `facelatch tokens list`.",
      });
    }
    await onFiles(async () => {
      await rename(join(this.#folder, `${id}.json`), join(this.#folder, `${id}.revoked`));
      await syncFolder(this.#folder);
    });
    return shown(id, record);
  }

  async #files(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    return names.filter((name) => recordFile.test(name));
  }

  async #read(file: string): Promise<TokenRecord | null> {
    return onFiles(async () => {
      const text = await readPrivateFile(join(this.#folder, file));
      if (text === null) return null;
      const record: unknown = JSON.parse(text);
      if (!Check(recordSchema, record)) throw new Error(`${file} is no record of a token`);
      return record;
    });
  }

  async #noteUse(id: string): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - (this.#notedMs.get(id) ?? Number.NEGATIVE_INFINITY) < usedEveryMs) return;
    this.#notedMs.set(id, nowMs);
    const path = join(this.#folder, `${id}.used`);
    try {
      await (await open(path, "a", 0o600)).close();
      await utimes(path, new Date(), new Date());
    } catch (error) {
      this.#onFault(error);
    }
  }

  async #lastUse(id: string): Promise<string | null> {
    try {
      return (await stat(join(this.#folder, `${id}.used`))).mtime.toISOString();
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }
}

/** A date that cannot be read is past. */
function isExpired({ expiresAt }: TokenRecord): boolean {
  return expiresAt !== null && !(Date.parse(expiresAt) > Date.now());
}

function shown(id: string, { secretSha256: _secret, ...rest }: TokenRecord): AccessToken {
  return { id, ...rest };
}

async function onFiles<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof FacelatchError) throw error;
    throw new FacelatchError("ACCESS_UNAVAILABLE", {
      expected: "access tokens that can be read and written",
      found: messageOf(error),
      next: "Check the folder access/ of the state directory, and who owns it.",
      cause: error,
    });
  }
}
