// Real feedback in a folder that goes away with the test, and made-up looks at a subject.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent } from "../../../device/events/events.ts";
import type { SubjectFrame } from "../../../device/feedback/feedback.ts";
import { StoredFeedback, type StoredFeedbackOptions } from "../../../device/feedback/stored-feedback.ts";

export interface Ending {
  after: (end: () => void) => void;
}

export const space = "ab".repeat(32);
export const otherSpace = "cd".repeat(32);

/** A vector of length 1 that differs from seed to seed. */
export function embeddingOf(seed: number, length = 192): Float32Array {
  const values = Float32Array.from({ length }, (_, i) => Math.sin(seed * 12.9898 + i * 78.233));
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return values.map((value) => value / norm);
}

/** Bytes that begin and end as a JPEG does. */
export function jpegOf(seed: number, bytes = 1_000): Uint8Array {
  const jpeg = Uint8Array.from({ length: bytes }, (_, i) => (seed * 31 + i * 7) % 251);
  jpeg.set([0xff, 0xd8]);
  jpeg.set([0xff, 0xd9], bytes - 2);
  return jpeg;
}

export function subjectFrame(presenceId: number, fields: Partial<SubjectFrame> = {}): SubjectFrame {
  const frameSeq = fields.frameSeq ?? presenceId * 100;
  return {
    presenceId,
    frameSeq,
    capturedAtMs: 1_000 * presenceId,
    jpeg: jpegOf(frameSeq),
    embedding: embeddingOf(frameSeq),
    embeddingSpace: space,
    ownerScore: 0.5,
    quality: 0.5,
    ...fields,
  };
}

export function temporaryFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-feedback-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function optionsOf(stateDir: string, changes: Partial<StoredFeedbackOptions> = {}): StoredFeedbackOptions {
  return {
    stateDir,
    bootId: "boot-1",
    recent: { presencesMax: 20, bytesMax: 1e7, ageMaxMs: 1e9 },
    queue: { retentionDays: 30, bytesMax: 1e8 },
    negativesMax: 50,
    wallClock: () => new Date(),
    nowMs: () => performance.now(),
    onEvent: () => undefined,
    ...changes,
  };
}

/** Feedback, and the events that it told. */
export function openFeedback(
  t: Ending,
  changes: Partial<StoredFeedbackOptions> = {},
): { feedback: StoredFeedback; stateDir: string; events: NewEvent[] } {
  const stateDir = changes.stateDir ?? temporaryFolder(t);
  const events: NewEvent[] = [];
  const onEvent = (event: NewEvent): void => void events.push(event);
  return { feedback: new StoredFeedback(optionsOf(stateDir, { onEvent, ...changes })), stateDir, events };
}
