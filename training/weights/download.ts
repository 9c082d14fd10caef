// One file by HTTP: resumed where it broke off, checked, and put into place only when it is whole.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { isRefusal, partRequest, type Remote, readAnswer } from "./http-range.ts";

export interface DownloadOptions {
  readonly url: string;
  /** Of the finished file; `PATH.part` and `PATH.part.json` lie beside it until then. */
  readonly path: string;
  /** A longer file is refused, announced or not. */
  readonly bytesMax: number;
  /** The length that the file must have; null where it is not known. */
  readonly bytes: number | null;
  /** Hex digests that the file must have; null where none is known. */
  readonly md5: string | null;
  readonly sha256: string | null;
  readonly attemptsMax: number;
  /** Before the second attempt; doubled for each further one. */
  readonly backoffMs: number;
  /** Without a byte for so long, an attempt has failed. */
  readonly idleTimeoutMs: number;
  readonly signal?: AbortSignal;
  /** Bytes there so far, and of how many; null where the server does not say. */
  readonly onProgress?: (bytes: number, total: number | null) => void;
}

export interface Downloaded {
  readonly bytes: number;
  readonly sha256: string;
  /** Bytes that were there already. */
  readonly resumedAtBytes: number;
}

export const downloadDefaults = { attemptsMax: 5, backoffMs: 1_000, idleTimeoutMs: 30_000 } as const;

/**
 * Downloads a file. What was received before a failure stays, and the next call goes on from there if the server still
 * has the same file.
 *
 * @throws FacelatchError DOWNLOAD_FAILED, DOWNLOAD_INVALID for a wrong size or digest, DISK_FULL; and the signal's reason
 */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  let resumedAtBytes = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      const { resumedAt, remote } = await receive(options);
      if (attempt === 1) resumedAtBytes = resumedAt;
      const { bytes, digests } = await check(options, remote);
      await rename(partOf(options), options.path);
      await rm(stateOf(options), { force: true });
      return { bytes, sha256: digests.sha256, resumedAtBytes };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof FacelatchError) throw error;
      if (attempt >= options.attemptsMax || isRefusal(error)) throw failed(options, error, attempt);
      await sleep(options.backoffMs * 2 ** (attempt - 1), undefined, { ...signalOf(options) });
    }
  }
}

const partOf = ({ path }: DownloadOptions) => `${path}.part`;
const stateOf = ({ path }: DownloadOptions) => `${path}.part.json`;
const signalOf = ({ signal }: DownloadOptions) => (signal === undefined ? {} : { signal });

function failed({ url }: DownloadOptions, cause: unknown, attempts: number): FacelatchError {
  return new FacelatchError("DOWNLOAD_FAILED", {
    expected: `the file at ${url}`,
    found: `${reasonOf(cause)}${attempts > 1 ? ` (${attempts} attempts)` : ""}`,
    next: "What was received is kept: run the command again to go on, or download the file yourself and give its path as --weights.",
    cause,
  });
}

/** fetch says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `${messageOf(error)}: ${cause.message}` : messageOf(error);
}

/** What an earlier call left, if it is this file's. */
async function readState(options: DownloadOptions): Promise<Remote | null> {
  try {
    const state = JSON.parse(await readFile(stateOf(options), "utf8")) as Remote & { readonly url: string };
    return state.url === options.url ? state : null;
  } catch {
    // Missing or damaged: the download begins anew, which is always right.
    return null;
  }
}

