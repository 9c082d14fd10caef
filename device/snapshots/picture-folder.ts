// Pictures on disk: a sealed file each, found again by a list in memory, with their key elsewhere.
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { FacelatchError } from "../errors/errors.ts";
import {
  bytesOf,
  type FileFaults,
  makeFolder,
  namesIn,
  onFiles,
  removeTemporaries,
  syncFolder,
} from "../sealed/durable-files.ts";
import { keyPathOf, makeKey, readKey } from "../sealed/key-file.ts";
import {
  dropSealed,
  idsIn,
  readSealed,
  removeSealed,
  type SealedKind,
  sealedFileOf,
  sealFile,
  writeSealedLater,
} from "../sealed/sealed-files.ts";

const pictureFile: SealedKind = { realm: "snapshots", kind: "picture", extension: ".picture" };
/** Less than this no file takes. */
const blockBytes = 4_096;

function unavailable(expected: string, found: string, next: string, cause?: unknown): FacelatchError {
  return new FacelatchError("SNAPSHOTS_UNAVAILABLE", { expected, found, next, cause });
}

/** A full disk is told like any other trouble: there is no picture then, and nothing else follows. */
const faults: FileFaults = {
  unavailable,
  full: (found, cause) => unavailable("space for a picture", found, "Free space on the device's disk.", cause),
};

interface Kept {
  readonly bytes: number;
  /** By the wall clock, which may have been wrong; null until it is on the disk. */
  readonly writtenAtMs: number | null;
  /** Monotonic, of this run. */
  readonly sinceMs: number;
}

function folderOf(stateDir: string): string {
  return join(stateDir, pictureFile.realm);
}

/**
 * Removes every picture, then the key, and looks whether all are gone: what the disk still holds of the files does not open
 * without it. Works also where key or files cannot be read. Throws SNAPSHOTS_UNAVAILABLE.
 */
export function erasePictures(stateDir: string): void {
  const [folder, keyPath] = [folderOf(stateDir), keyPathOf(stateDir, pictureFile.realm)];
  onFiles(faults, () => {
    for (const name of namesIn(folder)) rmSync(join(folder, name), { force: true });
    rmSync(keyPath, { force: true });
    for (const changed of [folder, dirname(keyPath)]) if (existsSync(changed)) syncFolder(changed);
    if (namesIn(folder).length === 0 && bytesOf(keyPath) === null) return;
    throw unavailable(`an empty folder ${folder}, and no key`, "something that is left", "Remove it by hand.");
  });
}

/** Every method throws SNAPSHOTS_UNAVAILABLE. */
export class PictureFolder {
  readonly #stateDir: string;
  readonly #folder: string;
  readonly #keyPath: string;
  readonly #bytesMax: number;
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();
  #key: Buffer | null;

  /** Opens what there is; makes nothing. */
  constructor(stateDir: string, { bytesMax, nowMs }: { readonly bytesMax: number; readonly nowMs: number }) {
    this.#stateDir = stateDir;
    this.#folder = folderOf(stateDir);
    this.#keyPath = keyPathOf(stateDir, pictureFile.realm);
    this.#bytesMax = bytesMax;
    this.#key = onFiles(faults, () => readKey(this.#keyPath, unavailable));
    onFiles(faults, () => {
      removeTemporaries(this.#folder);
      const found = idsIn(pictureFile, this.#folder).map((id) => ({
        id,
        file: sealedFileOf(pictureFile, this.#folder, id),
      }));
      found.sort((a, b) => (a.file?.writtenAtMs ?? 0) - (b.file?.writtenAtMs ?? 0));
      for (const { id, file } of found) if (file !== null) this.#kept.set(id, { ...file, sinceMs: nowMs });
    });
  }

  get count(): number {
    return this.#kept.size;
  }

  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { bytes }) => sum + Math.max(bytes, blockBytes), 0);
  }

  ids(): string[] {
    return [...this.#kept.keys()];
  }

  has(id: string): boolean {
    return this.#kept.has(id);
  }

  /** The oldest make room. Counts as kept from the call on; resolves when the file is there. */
  async put(id: string, jpeg: Uint8Array, nowMs: number): Promise<void> {
    const box = onFiles(faults, () => {
      makeFolder(this.#folder);
      this.#key ??= makeKey(this.#keyPath, () => undefined);
      const sealed = sealFile(pictureFile, this.#key, id, jpeg);
      this.#makeRoom(sealed.length);
      return sealed;
    });
    this.#kept.set(id, { bytes: box.length, writtenAtMs: null, sinceMs: nowMs });
    try {
      await writeSealedLater(pictureFile, this.#folder, id, box);
      const file = sealedFileOf(pictureFile, this.#folder, id);
      if (file !== null) this.#kept.set(id, { ...file, sinceMs: nowMs });
    } catch (error) {
      this.#kept.delete(id);
      return onFiles(faults, () => {
        throw error;
      });
    }
  }

  /** Null where it is missing, was altered, or was torn by a power cut; then it is on the list no more. */
  read(id: string): Buffer | null {
    return onFiles(faults, () => {
      const jpeg = this.#key === null ? null : readSealed(pictureFile, this.#folder, this.#key, id);
      if (jpeg === null) this.remove([id]);
      return jpeg;
    });
  }

  /** Removes files, and looks whether they are gone. */
  remove(ids: readonly string[]): void {
    onFiles(faults, () => {
      removeSealed(pictureFile, this.#folder, ids);
      for (const id of ids) this.#kept.delete(id);
      const left = ids.filter((id) => sealedFileOf(pictureFile, this.#folder, id) !== null);
      if (left.length > 0)
        throw unavailable("a folder without these pictures", `${left.length} of them`, "Remove them.");
    });
  }

  /** See `erasePictures`. */
  removeAll(): void {
    this.#kept.clear();
    this.#key = null;
    erasePictures(this.#stateDir);
  }

  /**
   * Those that are older than so long, by either clock. A time in the future is as wrong as one long ago.
   *
   * @param wallMs null while the wall clock is not to be trusted
   */
  olderThan(ageMaxMs: number, nowMs: number, wallMs: number | null): string[] {
    return [...this.#kept].flatMap(([id, { writtenAtMs, sinceMs }]) => {
      const isOld = nowMs - sinceMs > ageMaxMs;
      const isOldByDate = wallMs !== null && writtenAtMs !== null && Math.abs(wallMs - writtenAtMs) > ageMaxMs;
      return writtenAtMs !== null && (isOld || isOldByDate) ? [id] : [];
    });
  }

  #makeRoom(bytes: number): void {
    let over = this.bytes + Math.max(bytes, blockBytes) - this.#bytesMax;
    const leaving: string[] = [];
    for (const [id, kept] of this.#kept) {
      if (over <= 0) break;
      if (kept.writtenAtMs === null) continue;
      leaving.push(id);
      over -= Math.max(kept.bytes, blockBytes);
    }
    // Without waiting for the disk: what a power cut brings back is found at the next start.
    for (const id of leaving) {
      dropSealed(pictureFile, this.#folder, id);
      this.#kept.delete(id);
    }
    if (over > 0) throw unavailable(`a picture within snapshots.bytesMax (${this.#bytesMax})`, "more", "Raise it.");
  }
}
