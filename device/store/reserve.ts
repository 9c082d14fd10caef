// Space on the disk that is kept for the record: a file of zeros, given free when the disk is full otherwise.
import { appendFileSync, rmSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** "growing": it is being written, and there is room for it. "short": there is none. */
export type ReserveState = "kept" | "growing" | "short";

/** So much is written at a time, as a card takes a tenth of a second for it. */
const stepBytes = 1024 * 1024;

export class Reserve {
  readonly #path: string;
  readonly #bytes: number;
  #state: ReserveState = "growing";

  /** @param bytes how much is kept; 0 for none */
  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#bytes = bytes;
  }

  get state(): ReserveState {
    return this.#state;
  }

  /** Writes the next part where one is missing and half as much again stays free; never throws. */
  grow(): void {
    try {
      const missingBytes = this.#bytes - this.#keptBytes();
      if (missingBytes <= 0) this.#state = "kept";
      else if (freeBytes(dirname(this.#path)) < missingBytes + this.#bytes / 2) this.#state = "short";
      else {
        appendFileSync(this.#path, new Uint8Array(Math.min(stepBytes, missingBytes)), { mode: 0o600 });
        this.#state = missingBytes <= stepBytes ? "kept" : "growing";
      }
    } catch {
      this.#state = "short";
    }
  }

  /** Gives the space free; false where there was none to give. */
  release(): boolean {
    try {
      const bytes = this.#keptBytes();
      rmSync(this.#path, { force: true });
      if (this.#bytes > 0) this.#state = "short";
      return bytes > 0;
    } catch {
      return false;
    }
  }

  #keptBytes(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }
}

/** What this user may still write there. */
function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
