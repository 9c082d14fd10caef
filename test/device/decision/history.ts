// Random histories at a door, and an oracle that judges the last moment of one from its whole raw record.
import fc from "fast-check";
import { overlap } from "../../../device/bundle/faces.ts";
import type {
  Decision,
  FaultReason,
  FrameObservation,
  Now,
  Observation,
  Policy,
} from "../../../device/decision/decision.ts";

/** Whom a frame shows, and how. */
export type Shown =
  | "owner"
  | "ownerTurned"
  | "ownerMasked"
  | "ownerOnPaper"
  | "ownerOnMovedPaper"
  | "brother"
  | "lookAlike"
  | "stranger"
  | "nobody";

export type Step =
  | {
      readonly do: "frame";
      readonly waitMs: number;
      readonly ageMs: number;
      readonly seqStep: number;
      /** How many frames back the digest repeats one; 0 for a new picture. */
      readonly repeats: number;
      readonly who: Shown;
      readonly place: number;
      readonly others: number;
    }
  | { readonly do: "fault"; readonly waitMs: number; readonly reason: FaultReason }
  | { readonly do: "lockdown"; readonly on: boolean }
  | { readonly do: "enrolment"; readonly on: boolean }
  | { readonly do: "tamper"; readonly on: boolean }
  | { readonly do: "facesOff"; readonly on: boolean }
  | { readonly do: "confirm"; readonly waitMs: number }
  | { readonly do: "week"; readonly minuteOfWeek: number | null }
  | { readonly do: "actuate"; readonly waitMs: number; readonly grantsBack: number }
  | { readonly do: "endPulse"; readonly waitMs: number };

function often<T>(usual: T, rare: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rare });
}

const frameStep: fc.Arbitrary<Step> = fc.record({
  do: fc.constant("frame" as const),
  waitMs: often(100, fc.integer({ min: -150, max: 1500 })),
  ageMs: often(10, fc.integer({ min: -20, max: 900 })),
  seqStep: often(1, fc.integer({ min: -3, max: 3 })),
  repeats: often(0, fc.integer({ min: 1, max: 8 })),
  who: fc.oneof(
    { weight: 12, arbitrary: fc.constant<Shown>("owner") },
    { weight: 1, arbitrary: fc.constant<Shown>("ownerOnMovedPaper") },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Shown>(
        ...(["ownerTurned", "ownerMasked", "ownerOnPaper", "brother", "lookAlike", "stranger", "nobody"] as const),
      ),
    },
  ),
  place: often(0, fc.integer({ min: 0, max: 3 })),
  others: often(0, fc.integer({ min: 1, max: 2 })),
});

