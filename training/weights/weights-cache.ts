// The user's cache of published weights: each file is downloaded once, and its digest is checked whenever it is used.
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { KerasFile } from "../backbones/architectures.ts";
import { digestsOf, download, downloadDefaults } from "./download.ts";

/** Where Keras publishes the weights of its applications. */
export const kerasBaseUrl = "https://storage.googleapis.com/tensorflow/keras-applications";

export interface FetchOptions {
  readonly progress: Progress;
  readonly signal?: AbortSignal;
  /** Default: `facelatch/weights` in XDG_CACHE_HOME or ~/.cache. */
  readonly cacheDir?: string;
  /** A mirror with the same files; default: FACELATCH_WEIGHTS_URL, or Keras' own server. */
  readonly baseUrl?: string;
}

export interface FetchedWeights {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly downloaded: boolean;
  /** What the digest was compared with: one that was published, one recorded at the first download, or nothing yet. */
  readonly checkedAgainst: "published" | "recorded" | "nothing";
}

/** InceptionResNetV2 has 219 MB, the largest file here. */
const bytesMax = 300e6;
const megabyte = 1e6;

export function defaultCacheDir(): string {
  const xdg = process.env["XDG_CACHE_HOME"];
  // The specification has relative paths ignored.
  const base = xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), ".cache");
  return join(base, "facelatch", "weights");
}

/**
 * The file out of the cache, or downloaded into it. Where no digest is published, that of the first download is recorded
 * in `FILE.sha256`, and every later use must match it.
 *
 * @throws FacelatchError DOWNLOAD_FAILED, DOWNLOAD_INVALID, DISK_FULL
 */
export async function fetchWeights(file: KerasFile, options: FetchOptions): Promise<FetchedWeights> {
  const folder = options.cacheDir ?? defaultCacheDir();
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => unusable(folder, cause));
  const path = join(folder, file.fileName);
  const cached = await openCached(path, file);
  if (cached !== null) return cached;
  return withLock(path, async () => {
    // Another process may have finished it meanwhile.
    const meanwhile = await openCached(path, file);
    return meanwhile ?? downloadInto(path, file, options);
  });
}

function unusable(folder: string, cause: unknown): never {
  throw new FacelatchError("DOWNLOAD_FAILED", {
    expected: `a folder for downloaded weights at ${folder}`,
    found: messageOf(cause),
    next: "Set XDG_CACHE_HOME to a folder that you may write to.",
    cause,
  });
}

async function openCached(path: string, file: KerasFile): Promise<FetchedWeights | null> {
  if ((await stat(path).catch(() => null)) === null) return null;
  const { bytes, md5, sha256 } = await digestsOf(path);
  const recorded = await readRecord(path);
  const isWhole = (file.md5 === null || file.md5 === md5) && (recorded === null || recorded === sha256);
  // A damaged file is fetched again, and the digest tells whether it is the same as before.
  if (!isWhole) return null;
  if (recorded === null) await writeRecord(path, file, sha256);
  return { path, bytes, sha256, downloaded: false, checkedAgainst: comparedWith(file, recorded) };
}

function comparedWith(file: KerasFile, recorded: string | null): FetchedWeights["checkedAgainst"] {
  if (file.md5 !== null) return "published";
  return recorded === null ? "nothing" : "recorded";
}

async function downloadInto(path: string, file: KerasFile, options: FetchOptions): Promise<FetchedWeights> {
  const { progress, signal } = options;
  const base = options.baseUrl ?? process.env["FACELATCH_WEIGHTS_URL"] ?? kerasBaseUrl;
  const recorded = await readRecord(path);
  let isStarted = false;
  const result = await download({
    ...downloadDefaults,
    url: `${base.replace(/\/+$/, "")}/${file.path}`,
    path,
    bytesMax,
    bytes: file.bytes,
    md5: file.md5,
    sha256: recorded,
    ...(signal === undefined ? {} : { signal }),
    onProgress: (bytes, total) => {
      if (!isStarted) progress.step(`downloading ${file.fileName} (MB)`, Math.ceil((total ?? bytesMax) / megabyte));
      isStarted = true;
      progress.advance(Math.ceil(bytes / megabyte));
    },
  });
  progress.end();
  await writeRecord(path, file, result.sha256);
  return {
    path,
    bytes: result.bytes,
    sha256: result.sha256,
    downloaded: true,
    checkedAgainst: comparedWith(file, recorded),
  };
}

/** As `sha256sum` writes and checks it. */
const recordOf = (path: string) => `${path}.sha256`;

async function readRecord(path: string): Promise<string | null> {
  const text = await readFile(recordOf(path), "utf8").catch(() => "");
  return /^([0-9a-f]{64})\s/.exec(text)?.[1] ?? null;
}

async function writeRecord(path: string, { fileName }: KerasFile, sha256: string): Promise<void> {
  const temporary = `${recordOf(path)}.${process.pid}`;
  await writeFile(temporary, `${sha256}  ${fileName}\n`);
  await rename(temporary, recordOf(path));
}

/** One process downloads a file at a time; the lock of a process that has ended is taken over. */
async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const handle = await open(lock, "wx").catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw unusable(lock, error);
    const owner = Number(await readFile(lock, "utf8").catch(() => ""));
    if (isRunning(owner)) {
      throw new FacelatchError("DOWNLOAD_FAILED", {
        expected: `one download of ${path} at a time`,
        found: `process ${owner}, which is at it`,
        next: "Wait for it, then run the command again.",
      });
    }
    await rm(lock, { force: true });
    return open(lock, "wx");
  });
  try {
    await handle.writeFile(String(process.pid));
    return await work();
  } finally {
    await handle.close();
    await rm(lock, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It exists, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
