// Tokens and sessions as files, one each, in the state folder: a command and a running daemon share them without a lock.
//
// Not in the event store: a damaged database is moved aside and begun anew, which must neither let anybody in nor keep
// everybody out, and a command given by root would leave files of the database that the daemon cannot write.
import { open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { FacelatchError } from "../errors/errors.ts";
import { isAbsent, readPrivateFile, syncFolder, writePrivateFile } from "../files/private-file.ts";
import {
  type Access,
  type AccessToken,
  type ListedToken,
  type NewSession,
  type NewToken,
  scopes,
  type TokenKind,
} from "./access.ts";
import { accessFolder, onFiles } from "./access-files.ts";
import { isSecret, makeTokenText, readTokenText } from "./token-text.ts";

const idPattern = "^[0-9a-f]{12}$";

const recordSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 64 }),
    scopes: Type.Array(Type.Enum([...scopes]), { minItems: 1, uniqueItems: true }),
    createdAt: Type.String(),
    expiresAt: Type.Union([Type.String(), Type.Null()]),
    /** Of a session: the token that it came from, and ends with. */
    parentId: Type.Optional(Type.String({ pattern: idPattern })),
    secretSha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  },
  { additionalProperties: false },
);

type TokenRecord = Static<typeof recordSchema>;

/** Sessions have an ending of their own, which a daemon from before there were any leaves alone. */
const recordFile = /^([0-9a-f]{12})\.(json|revoked|session)$/;
const endings: Record<TokenKind, string> = { token: "json", session: "session" };
/** A last use is written down at most so often: the disk is an SD card. */
const usedEveryMs = 60_000;
const tokensMax = 200;
/** From one token, and from pairing codes. */
const sessionsMax = 16;
const msPerDay = 86_400_000;
const sessionDaysDefault = 30;

export interface TokenFolderOptions {
  /** Is told when a last use could not be written down, which keeps nobody out. */
  readonly onFault?: (error: unknown) => void;
  readonly sessionDays?: number;
}

export class TokenFolder implements Access {
  readonly #folder: string;
  readonly #notedMs = new Map<string, number>();
  readonly #onFault: (error: unknown) => void;
  readonly #sessionMs: number;

  constructor(
    stateDir: string,
    { onFault = () => undefined, sessionDays = sessionDaysDefault }: TokenFolderOptions = {},
  ) {
    this.#folder = accessFolder(stateDir);
    this.#onFault = onFault;
    this.#sessionMs = sessionDays * msPerDay;
  }

