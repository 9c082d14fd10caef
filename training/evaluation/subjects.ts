// What the door makes of each photo, and the figures of a group of them.
import type { OwnerMatch } from "../../device/bundle/gallery.ts";
import type { RefusalReason } from "../../device/decision/decision.ts";
import { type Rate, rateOf } from "../metrics.ts";
import type { AnalysedPhoto } from "./analyse-photos.ts";
import type { Door } from "./door.ts";
import { judgeFrame } from "./door-trials.ts";

export interface JudgedPhoto extends AnalysedPhoto {
  /** Why the door stays locked before this photo as a frame; null when it passes every gate. */
  readonly reason: RefusalReason | null;
  /** Null without a face. */
  readonly match: OwnerMatch | null;
}

export function judgePhotos(photos: readonly AnalysedPhoto[], door: Door): JudgedPhoto[] {
  return photos.map((photo) => ({
    ...photo,
    reason: judgeFrame(door.sightOf(photo), door.policy),
    match: door.match(photo),
  }));
}

export type ReasonCounts = Readonly<Partial<Record<RefusalReason, number>>>;

export interface PhotoFigures {
  readonly photos: number;
  /** Photos in which a face was found. */
  readonly faces: number;
  /** Named ones; a photo of nobody known counts for none. */
  readonly identities: number;
  /** Per photo: those that pass every gate. */
  readonly opened: Rate;
  /** The complement, where the photos are the owner's. */
  readonly refused: Rate;
  readonly reasons: ReasonCounts;
  /** The highest likeness to the owner; null without a face. */
  readonly verifiedScoreMax: number | null;
}

export function figuresOfPhotos(photos: readonly JudgedPhoto[]): PhotoFigures {
  const opened = photos.filter(({ reason }) => reason === null).length;
  const scores = photos.flatMap(({ match }) => (match === null ? [] : [match.ownerScore]));
  return {
    photos: photos.length,
    faces: scores.length,
    identities: identitiesIn(photos),
    opened: rateOf(opened, photos.length),
    refused: rateOf(photos.length - opened, photos.length),
    reasons: countReasons(photos),
    verifiedScoreMax: scores.length === 0 ? null : Math.max(...scores),
  };
}

export function identitiesIn(photos: readonly AnalysedPhoto[]): number {
  return new Set(photos.flatMap(({ identity }) => (identity === null ? [] : [identity]))).size;
}

function countReasons(photos: readonly JudgedPhoto[]): ReasonCounts {
  const reasons: Partial<Record<RefusalReason, number>> = {};
  for (const { reason } of photos) if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + 1;
  return reasons;
}

/** Photos by their group, the largest group first; those of none stand under `others`. */
export function byGroup<T extends AnalysedPhoto>(photos: readonly T[], others: string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const photo of photos) {
    const group = photo.group === "" ? others : photo.group;
    groups.set(group, [...(groups.get(group) ?? []), photo]);
  }
  return new Map([...groups].sort(([, a], [, b]) => b.length - a.length));
}
