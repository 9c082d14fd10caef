// The last presences, each with its best frames: in memory only, bounded in number, bytes and age.
import type { SubjectFrame } from "./feedback.ts";

export interface RecentLimits {
  readonly presencesMax: number;
  /** Of all pictures together. */
  readonly bytesMax: number;
  /** Since a presence was last seen. */
  readonly ageMaxMs: number;
}

export interface RecentPresence {
  readonly presenceId: number;
  /** On the monotonic clock, in ms. */
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
  /** Wall clock, ISO 8601. */
  readonly seenAt: string;
  /** At least one, the best first. */
  readonly frames: readonly SubjectFrame[];
}

export const framesPerPresenceMax = 3;
/** A larger picture is no camera's frame, and would push out everybody else's. */
const jpegBytesMax = 4 * 1024 * 1024;

export class RecentPresences {
  readonly #limits: RecentLimits;
  /** The oldest first. */
  readonly #presences = new Map<number, RecentPresence>();
  #bytes = 0;

  constructor(limits: RecentLimits) {
    this.#limits = limits;
  }

  /** Bytes of the pictures that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  note(frame: SubjectFrame, seenAt: string): void {
    if (!isUsable(frame)) return;
    const before = this.#presences.get(frame.presenceId);
    const frames = bestOf([...(before?.frames ?? []), frame]).map((kept) => (kept === frame ? copyOf(frame) : kept));
    const firstSeenAtMs = before?.firstSeenAtMs ?? frame.capturedAtMs;
    this.#put({
      presenceId: frame.presenceId,
      firstSeenAtMs,
      lastSeenAtMs: frame.capturedAtMs,
      seenAt,
      frames,
    });
    this.#forgetBeyondLimits();
  }

  get(presenceId: number): RecentPresence | undefined {
    return this.#presences.get(presenceId);
  }

  /** The latest first. */
  list(): RecentPresence[] {
    return [...this.#presences.values()].reverse();
  }

  /** Forgets whoever was last seen too long ago. */
  expire(nowMs: number): void {
    for (const presence of this.#presences.values()) {
      if (nowMs - presence.lastSeenAtMs > this.#limits.ageMaxMs) this.#remove(presence);
    }
  }

  #put(presence: RecentPresence): void {
    const before = this.#presences.get(presence.presenceId);
    this.#bytes += bytesOf(presence) - (before === undefined ? 0 : bytesOf(before));
    this.#presences.set(presence.presenceId, presence);
  }

  #remove(presence: RecentPresence): void {
    this.#bytes -= bytesOf(presence);
    this.#presences.delete(presence.presenceId);
  }

  #forgetBeyondLimits(): void {
    const { presencesMax, bytesMax } = this.#limits;
    while (this.#presences.size > presencesMax || this.#bytes > bytesMax) {
      const [oldest] = this.#presences.values();
      if (oldest === undefined) return;
      // The one presence that is left gives up its frames one by one, the worst first.
      if (this.#presences.size === 1 && oldest.frames.length > 1) {
        this.#put({ ...oldest, frames: oldest.frames.slice(0, -1) });
      } else {
        this.#remove(oldest);
      }
    }
  }
}

const spacePattern = /^[0-9a-f]{64}$/;

/**
 * A model may give numbers that are none, and its bundle may be gone by the time of the look: such a frame could be no
 * negative.
 */
function isUsable({ jpeg, embedding, embeddingSpace: space, ownerScore, quality }: SubjectFrame): boolean {
  const length = Math.sqrt(embedding.reduce((sum, value) => sum + value * value, 0));
  const isNormalised = Math.abs(length - 1) < 0.01;
  return (
    isNormalised &&
    spacePattern.test(space) &&
    Number.isFinite(ownerScore) &&
    Number.isFinite(quality) &&
    jpeg.length > 0 &&
    jpeg.length <= jpegBytesMax
  );
}

/**
 * The frame that came nearest to the owner, then those of the best quality: the first is what a negative must keep out,
 * the others are what a training learns most from.
 */
function bestOf(frames: readonly SubjectFrame[]): SubjectFrame[] {
  const nearest = frames.reduce((best, frame) => (frame.ownerScore > best.ownerScore ? frame : best));
  const others = frames.filter((frame) => frame !== nearest).sort((a, b) => b.quality - a.quality);
  return [nearest, ...others].slice(0, framesPerPresenceMax);
}

/** The camera and the vision process use their memory again, and may lend a small part of a large one. */
function copyOf(frame: SubjectFrame): SubjectFrame {
  return { ...frame, jpeg: frame.jpeg.slice(), embedding: frame.embedding.slice() };
}

function bytesOf({ frames }: RecentPresence): number {
  return frames.reduce((sum, { jpeg }) => sum + jpeg.length, 0);
}
