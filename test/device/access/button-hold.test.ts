// Holds of the button: only one counts that began at rest, was watched all the time, and was neither too short nor too long.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type ButtonInput, type ButtonState, faultOf, stepButton, unread } from "../../../device/access/button-hold.ts";
import { holdLimits } from "../../../device/access/pairing-button.ts";

const { holdMinMs, holdMaxMs, unrestMaxMs, unseenMaxMs } = holdLimits;
const lookMs = 250;

class Line {
  nowMs = 5_000;
  state: ButtonState = unread;
  holds = 0;

  step(input: ButtonInput): this {
    const [state, hold] = stepButton(this.state, input, this.nowMs, holdLimits);
    this.state = state;
    if (hold !== null) this.holds++;
    return this;
  }

  settle(level: 0 | 1): this {
    return this.step({ type: "settled", level, sinceMs: this.nowMs });
  }

  /** Time in which the line is looked at as often as the daemon looks. */
  watch(durationMs: number, level: 0 | 1 = 1): this {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs + lookMs < endMs) {
      this.nowMs += lookMs;
      this.step({ type: "look", level });
    }
    this.nowMs = endMs;
    return this;
  }

  rested(): this {
    return this.step({ type: "taken" }).settle(0);
  }
}

describe("a hold", () => {
  it("counts at its end, from three to ten seconds", () => {
    for (const [heldMs, counts] of [
      [holdMinMs - 1, 0],
      [holdMinMs, 1],
      [holdMaxMs, 1],
      [holdMaxMs + 1, 0],
    ] as const) {
      const line = new Line().rested().settle(1).watch(heldMs);
      assert.equal(line.holds, 0, "not before it is let go");
      assert.equal(line.settle(0).holds, counts, `${heldMs} ms`);
      assert.equal(line.state.kind, "rest");
    }
  });

  it("counts once, whatever is told of it twice", () => {
    const line = new Line().rested().settle(1).watch(2_000).settle(1).watch(2_000).settle(0).settle(0);
    assert.equal(line.holds, 1);
  });

  it("of a line that is active at the start counts for nothing, until it was at rest", () => {
    const line = new Line().step({ type: "taken" }).settle(1).watch(4_000);
    assert.match(faultOf(line.state)!, /before it was at rest/);
    line.settle(0);
    assert.deepEqual([line.holds, faultOf(line.state)], [0, null]);
    assert.equal(line.settle(1).watch(4_000).settle(0).holds, 1);
  });

  it("of a line that is stuck counts for nothing, and is a fault until it is at rest", () => {
    const line = new Line().rested().settle(1).watch(60_000);
    assert.match(faultOf(line.state)!, /more than 10000 ms/);
    assert.equal(line.settle(0).holds, 0);
    assert.equal(faultOf(line.state), null);
  });

  it("in which nobody watched counts for nothing: two short presses are none that is long", () => {
    const line = new Line().rested().settle(1).watch(500);
    line.nowMs += unseenMaxMs + lookMs + 1;
    line.step({ type: "look", level: 1 });
    assert.match(faultOf(line.state)!, /not watched/);
    assert.equal(line.watch(4_000).settle(0).holds, 0);
    const late = new Line().rested().settle(1).watch(500);
    late.nowMs += 4_000;
    assert.equal(late.settle(0).holds, 0);
  });

  it("of a line that never rests, or is lost, counts for nothing", () => {
    const line = new Line().rested().settle(1).watch(2_000);
    const sinceMs = line.nowMs;
    line.watch(unrestMaxMs + 1).step({ type: "unrest", sinceMs });
    assert.match(faultOf(line.state)!, /does not come to rest/);
    assert.equal(line.settle(0).holds, 0);
    const lost = new Line().rested().settle(1).watch(2_000).step({ type: "lost" }).settle(1).watch(2_000).settle(0);
    assert.deepEqual([lost.holds, lost.state.kind], [0, "unread"]);
    lost.step({ type: "taken" }).settle(1).watch(4_000);
    assert.equal(lost.settle(0).holds, 0, "one that began before the line could be read again");
  });
});

describe("any history of a line", () => {
  it("has no hold without a rest before it, and a level that was active and watched from three to ten seconds", () => {
    const inputs = fc.array(fc.oneof(noise, press), { maxLength: 12 }).map((parts) => parts.flat());
    let counted = 0;
    fc.assert(
      fc.property(inputs, (history) => {
        const line = new Line().rested();
        const told: { readonly input: string; readonly atMs: number }[] = [{ input: "settled 0", atMs: line.nowMs }];
        for (const [input, afterMs] of history) {
          line.nowMs += afterMs;
          const before = line.holds;
          if (input.startsWith("settled")) line.settle(input.endsWith("1") ? 1 : 0);
          else if (input.startsWith("look")) line.step({ type: "look", level: input.endsWith("1") ? 1 : 0 });
          else if (input === "unrest") line.step({ type: "unrest", sinceMs: line.nowMs - unrestMaxMs - 1 });
          else line.step({ type: input as "taken" | "lost" });
          if (line.holds > before) {
            counted++;
            assert.equal(input, "settled 0");
            const lastRest = told.findLastIndex((each) => each.input === "settled 0");
            const since = told.slice(lastRest + 1);
            assert.ok(lastRest >= 0 && since.every((each) => !["taken", "lost", "unrest"].includes(each.input)));
            const first = since.find((each) => each.input === "settled 1")!;
            const heldMs = line.nowMs - first.atMs;
            assert.ok(heldMs >= holdMinMs && heldMs <= holdMaxMs, `${heldMs} ms`);
            const active = since.filter((each) => each.input.endsWith("1") && each.atMs >= first.atMs);
            const seenAtMs = [...active.map((each) => each.atMs), line.nowMs];
            for (let i = 1; i < seenAtMs.length; i++) assert.ok(seenAtMs[i]! - seenAtMs[i - 1]! <= unseenMaxMs);
          }
          told.push({ input, atMs: line.nowMs });
        }
      }),
      { numRuns: 2_000 },
    );
    assert.ok(counted > 500, `${counted} holds`);
  });
});

type Told = readonly [input: string, afterMs: number];

const noise: fc.Arbitrary<Told[]> = fc
  .tuple(
    fc.constantFrom("settled 0", "settled 1", "look 1", "look 0", "taken", "lost", "unrest"),
    fc.integer({ min: 0, max: 12_000 }),
  )
  .map((told) => [told]);

/** Like one that counts, but for its length, and for how often the line is looked at. */
const press: fc.Arbitrary<Told[]> = fc
  .tuple(fc.integer({ min: 0, max: 25 }), fc.integer({ min: 200, max: unseenMaxMs + 20 }))
  .map(([looks, everyMs]) => [
    ["settled 1", 100],
    ...Array.from({ length: looks }, (): Told => ["look 1", everyMs]),
    ["settled 0", everyMs],
  ]);