  async tokenOf(text: string): Promise<AccessToken | null> {
    const parts = readTokenText(text);
    const record = parts === null ? null : await this.#read(`${parts.id}.${endings[parts.kind]}`);
    if (!isSecret(parts?.secret ?? "", record?.secretSha256 ?? null)) return null;
    if (parts === null || record === null || !(await this.#counts(record))) return null;
    await this.#noteUse(parts.id);
    return shown(parts.id, parts.kind, record);
  }

  async hasTokens(): Promise<boolean> {
    return (await this.list()).some(({ state }) => state === "valid");
  }

  async list(): Promise<ListedToken[]> {
    const found = await onFiles(async () => {
      const tokens: ListedToken[] = [];
      for (const { file, id, ending } of await this.#files()) {
        const record = await this.#read(file);
        if (record === null) continue;
        const state = ending === "revoked" ? "revoked" : (await this.#counts(record)) ? "valid" : "expired";
        const kind = ending === endings.session ? "session" : "token";
        tokens.push({ ...shown(id, kind, record), state, lastUsedAt: await this.#lastUse(id) });
      }
      return tokens;
    });
    return found.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  async make({ name, scopes: given, expiresAt }: NewToken): Promise<AccessToken & { readonly text: string }> {
    const files = await onFiles(() => this.#files());
    const tokens = files.filter(({ ending }) => ending !== endings.session).length;
    return this.#write("token", { name, scopes: [...given], ...timesUntil(expiresAt) }, () => {
      if (tokens >= tokensMax) throw new Error(`${tokens} tokens, the most there may be`);
    });
  }

  async openSession({ name, scopes: given, parent }: NewSession): Promise<AccessToken & { readonly text: string }> {
    await this.#makeRoom(parent?.id);
    const ends = new Date(Date.now() + this.#sessionMs);
    return this.#write("session", {
      name,
      scopes: [...given],
      ...timesUntil(ends),
      ...(parent === null ? {} : { parentId: parent.id }),
    });
  }

  async revoke(id: string): Promise<AccessToken> {
    const isId = new RegExp(idPattern).test(id);
    for (const kind of ["token", "session"] as const) {
      const file = `${id}.${endings[kind]}`;
      const record = isId ? await this.#read(file) : null;
      if (record === null) continue;
      await onFiles(async () => {
        // A token stays on the list. Sessions come and go: they would fill it.
        if (kind === "token") await rename(join(this.#folder, file), join(this.#folder, `${id}.revoked`));
        else await this.#remove(id);
        await syncFolder(this.#folder);
      });
      return shown(id, kind, record);
    }
    throw new FacelatchError("INPUT_MISSING", {
      expected: "the id of a token or session that is not revoked",
      found: JSON.stringify(id.slice(0, 40)),
      next: "See `facelatch tokens list`.",
    });
  }

  async #write(
    kind: TokenKind,
    fields: Omit<TokenRecord, "secretSha256">,
    check: () => void = () => undefined,
  ): Promise<AccessToken & { readonly text: string }> {
    const { id, text, secretSha256 } = makeTokenText(kind);
    const record: TokenRecord = { ...fields, secretSha256 };
    if (!Check(recordSchema, record)) {
      const expected = "a name of 1 to 64 characters and scopes, each once";
      throw new FacelatchError("INPUT_INVALID", {
        expected,
        found: "others",
        next: "See `facelatch tokens make --help`.",
      });
    }
    await onFiles(async () => {
      check();
      await writePrivateFile(join(this.#folder, `${id}.${endings[kind]}`), `${JSON.stringify(record)}\n`);
    });
    return { ...shown(id, kind, record), text };
  }

  /**
   * Removes the sessions that count no more, and of too many those that began first; of those alone that came from the
   * same token, or from codes, so that nobody puts somebody else out.
   */
  async #makeRoom(parentId: string | undefined): Promise<void> {
    await onFiles(async () => {
      const alike: { readonly id: string; readonly createdAt: string }[] = [];
      for (const { file, id, ending } of await this.#files()) {
        const record = ending === endings.session ? await this.#read(file) : null;
        if (record === null) continue;
        if (!(await this.#counts(record))) await this.#remove(id);
        else if (record.parentId === parentId) alike.push({ id, createdAt: record.createdAt });
      }
      alike.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
      for (const { id } of alike.slice(0, Math.max(0, alike.length - sessionsMax + 1))) await this.#remove(id);
    });
  }

  async #remove(sessionId: string): Promise<void> {
    await rm(join(this.#folder, `${sessionId}.${endings.session}`), { force: true });
    await rm(join(this.#folder, `${sessionId}.used`), { force: true });
  }

  async #files(): Promise<{ readonly file: string; readonly id: string; readonly ending: string }[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    return names.flatMap((file) => {
      const [, id, ending] = recordFile.exec(file) ?? [];
      return id === undefined || ending === undefined ? [] : [{ file, id, ending }];
    });
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

  /** A session counts as long as the token that it came from. */
  async #counts(record: TokenRecord): Promise<boolean> {
    if (isExpired(record)) return false;
    if (record.parentId === undefined) return true;
    const parent = await this.#read(`${record.parentId}.${endings.token}`);
    return parent !== null && !isExpired(parent);
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

function timesUntil(expiresAt: Date | null): Pick<TokenRecord, "createdAt" | "expiresAt"> {
  return { createdAt: new Date().toISOString(), expiresAt: expiresAt?.toISOString() ?? null };
}

function shown(id: string, kind: TokenKind, record: TokenRecord): AccessToken {
  const { secretSha256: _secret, parentId = null, ...rest } = record;
  return { id, kind, parentId, ...rest };
}
