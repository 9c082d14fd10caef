// The daemon's snapshots: the best frame of whoever is in view in memory, and on disk one picture of each presence that ended
// in what the configuration asks for. Whatever goes wrong, the door does not notice.
import { setImmediate as immediately } from "node:timers/promises";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import type { EventType, NewEvent } from "../events/events.ts";
import { Reopening } from "../sealed/reopening.ts";
import { erasePictures, PictureFolder } from "./picture-folder.ts";
import { loadImageLibrary, shrinkJpeg } from "./shrink-jpeg.ts";
import type { PicturedEvent, PresenceFrame, Snapshots, SnapshotsStatus } from "./snapshots.ts";

export type SnapshotsFor = "none" | "strangers" | "refusals" | "all";

export interface StoredSnapshotsOptions {
  readonly stateDir: string;
  readonly keepFor: SnapshotsFor;
  readonly retentionMs: number;
  readonly bytesMax: number;
  /** No picture on disk is wider. */
  readonly widthPx: number;
  /** Of the day; the beginning of time while it is not to be trusted. */
  readonly retentionClock: () => Date;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
  /** While the record of openings needs what is left of the disk, no picture takes it. */
  readonly isDiskLow: () => boolean;
  /** Stores an event, on disk before it returns. Throws STORE_UNAVAILABLE, STORE_FULL. */
  readonly record: (event: NewEvent) => void;
  /** Told of the first fault after all was well; must not throw. */
  readonly onFault: (fault: FacelatchError) => void;
}

const typesFor: Readonly<Record<SnapshotsFor, readonly EventType[]>> = {
  none: [],
  strangers: ["doorbell.rang"],
  refusals: ["doorbell.rang", "unlock.refused"],
  all: ["doorbell.rang", "unlock.refused", "unlock.granted"],
};

/** Pictures that wait for the disk; a further one is dropped. */
const writingMax = 4;
/** A larger picture is no camera's frame. */
const jpegBytesMax = 4 * 1024 * 1024;
/** So many files a sweep removes at most. */
const sweptMax = 20;

interface Writing {
  readonly jpeg: Uint8Array;
  readonly done: Promise<void>;
}

export class StoredSnapshots implements Snapshots {
  readonly #options: StoredSnapshotsOptions;
  readonly #folder: Reopening<PictureFolder>;
  readonly #writing = new Map<string, Writing>();
  #seen: PresenceFrame | null = null;
  /** Whose frames come now, be one remembered or not. */
  #presenceId: number | null = null;
  /** An event came before the first frame of its presence did. */
  #wanted: { readonly id: string; readonly presenceId: number } | null = null;
  /** Those that were erased while the presence in view was: what comes of it later must not bring them back. */
  readonly #erased = new Set<string>();
  /** One at a time: the threads are few, and others' too. Never rejects. */
  #shrinking: Promise<unknown> = Promise.resolve();
  #dropped = 0;
  /** Why the last picture was not kept. */
  #fault: FacelatchError | null = null;

