// How much of the queue stays: pure rules by age, bytes and number; household negatives outlive their frames.
import type { Entry, RegisterContent } from "./register-content.ts";

export interface QueueLimits {
  readonly retentionDays: number;
  /** Of all frames on disk. */
  readonly bytesMax: number;
}

/** So many small pictures would make the register large, whatever their bytes. */
const entriesWithFramesMax = 1_000;
const dayMs = 24 * 60 * 60 * 1000;
/**
 * Boards without a clock chip start in the past until they learn the time, so an item from before this program existed
 * is of unknown age, and not of great age.
 */
const plausibleFrom = Date.parse("2026-01-01T00:00:00Z");

export function queueBytesOf({ entries }: RegisterContent): number {
  return entries.reduce((sum, { fileBytes }) => sum + fileBytes, 0);
}

/** The entries whose frames are older than the retention, in their order of arrival: a jump of the clock hides none. */
export function outdated({ entries }: RegisterContent, { retentionDays }: QueueLimits, nowMs: number): Entry[] {
  const oldBeforeMs = nowMs - retentionDays * dayMs;
  const timesMs = entries.map(({ at }) => Date.parse(at));
  const firstYoung = timesMs.findIndex((atMs) => atMs >= oldBeforeMs);
  const candidates = firstYoung === -1 ? timesMs : timesMs.slice(0, firstYoung);
  const lastOld = candidates.findLastIndex((atMs) => atMs >= plausibleFrom);
  return entries.slice(0, lastOld + 1).filter(({ frames }) => frames > 0);
}

/** The oldest entries whose frames have to go so that `moreBytes` have room. */
export function crowdedOut(content: RegisterContent, { bytesMax }: QueueLimits, moreBytes: number): Entry[] {
  const withFrames = content.entries.filter(({ frames }) => frames > 0);
  let bytes = queueBytesOf(content) + moreBytes;
  let count = withFrames.length + 1;
  const leaving: Entry[] = [];
  for (const entry of withFrames) {
    if (bytes <= bytesMax && count <= entriesWithFramesMax) break;
    leaving.push(entry);
    bytes -= entry.fileBytes;
    count--;
  }
  return leaving;
}

/** The register without the frames of some entries: a negative stays without them, anything else is then nothing. */
export function withoutFrames(content: RegisterContent, leaving: readonly Entry[]): RegisterContent {
  const ids = new Set(leaving.map(({ id }) => id));
  const entries = content.entries.flatMap((entry) => {
    if (!ids.has(entry.id)) return [entry];
    return entry.embeddings.length > 0 ? [{ ...entry, frames: 0, fileBytes: 0 }] : [];
  });
  return { ...content, entries };
}
