// Properties of the decision over random histories, judged by an oracle that knows only the raw record.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  decide,
  type FrameObservation,
  type Grant,
  initialState,
  type Observation,
  type Policy,
  recheck,
  recordActuation,
  recordConfirmation,
  recordPulseEnd,
  refusalReasons,
  type State,
  type SubjectFace,
  setEnrolling,
  setFacesOff,
  setLockdown,
  setTamper,
} from "../../../device/decision/decision.ts";
import { box, lookAlike, owner, stranger } from "./door.ts";
import {
  type Entry,
  earnsUnlock,
  historyArbitrary,
  isBlocked,
  policyArbitrary,
  type Shown,
  type Step,
} from "./history.ts";

const faces: Readonly<Record<Shown, SubjectFace | null>> = {
  owner,
  ownerTurned: { ...owner, yawRatio: 0.25 },
  ownerMasked: { ...owner, unfit: "masked" },
  ownerOnPaper: { ...owner, spoofSuspected: true },
  ownerOnMovedPaper: { ...owner, surroundLogRatio: 0.8 },
  brother: { ...owner, verifiedScore: 0.7, householdMargin: 0.05 },
  lookAlike,
  stranger,
  nobody: null,
};

const noFurtherStep = { headTurnMin: null, confirmationAgeMaxMs: null };

function freezeDeep<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

/** Plays a history and checks each moment of it. */
class Replay {
  state: State = freezeDeep(initialState());
  nowMs = 5000;
  minuteOfWeek: number | null = 5;
  seq = 0;
  digests: string[] = [];
  grants: Grant[] = [];
  record: Entry[] = [];
  unlocks = 0;
  actuations = 0;
  readonly policy: Policy;

  constructor(policy: Policy) {
    this.policy = freezeDeep(policy);
  }

  get now() {
    return { nowMs: this.nowMs, minuteOfWeek: this.minuteOfWeek };
  }

  play(step: Step): void {
    if ("waitMs" in step) this.nowMs += step.waitMs;
    if (step.do === "frame") this.observe(this.frameOf(step));
    if (step.do === "fault") this.observe({ kind: "fault", reason: step.reason });
    if (step.do === "week") this.minuteOfWeek = step.minuteOfWeek;
    if (step.do === "confirm") {
      this.state = freezeDeep(recordConfirmation(this.state, this.nowMs));
      this.record.push({ kind: "confirmation", atMs: this.nowMs });
    }
    if (step.do === "actuate") this.actuate(step.grantsBack);
    if (step.do === "lockdown") {
      this.state = freezeDeep(setLockdown(this.state, step.on));
      this.record.push({ kind: "lockdown", on: step.on });
    }
    if (step.do === "enrolment") {
      this.state = freezeDeep(setEnrolling(this.state, step.on));
      this.record.push({ kind: "enrolment", on: step.on });
    }
    if (step.do === "tamper") {
      this.state = freezeDeep(setTamper(this.state, step.on ? "tampered" : null));
      this.record.push({ kind: "tamper", on: step.on });
    }
    if (step.do === "facesOff") {
      this.state = freezeDeep(setFacesOff(this.state, step.on));
      this.record.push({ kind: "facesOff", on: step.on });
    }
    if (step.do === "endPulse" && this.state.pulseSinceMs !== null) {
      this.state = freezeDeep(recordPulseEnd(this.state, this.nowMs));
      this.record.push({ kind: "pulseEnd", atMs: this.nowMs });
    }
    this.checkState();
  }

  frameOf(step: Extract<Step, { do: "frame" }>): FrameObservation {
    this.seq += step.seqStep;
    const digest = (step.repeats > 0 ? this.digests.at(-step.repeats) : undefined) ?? `new ${this.digests.length}`;
    this.digests.push(digest);
    const face = faces[step.who];
    const moved = { ...box, leftPx: box.leftPx + 30 * step.place };
    return {
      kind: "frame",
      seq: this.seq,
      capturedAtMs: this.nowMs - step.ageMs,
      digest,
      face: face === null ? null : { ...face, box: moved },
      otherFacesNear: step.others,
    };
  }