  constructor(options: StoredSnapshotsOptions) {
    this.#options = options;
    this.#folder = new Reopening({
      open: () => new PictureFolder(options.stateDir, { bytesMax: options.bytesMax, nowMs: options.nowMs() }),
      nowMs: options.nowMs,
      faultOf,
      onFault: options.onFault,
      onRecovered: () => undefined,
    });
    // Where it is missing, pictures are kept as they come.
    if (options.keepFor !== "none") loadImageLibrary().catch(() => undefined);
  }

  noteFrame(frame: PresenceFrame): void {
    const { presenceId, jpeg, quality } = frame;
    if (this.#options.keepFor === "none" || jpeg.length === 0 || jpeg.length > jpegBytesMax) return;
    if (this.#presenceId !== presenceId) this.#erased.clear();
    this.#presenceId = presenceId;
    const isOther = this.#seen?.presenceId !== presenceId;
    // The camera uses its memory again. Of frames that are alike the newest shows what was decided on.
    if (isOther || quality >= (this.#seen?.quality ?? 0)) this.#seen = { ...frame, jpeg: jpeg.slice() };
    if (this.#wanted?.presenceId === presenceId) this.#keep(this.#wanted.id, presenceId);
  }

  noteEvent(event: PicturedEvent): void {
    if (!typesFor[this.#options.keepFor].includes(event.type)) return;
    const named = pictureOf(event);
    if (named !== null) this.#keep(named.id, named.presenceId);
  }

  has(event: PicturedEvent): boolean {
    const id = pictureOf(event)?.id;
    return id !== undefined && (this.#writing.has(id) || this.#opened()?.has(id) === true);
  }

  latest(event: PicturedEvent): Uint8Array | null {
    return this.#writing.get(pictureOf(event)?.id ?? "")?.jpeg ?? null;
  }

  async picture(event: PicturedEvent): Promise<Uint8Array> {
    const id = pictureOf(event)?.id;
    const writing = this.#writing.get(id ?? "");
    if (writing !== undefined) return writing.jpeg;
    const folder = this.#folder.get();
    const jpeg = id !== undefined && folder.has(id) ? folder.read(id) : null;
    if (jpeg === null) throw missing(event);
    return jpeg;
  }

  async erase(event: PicturedEvent, by: string): Promise<void> {
    const id = pictureOf(event)?.id;
    await this.#writing.get(id ?? "")?.done;
    const folder = this.#folder.get();
    if (id === undefined || !folder.has(id)) throw missing(event);
    this.#record(`The picture of an event was erased by ${by}.`, { by, eventSeq: event.seq });
    // First: its presence may still be in view.
    this.#erased.add(id);
    folder.remove([id]);
  }

  async eraseAll(by: string): Promise<void> {
    await this.settled();
    const folder = this.#opened();
    // Of nothing there is nothing to tell; what a power cut may have left, and the key, go all the same.
    if (folder?.count !== 0)
      this.#record(`All pictures of events were erased by ${by}.`, { by, pictures: folder?.count ?? null });
    this.#seen = null;
    this.#wanted = null;
    for (const id of folder?.ids() ?? []) if (isOfPresence(id, this.#presenceId)) this.#erased.add(id);
    // What cannot be opened can be erased all the same.
    if (folder === null) erasePictures(this.#options.stateDir);
    else folder.removeAll();
  }

  /** Resolves when no picture is on its way to the disk. */
  async settled(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all([...this.#writing.values()].map(({ done }) => done));
  }

  sweep(): number {
    const { retentionMs, retentionClock, nowMs } = this.#options;
    const folder = this.#folder.get();
    const wallMs = retentionClock().getTime();
    const leaving = folder.olderThan(retentionMs, nowMs(), wallMs > 0 ? wallMs : null).slice(0, sweptMax);
    folder.remove(leaving);
    return leaving.length;
  }

  status(): SnapshotsStatus {
    const folder = this.#opened();
    const fault = this.#folder.fault ?? this.#fault;
    const state = fault !== null ? "failed" : this.#options.keepFor === "none" ? "off" : "on";
    return {
      state,
      kept: folder?.count ?? 0,
      bytes: folder?.bytes ?? 0,
      dropped: this.#dropped,
      fault: fault === null ? null : { code: "SNAPSHOTS_UNAVAILABLE", message: fault.message },
    };
  }

  #keep(id: string, presenceId: number): void {
    this.#wanted = null;
    const folder = this.#opened();
    // A presence has one picture, of the first time that it was worth one.
    if (this.#writing.has(id) || folder?.has(id) === true || this.#erased.has(id)) return;
    if (this.#seen?.presenceId !== presenceId) {
      this.#wanted = { id, presenceId };
      return;
    }
    if (folder === null || this.#writing.size >= writingMax || this.#options.isDiskLow()) {
      this.#dropped++;
      return;
    }
    const { jpeg } = this.#seen;
    const { widthPx, nowMs } = this.#options;
    // After whatever is being done of this event: an opening must not wait for it.
    const shrunk = Promise.all([this.#shrinking, immediately()]).then(() => shrinkJpeg(jpeg, widthPx));
    this.#shrinking = shrunk;
    const written = shrunk.then((small) => folder.put(id, small, nowMs()));
    const done = written.then(
      () => {
        this.#fault = null;
      },
      (error: unknown) => {
        this.#dropped++;
        const fault = faultOf(error);
        if (this.#fault === null) this.#options.onFault(fault);
        this.#fault = fault;
      },
    );
    this.#writing.set(id, { jpeg, done: done.finally(() => this.#writing.delete(id)) });
  }

  /** What is on disk; null while it cannot be looked at. */
  #opened(): PictureFolder | null {
    return this.#folder.fault === null ? this.#folder.current : null;
  }

  #record(message: string, data: NewEvent["data"]): void {
    const event = { type: "snapshots.erased" as const, monotonicMs: this.#options.nowMs(), reason: null };
    this.#options.record({ ...event, message: message.slice(0, 500), data });
  }
}

/** Which picture an event has, where it has one. The run's name comes from the store, and becomes part of a file's. */
function pictureOf({ type, bootId, data }: PicturedEvent): { readonly id: string; readonly presenceId: number } | null {
  const presenceId = data["presenceId"];
  const isPictured = typesFor.all.includes(type) && /^[0-9A-Za-z-]{1,64}$/.test(bootId);
  if (!isPictured || typeof presenceId !== "number" || !Number.isSafeInteger(presenceId) || presenceId < 0) return null;
  return { id: `${bootId}.${presenceId}`, presenceId };
}

function isOfPresence(id: string, presenceId: number | null): boolean {
  return id.endsWith(`.${presenceId}`);
}

function faultOf(error: unknown): FacelatchError {
  if (error instanceof FacelatchError && error.code === "SNAPSHOTS_UNAVAILABLE") return error;
  const found = messageOf(error);
  return new FacelatchError("SNAPSHOTS_UNAVAILABLE", {
    ...{ expected: "pictures that can be read and written", found, next: "See the log.", cause: error },
  });
}

function missing({ seq }: PicturedEvent): FacelatchError {
  return new FacelatchError("SNAPSHOT_MISSING", {
    expected: "an event that has a picture, as hasSnapshot of /v1/events tells",
    found: `event ${seq}, which has none`,
    next: "Pictures are kept for a short time, and only where the configuration asks for them.",
  });
}
