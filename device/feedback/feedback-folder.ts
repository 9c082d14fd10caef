// The feedback on disk: the register, the frames beside it and the key elsewhere, as the daemon and the commands use it.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { FacelatchError } from "../errors/errors.ts";
import { makeFolder, namesIn, onFiles, removeTemporaries, unavailable } from "./durable-files.ts";
import {
  framesIn,
  hasFrames,
  type QueuedFrame,
  readFrames,
  removeFrames,
  sealFrames,
  writeFrames,
} from "./frame-files.ts";
import { keyPathOf, makeKey, readKey } from "./key-file.ts";
import { crowdedOut, type QueueLimits, withoutFrames } from "./queue.ts";
import { commitRegister, type NumberedRegister, newestNumber, readRegister, removeOlder } from "./register.ts";
import { type Entry, emptyContent, type RegisterContent } from "./register-content.ts";

/** An item that is about to be stored. */
export type NewEntry = Omit<Entry, "seq" | "id" | "frames" | "fileBytes">;

/** Two processes that write at once are rare; one of them wins each time. */
const triesMax = 50;

/** Told of the entries that another process removed; must not throw. */
type OnGone = (gone: readonly Entry[]) => void;

/** Nothing was ever said: nothing is on disk, not even a key. */
const untouched: NumberedRegister = { number: 0, content: emptyContent };

export class FeedbackFolder {
  readonly #registerFolder: string;
  readonly #framesFolder: string;
  readonly #keyPath: string;
  #key: Buffer | null;
  #register: NumberedRegister;
  readonly #onGone: OnGone;

  private constructor(stateDir: string, onGone: OnGone) {
    this.#onGone = onGone;
    this.#registerFolder = join(stateDir, "feedback");
    this.#framesFolder = join(this.#registerFolder, "frames");
    this.#keyPath = keyPathOf(stateDir);
    this.#key = readKey(this.#keyPath);
    this.#register = this.#key === null ? this.#withoutKey() : readRegister(this.#registerFolder, this.#key);
  }

  /**
   * Opens what there is; makes nothing.
   *
   * @throws FacelatchError FEEDBACK_UNAVAILABLE when the key or the register is missing, altered or not readable
   */
  static open(stateDir: string, onGone: OnGone = () => undefined): FeedbackFolder {
    return onFiles(() => new FeedbackFolder(stateDir, onGone));
  }

  get content(): RegisterContent {
    return this.#register.content;
  }

  /** Takes in what another process changed. Throws FacelatchError FEEDBACK_UNAVAILABLE. */
  refresh(): void {
    onFiles(() => {
      const { number } = this.#register;
      const newest = newestNumber(this.#registerFolder) ?? 0;
      const isBeginning = this.#key === null && newest <= 1;
      if (newest === number || isBeginning) return;
      if (newest < number) {
        throw unavailable(
          `the register ${number} in ${this.#registerFolder}`,
          newest === 0 ? "none" : `register ${newest}, an older one`,
          "Put it back, or start the daemon again to accept the older one.",
        );
      }
      this.#key ??= readKey(this.#keyPath);
      const before = this.content.entries;
      this.#register = this.#key === null ? this.#withoutKey() : readRegister(this.#registerFolder, this.#key);
      const kept = new Set(this.content.entries.map(({ id }) => id));
      const gone = before.filter(({ id }) => !kept.has(id));
      if (gone.length > 0) this.#onGone(gone);
    });
  }

  /**
   * Stores an item with its frames, on disk before it returns; the oldest frames make room for it.
   *
   * @throws FacelatchError FEEDBACK_FULL or FEEDBACK_UNAVAILABLE; then nothing of it is stored
   */
  add(entry: NewEntry, frames: readonly QueuedFrame[], limits: QueueLimits): Entry {
    return onFiles(() => {
      const key = this.#key ?? this.#begin();
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
    onFiles(() => this.#update((content) => withoutFrames(content, leaving)));
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
    onFiles(() => {
      this.#update((content) => {
        const entries = content.entries.filter((known) => known.id !== id);
        return entries.length === content.entries.length ? content : { ...content, entries };
      });
      const { content } = readRegister(this.#registerFolder, this.#knownKey());
      const isGone = content.entries.every((known) => known.id !== id) && !framesIn(this.#framesFolder).includes(id);
      if (!isGone) throw unavailable("an item that is gone after it was forgotten", "it", "Try again.");
    });
    return entry;
  }

  /** The frames of an entry; null where they are missing or were altered. Throws FacelatchError FEEDBACK_UNAVAILABLE. */
  frames({ id, frames }: Entry): QueuedFrame[] | null {
    if (frames === 0) return [];
    return onFiles(() => readFrames(this.#framesFolder, this.#knownKey(), id));
  }

  /** Whether the frames of an entry lie there in their full length. */
  hasFrames({ id, frames, fileBytes }: Entry): boolean {
    return frames === 0 || onFiles(() => hasFrames(this.#framesFolder, id, fileBytes));
  }

  /** Removes what a killed writer left: the daemon alone does so, as it alone stores frames. */
  removeLeftovers(): void {
    onFiles(() => {
      const known = new Set(withFrames(this.content));
      removeTemporaries(this.#registerFolder);
      removeTemporaries(this.#framesFolder);
      const unknown = framesIn(this.#framesFolder).filter((id) => !known.has(id));
      removeFrames(this.#framesFolder, unknown);
      if (this.#key !== null) removeOlder(this.#registerFolder, this.#register.number);
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
    this.#commit(change);
    const kept = new Set(withFrames(this.content));
    removeFrames(
      this.#framesFolder,
      withFrames(before).filter((id) => !kept.has(id)),
    );
  }

  #commit(change: (content: RegisterContent) => RegisterContent): void {
    const key = this.#knownKey();
    for (let tries = 0; tries < triesMax; tries++) {
      this.refresh();
      const content = change(this.content);
      if (content === this.content) return;
      const next = { number: this.#register.number + 1, content };
      if (!commitRegister(this.#registerFolder, key, next)) continue;
      this.#register = next;
      return;
    }
    throw unavailable("a register that changes rarely", "one that others kept changing", "Try again.");
  }

  /** The first item: an empty register, then the key, so that a key without a register is always a loss. */
  #begin(): Buffer {
    makeFolder(this.#registerFolder);
    const first: NumberedRegister = { number: 1, content: emptyContent };
    rmSync(join(this.#registerFolder, "register-1"), { force: true });
    this.#key = makeKey(this.#keyPath, (key) => {
      if (commitRegister(this.#registerFolder, key, first)) return;
      throw unavailable("no register before the first item", "one of another process", "Try again.");
    });
    this.#register = first;
    return this.#key;
  }

  /**
   * Without a key there must be nothing that was sealed with one, but for the empty register of a beginning that was
   * cut short.
   */
  #withoutKey(): NumberedRegister {
    const newest = newestNumber(this.#registerFolder) ?? 0;
    if (newest <= 1 && namesIn(this.#framesFolder).length === 0) return untouched;
    throw unavailable(
      `the key ${this.#keyPath}`,
      "none, beside feedback that was sealed with it",
      `Put the key back from a backup, or move ${this.#registerFolder} away and say "not me" again.`,
    );
  }

  #knownKey(): Buffer {
    assert.ok(this.#key !== null, "what is stored was stored with a key");
    return this.#key;
  }
}

/** The ids of the entries that have a file of frames. */
function withFrames({ entries }: RegisterContent): string[] {
  return entries.filter(({ frames }) => frames > 0).map(({ id }) => id);
}