const waitMs = fc.oneof(fc.constant(0), fc.integer({ min: -50, max: 1200 }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: frameStep },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("fault" as const), waitMs, reason: fc.constant("vision_fault" as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("lockdown" as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("enrolment" as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tamper" as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("facesOff" as const), on: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("confirm" as const), waitMs }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("week" as const),
      minuteOfWeek: fc.option(fc.integer({ min: 0, max: 20 }), { freq: 4 }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("actuate" as const), waitMs, grantsBack: often(1, fc.constant(2)) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("endPulse" as const), waitMs }) },
);

export const historyArbitrary = fc.array(step, { minLength: 5, maxLength: 60 });

export const policyArbitrary: fc.Arbitrary<Policy> = fc.record({
  ownerScoreMin: fc.constant(0.3),
  verifiedScoreMin: fc.constant(0.65),
  companyScoreExtra: fc.constantFrom(0.1, 0.5),
  householdMarginMin: fc.constant(0.1),
  headTurnMin: often<number | null>(null, fc.constant(0.2)),
  rigidityMax: fc.constantFrom(null, 1.5),
  confirmationAgeMaxMs: often<number | null>(null, fc.constant(1000)),
  framesNeeded: fc.integer({ min: 1, max: 4 }),
  framesWindow: fc.integer({ min: 1, max: 7 }),
  frameAgeMaxMs: fc.constantFrom(300, 1000),
  evidenceAgeMaxMs: fc.constantFrom(500, 2000),
  presenceGapMaxMs: fc.constantFrom(250, 1000),
  presenceOverlapMin: fc.constantFrom(0.2, 0.5),
  cooldownMs: fc.constantFrom(0, 150, 700),
  lockout: fc.record({
    nearMissScoreMin: fc.constant(0.5),
    attemptMs: fc.constantFrom(300, 5000),
    nearMissesMax: fc.integer({ min: 1, max: 4 }),
    windowMs: fc.constantFrom(1000, 60_000),
    firstMs: fc.constantFrom(50, 500),
    maxMs: fc.constantFrom(500, 2000),
  }),
  schedule: fc.oneof(
    { weight: 10, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant(null) },
    {
      weight: 10,
      arbitrary: fc.constant([
        { fromMinute: 0, toMinute: 15 },
        { fromMinute: 18, toMinute: 20 },
      ]),
    },
  ),
});

export type Entry =
  | { readonly kind: "observation"; readonly observation: Observation; readonly now: Now; readonly decision: Decision }
  | { readonly kind: "lockdown" | "enrolment" | "facesOff" | "tamper"; readonly on: boolean }
  | { readonly kind: "actuation" | "pulseEnd" | "confirmation"; readonly atMs: number };

type Observed = Extract<Entry, { kind: "observation" }>;

function observed(record: readonly Entry[]): Observed[] {
  return record.filter((entry) => entry.kind === "observation");
}

/** Whether the record's last entry, an observation, is a frame that may count at all. */
function isSound(record: readonly Entry[], policy: Policy): boolean {
  const all = observed(record);
  const { observation, now } = all.pop()!;
  const clocks = all.map((entry) => entry.now.nowMs);
  if (observation.kind === "fault" || now.nowMs < Math.max(...clocks)) return false;
  const { capturedAtMs, seq, digest } = observation;
  // Of the frames before, those count that the clock allowed at their time: each newer than all before it.
  const before: FrameObservation[] = [];
  let clockMs = Number.NEGATIVE_INFINITY;
  for (const { observation: earlier, now: then } of all) {
    if (then.nowMs < clockMs) continue;
    clockMs = then.nowMs;
    if (earlier.kind !== "frame" || earlier.capturedAtMs > then.nowMs) continue;
    if (before.every((frame) => frame.capturedAtMs < earlier.capturedAtMs)) before.push(earlier);
  }
  if (capturedAtMs > now.nowMs || now.nowMs - capturedAtMs > policy.frameAgeMaxMs) return false;
  if (before.some((frame) => frame.capturedAtMs >= capturedAtMs)) return false;
  if (before.length > 0 && seq <= before.at(-1)!.seq) return false;
  return !before.slice(-policy.framesWindow).some((frame) => frame.digest === digest);
}

/** Whether anything but the person keeps the door locked at `now`, from the record alone. */
export function isBlocked(record: readonly Entry[], now: Now, policy: Policy): boolean {
  for (const kind of ["lockdown", "enrolment", "facesOff", "tamper"] as const) {
    if (record.findLast((entry): entry is Extract<Entry, { on: boolean }> => entry.kind === kind)?.on === true)
      return true;
  }
  const pulse = record.findLast((entry) => entry.kind === "actuation" || entry.kind === "pulseEnd");
  if (pulse?.kind === "actuation") return true;
  if (pulse?.kind === "pulseEnd" && now.nowMs - pulse.atMs < policy.cooldownMs) return true;
  const sinceUnlock = record.slice(record.findLastIndex((entry) => entry.kind === "actuation") + 1);
  if (observed(sinceUnlock).some(({ decision }) => (decision.lockoutUntilMs ?? 0) > now.nowMs)) return true;
  const minute = now.minuteOfWeek;
  if (policy.schedule?.length === 0) return false;
  return (
    minute === null || !policy.schedule?.some(({ fromMinute, toMinute }) => fromMinute <= minute && minute < toMinute)
  );
}

/** The unbroken run of frames of one presence at the end of the record that may count, the newest first. */
function countableRun(record: readonly Entry[], policy: Policy): FrameObservation[] {
  const run: FrameObservation[] = [];
  for (let end = record.length; end > 0; end--) {
    const entry = record[end - 1]!;
    if (entry.kind === "confirmation") continue;
    if (entry.kind !== "observation" || entry.observation.kind === "fault") break;
    const frame = entry.observation;
    const upToHere = record.slice(0, end);
    if (!isSound(upToHere, policy) || isBlocked(upToHere, entry.now, policy)) break;
    if (entry.decision.lockoutUntilMs !== null) break;
    if (frame.face !== null && frame.otherFacesNear > 0 && !agrees(frame, policy)) break;
    const nextFace = run.findLast((later) => later.face !== null);
    if (frame.face !== null && nextFace !== undefined) {
      if (overlap(frame.face.box, nextFace.face!.box) < policy.presenceOverlapMin) break;
    }
    if (frame.face !== null) {
      const untilNextFace = nextFace === undefined ? run : run.slice(run.indexOf(nextFace));
      const latest = untilNextFace[0];
      if (latest !== undefined && latest.capturedAtMs - frame.capturedAtMs > policy.presenceGapMaxMs) break;
    }
    run.push(frame);
  }
  return run;
}

function agrees({ face, otherFacesNear }: FrameObservation, policy: Policy): boolean {
  return (
    face !== null &&
    face.unfit === null &&
    !face.spoofSuspected &&
    face.ownerScore >= policy.ownerScoreMin &&
    face.verifiedScore >= policy.verifiedScoreMin + (otherFacesNear > 0 ? policy.companyScoreExtra : 0) &&
    (face.householdMargin ?? Number.POSITIVE_INFINITY) >= policy.householdMarginMin
  );
}

/** Whether the record's end suffices to open the door at `now`, recomputed from nothing but the record. */
export function earnsUnlock(record: readonly Entry[], now: Now, policy: Policy): boolean {
  if (isBlocked(record, now, policy)) return false;
  const run = countableRun(record, policy);
  const window = run.slice(0, policy.framesWindow);
  const newest = window[0];
  if (newest === undefined || !agrees(newest, policy) || now.nowMs - newest.capturedAtMs > policy.frameAgeMaxMs)
    return false;
  const counted = window.filter(
    (frame) => agrees(frame, policy) && now.nowMs - frame.capturedAtMs <= policy.evidenceAgeMaxMs,
  );
  if (counted.length < policy.framesNeeded) return false;
  const turns = run.filter((frame) => agrees(frame, policy)).map(({ face }) => face!.yawRatio);
  if (policy.headTurnMin !== null && !(Math.max(...turns) - Math.min(...turns) >= policy.headTurnMin)) return false;
  if (policy.rigidityMax !== null && rigidityOf(record, policy.rigidityMax, policy) >= policy.rigidityMax) return false;
  return policy.confirmationAgeMaxMs === null || isConfirmed(record, now, policy.confirmationAgeMaxMs);
}

/** What speaks for a moved picture in the presence that is in view: from its second frame on, never below 0. */
function rigidityOf(record: readonly Entry[], rigidityMax: number, policy: Policy): number {
  let rigidity = 0;
  let presenceId: number | null = null;
  record.forEach((entry, i) => {
    if (entry.kind !== "observation" || entry.observation.kind === "fault") return;
    const { face } = entry.observation;
    if (face === null || !isSound(record.slice(0, i + 1), policy)) return;
    const id = entry.decision.presence?.id ?? null;
    const step = id === presenceId ? (face.surroundLogRatio ?? 0) : -rigidity;
    rigidity = Math.min(2 * rigidityMax, Math.max(0, rigidity + step));
    presenceId = id;
  });
  return rigidity;
}

/** Whether the second step was taken in the presence that is in view, since the last opening. */
function isConfirmed(record: readonly Entry[], now: Now, ageMaxMs: number): boolean {
  const sinceUnlock = record.slice(record.findLastIndex((entry) => entry.kind === "actuation") + 1);
  const startedAtMs = observed(record).at(-1)?.decision.presence?.startedAtMs ?? Number.NaN;
  const latest = sinceUnlock.findLast((entry) => entry.kind === "confirmation");
  return latest?.kind === "confirmation" && latest.atMs >= startedAtMs && now.nowMs - latest.atMs <= ageMaxMs;
}