  observe(observation: Observation): void {
    freezeDeep(observation);
    const [state, decision] = decide(this.state, observation, this.now, this.policy);
    const again = decide(this.state, observation, this.now, this.policy);
    assert.equal(JSON.stringify(again), JSON.stringify([state, decision]), "decide is deterministic");
    this.state = freezeDeep(state);
    this.record.push({ kind: "observation", observation, now: this.now, decision });
    const expected = earnsUnlock(this.record, this.now, this.policy);
    assert.equal(decision.kind, expected ? "unlock" : "refuse", "the oracle agrees");
    if (decision.kind === "refuse") assert.ok(decision.reason in refusalReasons, decision.reason);
    if (decision.kind === "refuse") return;
    this.unlocks++;
    this.grants.push(decision.grant);
    assert.equal(decision.grant.presenceId, decision.presence?.id);
  }

  actuate(grantsBack: number): void {
    const grant = this.grants.at(-grantsBack);
    if (grant === undefined) return;
    const reason = recheck(this.state, grant, this.now, this.policy);
    if (reason !== null) {
      assert.ok(reason in refusalReasons, reason);
      return;
    }
    const pulses = this.record.filter((entry) => entry.kind === "actuation" || entry.kind === "pulseEnd");
    const last = pulses.at(-1);
    assert.notEqual(last?.kind, "actuation", "never two pulses at once");
    assert.ok(last === undefined || !("atMs" in last) || this.nowMs - last.atMs >= this.policy.cooldownMs);
    assert.ok(!isBlocked(this.record, this.now, this.policy), "nothing blocks the lock");
    assert.ok(earnsUnlock(this.record, this.now, this.policy), "the evidence still stands");
    assert.ok(this.nowMs - grant.newestFrameAtMs <= this.policy.frameAgeMaxMs, "the grant is young");
    assert.ok(
      grant.decidedAtMs > (last !== undefined && "atMs" in last ? last.atMs : -1) || this.policy.cooldownMs === 0,
    );
    assert.equal(this.state.presence?.id, grant.presenceId, "the same person is there");
    this.actuations++;
    this.state = freezeDeep(recordActuation(this.state, this.nowMs));
    this.record.push({ kind: "actuation", atMs: this.nowMs });
  }

  checkState(): void {
    const { state, policy } = this;
    const text = JSON.stringify(state);
    assert.deepEqual(JSON.parse(text), state, "the state is plain JSON");
    assert.ok(state.recentDigests.length <= policy.framesWindow);
    assert.ok((state.presence?.evidence.length ?? 0) <= policy.framesWindow);
    assert.ok(state.nearMissesAtMs.length < policy.lockout.nearMissesMax);
    assert.ok(text.length < 1000 + 100 * policy.framesWindow);
  }
}

