// The port of snapshots: one picture of a presence at the door, kept for a short time where the configuration asks for it.
import type { StoredEvent } from "../events/events.ts";

/** A frame of whoever is in view. */
export interface PresenceFrame {
  readonly presenceId: number;
  readonly jpeg: Uint8Array;
  /** The better one of a presence is kept: the width of a face that can be judged, in px; 0 for any other. */
  readonly quality: number;
}

export interface SnapshotsStatus {
  readonly state: "off" | "on" | "failed";
  readonly kept: number;
  /** On disk. */
  readonly bytes: number;
  /** Pictures that were wanted and not kept, since the start. */
  readonly dropped: number;
  /** The door works all the same. */
  readonly fault: { readonly code: "SNAPSHOTS_UNAVAILABLE"; readonly message: string } | null;
}

/** What an event tells by which its picture is found: a presence has one, whatever came of it. */
export type PicturedEvent = Pick<StoredEvent, "type" | "bootId" | "data" | "seq">;

export interface Snapshots {
  /** Remembers the best frame of the presence in view, in memory. Never throws. */
  noteFrame(frame: PresenceFrame): void;
  /** Keeps the picture of an event that is to have one. Never throws, and never waits for the disk. */
  noteEvent(event: PicturedEvent): void;
  /** Whether there is a picture of an event, or one on its way to the disk. */
  has(event: PicturedEvent): boolean;
  /** The picture of an event that happened a moment ago, before the disk has it; null otherwise. */
  latest(event: PicturedEvent): Uint8Array | null;
  /** A JPEG. Throws SNAPSHOT_MISSING, SNAPSHOTS_UNAVAILABLE. */
  picture(event: PicturedEvent): Promise<Uint8Array>;
  /**
   * Erases the picture of an event; it is looked for again before this resolves.
   *
   * @throws FacelatchError SNAPSHOT_MISSING, SNAPSHOTS_UNAVAILABLE, and STORE_UNAVAILABLE or STORE_FULL where that cannot
   * be recorded first
   */
  erase(event: PicturedEvent, by: string): Promise<void>;
  /** The same for all pictures, and for the key that sealed them. Without any there is nothing to record. */
  eraseAll(by: string): Promise<void>;
  /** Deletes what is old; returns how many. Throws SNAPSHOTS_UNAVAILABLE. */
  sweep(): number;
  status(): SnapshotsStatus;
}
