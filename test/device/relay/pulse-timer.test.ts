import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { PulseTimer, retryMs } from "../../../device/relay/pulse-timer.ts";
import type { RelayLimits } from "../../../device/relay/relay.ts";
import { FakeClock } from "./fake-clock.ts";

const limits: RelayLimits = { pulseMs: 100, pulseMaxMs: 200, gapMinMs: 50 };

type Outcome = "ok" | "fails" | "fails after driving the line";

/** A line whose writes have outcomes in a given order, and are all fine after that. */
class Line {
  readonly #clock: FakeClock;
  readonly outcomes: Outcome[] = [];
  readonly periods: { startMs: number; endMs: number | null; failedEnds: number }[] = [];
  writes = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get active(): boolean {
    return this.periods.at(-1)?.endMs === null;
  }

  write = (level: 0 | 1): void => {
    this.writes++;
    const outcome = this.outcomes.shift() ?? "ok";
    if (outcome !== "fails") this.#drive(level);
    const last = this.periods.at(-1);
    if (outcome !== "ok" && level === 0 && last !== undefined && this.active) last.failedEnds++;
    if (outcome !== "ok") throw new Error("the line is broken");
  };

  #drive(level: 0 | 1): void {
    const nowMs = this.#clock.nowMs();
    if (level === 1) {
      assert.ok(!this.active, "a pulse began during another one");
      this.periods.push({ startMs: nowMs, endMs: null, failedEnds: 0 });
    } else if (this.active) {
      this.periods.at(-1)!.endMs = nowMs;
    }
  }
}

function rig(limitsHere: RelayLimits = limits): { clock: FakeClock; line: Line; timer: PulseTimer } {
  const clock = new FakeClock();
  return { clock, line: new Line(clock), timer: new PulseTimer("a test's line", limitsHere, clock) };
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof FacelatchError && error.code === code;
}

test("however calls and failures fall, pulses never overlap, never last too long, and the line ends inactive", async () => {
  const command = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: "pulse" } as const) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.integer({ min: 0, max: 250 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("break" as const),
        outcomes: fc.array(fc.constantFrom<Outcome>("ok", "fails", "fails after driving the line"), { maxLength: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "restart" } as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const { clock, line, timer } = rig();
      timer.start(line.write);
      const pulses: Promise<void>[] = [];
      for (const step of commands) {
        if (step.kind === "advance") await clock.advance(step.ms);
        else if (step.kind === "break") line.outcomes.push(...step.outcomes);
        else if (step.kind === "pulse") pulses.push(timer.pulse());
        else {
          line.outcomes.length = 0;
          await timer.stop();
          timer.start(line.write);
        }
      }
      const outcomes = Promise.allSettled(pulses);
      await clock.advance(10_000);
      for (const outcome of await outcomes) {
        if (outcome.status === "rejected") assert.ok(outcome.reason instanceof FacelatchError, outcome.reason);
      }
      assert.ok(!line.active && !timer.status.active);
      let endedAtMs = Number.NEGATIVE_INFINITY;
      for (const { startMs, endMs, failedEnds } of line.periods) {
        // A line that does not take the inactive level cannot be helped; it is tried again every `retryMs`.
        assert.ok(endMs !== null && endMs - startMs <= limits.pulseMs + failedEnds * retryMs);
        assert.ok(startMs - endedAtMs >= limits.gapMinMs);
        endedAtMs = endMs;
      }
    }),
    { numRuns: 300 },
  );
});

test("a pulse beyond the hard maximum, or of no length, is refused and drives nothing", async () => {
  for (const pulseMs of [201, 0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const { line, timer } = rig({ ...limits, pulseMs });
    timer.start(line.write);
    await assert.rejects(timer.pulse(), hasCode("RELAY_REFUSED"));
    assert.deepEqual(line.periods, []);
  }
});

test("an active level that cannot be written is taken back at once", async () => {
  const { line, timer } = rig();
  timer.start(line.write);
  line.outcomes.push("fails after driving the line");
  await assert.rejects(timer.pulse(), hasCode("RELAY_UNAVAILABLE"));
  assert.equal(line.active, false);
  assert.deepEqual(timer.status, {
    active: false,
    pulses: 0,
    fault: { code: "RELAY_UNAVAILABLE", message: "the line is broken" },
  });
});

test("a line that stays active is reported at once, tried until it obeys, and refuses pulses until then", async () => {
  const { clock, line, timer } = rig();
  timer.start(line.write);
  const pulse = timer.pulse();
  line.outcomes.push("fails", "fails", "fails");
  const rejected = assert.rejects(pulse, hasCode("RELAY_UNAVAILABLE"));
  await clock.advance(100);
  await rejected;
  assert.equal(timer.status.active, true);
  await clock.advance(retryMs);
  await assert.rejects(timer.pulse(), hasCode("RELAY_REFUSED"));
  await clock.advance(2 * retryMs);
  assert.equal(line.active, false);
  assert.equal(timer.status.active, false);
  assert.equal(timer.status.fault?.code, "RELAY_UNAVAILABLE");
  await clock.advance(50);
  const next = timer.pulse();
  assert.equal(timer.status.fault, null);
  await clock.advance(100);
  await next;
});

test("a stop tries to drive the line inactive for a while, then says that it could not", async () => {
  const { clock, line, timer } = rig();
  timer.start(line.write);
  const pulse = timer.pulse();
  line.outcomes.push(...new Array<Outcome>(3).fill("fails"));
  const stopped = timer.stop();
  await clock.advance(3 * retryMs);
  await stopped;
  await pulse;
  assert.equal(line.active, false);

  timer.start(line.write);
  await clock.advance(50);
  const second = assert.rejects(timer.pulse(), hasCode("RELAY_UNAVAILABLE"));
  line.outcomes.push(...new Array<Outcome>(1_000).fill("fails"));
  const failed = assert.rejects(timer.stop(), hasCode("RELAY_UNAVAILABLE"));
  await clock.advance(2_000);
  await failed;
  await second;
  assert.equal(timer.status.active, true);
});

test("a line that cannot be driven inactive at the start is not taken", async () => {
  const { line, timer } = rig();
  line.outcomes.push("fails");
  assert.throws(() => timer.start(line.write), hasCode("RELAY_UNAVAILABLE"));
  assert.equal(timer.started, false);
  await assert.rejects(timer.pulse(), hasCode("RELAY_UNAVAILABLE"));
});

test("on the real clock, a pulse lasts about as long as it should", async () => {
  const levels: [level: number, atMs: number][] = [];
  const timer = new PulseTimer("a test's line", { ...limits, pulseMs: 30 });
  timer.start((level) => levels.push([level, performance.now()]));
  await timer.pulse();
  await timer.stop();
  assert.deepEqual(
    levels.map(([level]) => level),
    [0, 1, 0, 0],
  );
  const lengthMs = levels[2]![1] - levels[1]![1];
  assert.ok(lengthMs >= 28 && lengthMs < 2_000, `${lengthMs} ms`);
});