describe("the decision over random histories", () => {
  it("unlocks exactly when the oracle does, acts only on standing evidence, one pulse at a time", () => {
    let unlocks = 0;
    let actuations = 0;
    let runs = 0;
    fc.assert(
      fc.property(policyArbitrary, historyArbitrary, (policy, steps) => {
        const replay = new Replay(policy);
        for (const step of steps) replay.play(step);
        unlocks += replay.unlocks;
        actuations += replay.actuations;
        runs++;
      }),
      { numRuns: 8000 },
    );
    assert.ok(
      unlocks > runs && actuations > runs / 20,
      `${unlocks} unlocks and ${actuations} actuations in ${runs} runs`,
    );
  });

  it("always opens for an owner who stands still before a sound camera", () => {
    fc.assert(
      fc.property(policyArbitrary, historyArbitrary, (given, steps) => {
        const policy = { ...given, ...noFurtherStep, schedule: given.schedule ?? [] };
        fc.pre(policy.framesNeeded <= policy.framesWindow);
        const replay = new Replay(policy);
        for (const step of steps) replay.play(step);
        const calm: Step[] = [
          { do: "lockdown", on: false },
          { do: "enrolment", on: false },
          { do: "tamper", on: false },
          { do: "facesOff", on: false },
          { do: "week", minuteOfWeek: 5 },
          { do: "endPulse", waitMs: 200_000 },
          // The first ends what was in view, which may start a lockout; after the second that is over, too.
          { do: "fault", waitMs: 200_000, reason: "camera_fault" },
          { do: "fault", waitMs: 200_000, reason: "camera_fault" },
        ];
        for (const step of calm) replay.play(step);
        const before = replay.unlocks;
        const seqStep = 1 + Math.abs(replay.seq) + 100;
        replay.play({ do: "frame", waitMs: 100, ageMs: 10, seqStep, repeats: 0, who: "owner", place: 0, others: 0 });
        for (let i = 1; i < policy.framesNeeded; i++) {
          replay.play({
            do: "frame",
            waitMs: 100,
            ageMs: 10,
            seqStep: 1,
            repeats: 0,
            who: "owner",
            place: 0,
            others: 0,
          });
        }
        assert.equal(replay.unlocks, before + 1);
      }),
      { numRuns: 1000 },
    );
  });

  it("starts and lengthens lockouts as a plain count of the visits says", () => {
    const visits = fc.array(
      fc.record({
        who: fc.constantFrom(
          "lookAlike" as const,
          "lookAlike" as const,
          "lookAlike" as const,
          "stranger" as const,
          "owner" as const,
        ),
        waitMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 90_000 })),
      }),
      { maxLength: 40 },
    );
    let lockouts = 0;
    fc.assert(
      fc.property(policyArbitrary, visits, (given, steps) => {
        const policy = {
          ...given,
          ...noFurtherStep,
          framesNeeded: 1,
          schedule: [],
          cooldownMs: 0,
          lockout: { ...given.lockout, attemptMs: 5000 },
        };
        const { nearMissesMax, windowMs, firstMs, maxMs } = policy.lockout;
        const replay = new Replay(policy);
        const see = (who: "lookAlike" | "stranger" | "owner" | "nobody") =>
          replay.play({ do: "frame", waitMs: 100, ageMs: 10, seqStep: 1, repeats: 0, who, place: 0, others: 0 });
        let misses: number[] = [];
        let level = 0;
        let untilMs = Number.NEGATIVE_INFINITY;
        for (const { who, waitMs } of steps) {
          replay.nowMs += waitMs + policy.presenceGapMaxMs;
          see("nobody");
          see(who);
          const free = replay.nowMs >= untilMs;
          if (who === "owner" && free) {
            replay.play({ do: "actuate", waitMs: 0, grantsBack: 1 });
            replay.play({ do: "endPulse", waitMs: 0 });
            misses = [];
            level = 0;
            untilMs = Number.NEGATIVE_INFINITY;
          }
          replay.nowMs += policy.presenceGapMaxMs;
          see("nobody");
          if (who !== "lookAlike" || !free) continue;
          misses = [...misses.filter((atMs) => replay.nowMs - atMs <= windowMs), replay.nowMs];
          if (misses.length < nearMissesMax) {
            assert.equal(replay.state.lockoutUntilMs ?? Number.NEGATIVE_INFINITY, untilMs);
            continue;
          }
          level = replay.nowMs - untilMs > windowMs ? 1 : level + 1;
          untilMs = replay.nowMs + Math.min(maxMs, firstMs * 2 ** (level - 1));
          misses = [];
          lockouts++;
          assert.equal(replay.state.lockoutUntilMs, untilMs);
        }
      }),
      { numRuns: 1000 },
    );
    assert.ok(lockouts > 100, `${lockouts} lockouts`);
  });
});
