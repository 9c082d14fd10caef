// The feedback on disk: the register, the frames beside it and the key elsewhere, as the daemon and the commands use it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { FacelatchError } from "../errors/errors.ts";
import { makeFolder, namesIn, removeTemporaries } from "../sealed/durable-files.ts";
import { SealedRegister } from "../sealed/sealed-register.ts";
import { onFeedbackFiles, unavailable } from "./feedback-faults.ts";
import {
  framesIn,
  hasFrames,
  type QueuedFrame,
  readFrames,
  removeFrames,
  sealFrames,
  writeFrames,
} from "./frame-files.ts";
import { crowdedOut, type QueueLimits, withoutFrames } from "./queue.ts";
import { type Entry, feedbackRegister, type RegisterContent } from "./register-content.ts";

/** An item that is about to be stored. */
export type NewEntry = Omit<Entry, "seq" | "id" | "frames" | "fileBytes">;

/** Told of the entries that another process removed; must not throw. */
type OnGone = (gone: readonly Entry[]) => void;

export class FeedbackFolder {
  readonly #framesFolder: string;
  readonly #register: SealedRegister<RegisterContent>;

  private constructor(stateDir: string, onGone: OnGone) {
    this.#framesFolder = join(stateDir, feedbackRegister.realm, "frames");
    this.#register = new SealedRegister({
      kind: feedbackRegister,
      stateDir,
      hasMore: () => namesIn(this.#framesFolder).length > 0,
      onRefreshed: (before, after) => {
        const kept = new Set(after.entries.map(({ id }) => id));
        const gone = before.entries.filter(({ id }) => !kept.has(id));
        if (gone.length > 0) onGone(gone);
      },
    });
  }

  /**
   * Opens what there is; makes nothing.
   *
   * @throws FacelatchError FEEDBACK_UNAVAILABLE when the key or the register is missing, altered or not readable
   */
  static open(stateDir: string, onGone: OnGone = () => undefined): FeedbackFolder {
    return onFeedbackFiles(() => new FeedbackFolder(stateDir, onGone));
  }

  get content(): RegisterContent {
    return this.#register.content;
  }

  /** Takes in what another process changed. Throws FacelatchError FEEDBACK_UNAVAILABLE. */
  refresh(): void {
    onFeedbackFiles(() => this.#register.refresh());
  }

  /**
   * Stores an item with its frames, on disk before it returns; the oldest frames make room for it.
   *
   * @throws FacelatchError FEEDBACK_FULL or FEEDBACK_UNAVAILABLE; then nothing of it is stored
   */
  add(entry: NewEntry, frames: readonly QueuedFrame[], limits: QueueLimits): Entry {
    return onFeedbackFiles(() => {
      const key = this.#register.begin();
      const id = randomBytes(6).toString("hex");
      const box = sealFrames(key, id, frames);
      try {
        makeFolder(this.#framesFolder);
        writeFrames(this.#framesFolder, id, box);
        return this.#addEntry({ ...entry, id, frames: frames.length, fileBytes: box.length }, limits);
      } catch (error) {
        this.#undoAdd(id);
        throw error;
      }
    });
  }

  #addEntry(added: Omit<Entry, "seq">, limits: QueueLimits): Entry {
    let stored: Entry | undefined;
    this.#update((content) => {
      stored = content.entries.find(({ id }) => id === added.id);
      if (stored !== undefined) return content;
      const roomy = withoutFrames(content, crowdedOut(content, limits, added.fileBytes));
      stored = { ...added, seq: content.nextSeq };
      return { nextSeq: content.nextSeq + 1, entries: [...roomy.entries, stored] };
    });
    assert.ok(stored !== undefined);
    return stored;
  }

  /** A commit whose last sync failed may hold all the same: the frames go only where the register lacks their item. */
  #undoAdd(id: string): void {
    try {
      this.refresh();
      if (this.content.entries.every((entry) => entry.id !== id)) removeFrames(this.#framesFolder, [id]);
    } catch {
      // The caller throws what came first; what is left here is removed when the folder is next opened.
    }
  }

  /** Removes the frames of entries, and the entries that are no negatives. Throws FacelatchError. */
  dropFrames(leaving: readonly Entry[]): void {
    onFeedbackFiles(() => this.#update((content) => withoutFrames(content, leaving)));
  }

  /**
   * Removes an item, its frames and its household negative, and looks again that all of it is gone.
   *
   * @throws FacelatchError INPUT_MISSING without such an item, FEEDBACK_UNAVAILABLE
   */
  forget(id: string): Entry {
    this.refresh();
    const entry = this.content.entries.find((known) => known.id === id);
    if (entry === undefined) {
      throw new FacelatchError("INPUT_MISSING", {
        expected: "the id of an item of feedback",
        found: JSON.stringify(id.slice(0, 40)),
        next: "See `facelatch feedback list`.",
      });
    }
    onFeedbackFiles(() => {
      this.#update((content) => {
        const entries = content.entries.filter((known) => known.id !== id);
        return entries.length === content.entries.length ? content : { ...content, entries };
      });
      const { entries: left } = this.#register.onDisk();
      const isGone = left.every((known) => known.id !== id) && !framesIn(this.#framesFolder).includes(id);
      if (!isGone) throw unavailable("an item that is gone after it was forgotten", "it", "Try again.");
    });
    return entry;
  }

  /** The frames of an entry; null where they are missing or were altered. Throws FacelatchError FEEDBACK_UNAVAILABLE. */
  frames({ id, frames }: Entry): QueuedFrame[] | null {
    if (frames === 0) return [];
    return onFeedbackFiles(() => readFrames(this.#framesFolder, this.#register.key, id));
  }

  /** Whether the frames of an entry lie there in their full length. */
  hasFrames({ id, frames, fileBytes }: Entry): boolean {
    return frames === 0 || onFeedbackFiles(() => hasFrames(this.#framesFolder, id, fileBytes));
  }

  /** Removes what a killed writer left: the daemon alone does so, as it alone stores frames. */
  removeLeftovers(): void {
    onFeedbackFiles(() => {
      const known = new Set(withFrames(this.content));
      removeTemporaries(this.#framesFolder);
      const unknown = framesIn(this.#framesFolder).filter((id) => !known.has(id));
      removeFrames(this.#framesFolder, unknown);
      this.#register.removeLeftovers();
    });
  }

  /**
   * Changes the register, and then removes the frames that it no longer names.
   *
   * @param change gives the same register back where its change is in it already: another process may have built on it
   * before this one saw that it held
   */
  #update(change: (content: RegisterContent) => RegisterContent): void {
    const before = this.content;
    this.#register.update(change);
    const kept = new Set(withFrames(this.content));
    removeFrames(
      this.#framesFolder,
      withFrames(before).filter((id) => !kept.has(id)),
    );
  }
}

/** The ids of the entries that have a file of frames. */
function withFrames({ entries }: RegisterContent): string[] {
  return entries.filter(({ frames }) => frames > 0).map(({ id }) => id);
}