async function receive(options: DownloadOptions): Promise<{ readonly resumedAt: number; readonly remote: Remote }> {
  const handle = await openPart(options);
  const idle = new IdleTimer(options.idleTimeoutMs);
  const signal = options.signal === undefined ? idle.signal : AbortSignal.any([idle.signal, options.signal]);
  try {
    const known = await readState(options);
    const have = known === null ? 0 : (await handle.stat()).size;
    if (known !== null && known.total !== null && have === known.total) return { resumedAt: have, remote: known };
    const response = await partRequest(options.url, have, known, signal);
    // A range that the server does not have belongs to another version of the file.
    if (response.status === 416) await rm(stateOf(options), { force: true });
    const { startsAt, remote } = await readAnswer(response, have);
    checkSize(options, remote.total);
    // In this order: the state never speaks of bytes that belong to another version.
    if ((await handle.stat()).size > startsAt) await handle.truncate(startsAt);
    await writeFile(stateOf(options), JSON.stringify({ url: options.url, ...remote }));
    await checkSpace(options, remote.total === null ? 0 : remote.total - startsAt);
    let at = startsAt;
    for await (const chunk of response.body ?? []) {
      idle.restart();
      if (at + chunk.length > (remote.total ?? options.bytesMax)) checkSize(options, at + chunk.length);
      await writeAll(handle, chunk, at);
      at += chunk.length;
      options.onProgress?.(at, remote.total);
    }
    if (remote.total !== null && at !== remote.total)
      throw new Error(`the connection ended at ${at} of ${remote.total} bytes`);
    await handle.sync();
    return { resumedAt: startsAt, remote };
  } catch (error) {
    if (isFull(error)) throw full(options, messageOf(error));
    throw idle.signal.aborted ? new Error(`nothing came for ${options.idleTimeoutMs} ms`) : error;
  } finally {
    idle.stop();
    await handle.close();
  }
}

async function openPart(options: DownloadOptions): Promise<FileHandle> {
  // "a+" would write at the end whatever the position; "r+" does not create.
  return open(partOf(options), "r+").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return open(partOf(options), "w+");
    throw error;
  });
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, at + done);
    done += bytesWritten;
  }
}

function checkSize({ url, bytes, bytesMax }: DownloadOptions, total: number | null): void {
  if (total === null || (total <= bytesMax && (bytes === null || total === bytes))) return;
  throw new FacelatchError("DOWNLOAD_INVALID", {
    expected: `${bytes ?? `at most ${bytesMax}`} bytes from ${url}`,
    found: String(total),
    next: "This is not the published file: check the address, and what stands between you and it.",
  });
}

async function checkSpace(options: DownloadOptions, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(options.path));
  const free = bavail * bsize;
  if (bytes > free) throw full(options, `${free} bytes free where ${bytes} more are needed`);
}

const isFull = (error: unknown) =>
  error instanceof Error && ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");

function full({ path }: DownloadOptions, found: string): FacelatchError {
  return new FacelatchError("DISK_FULL", {
    expected: `space for ${path}`,
    found,
    next: "Make room, or set XDG_CACHE_HOME to a folder on another disk; what was received is kept.",
  });
}

/** Aborts when it is not restarted in time. */
class IdleTimer {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(timeoutMs: number) {
    this.#timer = setTimeout(() => this.#controller.abort(), timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  restart(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

export interface Digests {
  readonly md5: string;
  readonly sha256: string;
}

export async function digestsOf(path: string): Promise<Digests & { readonly bytes: number }> {
  const [md5, sha256] = [createHash("md5"), createHash("sha256")];
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    md5.update(chunk as Buffer);
    sha256.update(chunk as Buffer);
    bytes += (chunk as Buffer).length;
  }
  return { md5: md5.digest("hex"), sha256: sha256.digest("hex"), bytes };
}

/** A file with a wrong digest is thrown away: going on from it would never end well. */
async function check(options: DownloadOptions, remote: Remote): Promise<{ bytes: number; digests: Digests }> {
  const { bytes, ...digests } = await digestsOf(partOf(options));
  const checks = [
    { kind: "length", expected: options.bytes?.toString() ?? null, found: bytes.toString() },
    { kind: "SHA-256", expected: options.sha256, found: digests.sha256 },
    { kind: "MD5", expected: options.md5, found: digests.md5 },
    { kind: "MD5 (the server's own)", expected: remote.md5, found: digests.md5 },
  ];
  const wrong = checks.find(({ expected, found }) => expected !== null && expected !== found);
  if (wrong === undefined) return { bytes, digests };
  await rm(partOf(options), { force: true });
  await rm(stateOf(options), { force: true });
  throw new FacelatchError("DOWNLOAD_INVALID", {
    expected: `a file of ${wrong.kind} ${wrong.expected} from ${options.url}`,
    found: wrong.found,
    next: "Try again; if it stays so, the file was changed on its way or at its source: do not use it.",
  });
}
