// Presses of a button: only a clean, short one that began after the line was at rest confirms, whatever the line does.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { PressDetector } from "../../../device/second-step/press-detector.ts";
import { FakeClock } from "../relay/fake-clock.ts";

const limits = { debounceMs: 30, heldMaxMs: 3_000 };

class Button {
  readonly clock = new FakeClock();
  readonly detector: PressDetector;
  level: 0 | 1 | null = 0;
  readonly pressesAtMs: number[] = [];

  constructor() {
    this.detector = new PressDetector({
      limits,
      clock: this.clock,
      readLevel: () => this.level,
      onPress: () => this.pressesAtMs.push(this.clock.nowMs()),
    });
  }

  async rested(): Promise<this> {
    this.detector.start();
    await this.clock.advance(limits.debounceMs);
    return this;
  }

  async set(level: 0 | 1, forMs: number): Promise<void> {
    if (this.level !== level) {
      this.level = level;
      this.detector.edge();
    }
    await this.clock.advance(forMs);
  }

  async press(forMs: number): Promise<void> {
    await this.set(1, forMs);
    await this.set(0, limits.debounceMs);
  }
}

describe("a press", () => {
  it("confirms at its end, once the line is at rest", async () => {
    const button = await new Button().rested();
    const startMs = button.clock.nowMs();
    await button.press(200);
    assert.deepEqual(button.pressesAtMs, [startMs + 200 + limits.debounceMs]);
  });

  it("confirms once, however its contacts bounce", async () => {
    const button = await new Button().rested();
    for (const level of [1, 0, 1, 0] as const) await button.set(level, 5);
    await button.set(1, 200);
    for (const level of [0, 1, 0, 1] as const) await button.set(level, 5);
    await button.set(0, 5_000);
    assert.equal(button.pressesAtMs.length, 1);
    assert.equal(button.detector.fault, null);
  });

  it("that is shorter than the debounce is none", async () => {
    const button = await new Button().rested();
    await button.press(limits.debounceMs - 1);
    await button.clock.advance(5_000);
    assert.deepEqual(button.pressesAtMs, []);
  });

  it("of just the longest time confirms, and a longer one is a fault until the line is at rest", async () => {
    const button = await new Button().rested();
    await button.press(limits.heldMaxMs);
    assert.equal(button.pressesAtMs.length, 1);
    await button.set(1, limits.heldMaxMs + limits.debounceMs + 1);
    assert.match(String(button.detector.fault), /active for more than 3000 ms/);
    await button.set(1, 60_000);
    await button.set(0, limits.debounceMs);
    assert.equal(button.detector.fault, null);
    assert.equal(button.pressesAtMs.length, 1);
    await button.press(100);
    assert.equal(button.pressesAtMs.length, 2);
  });

  it("that was held too long confirms nothing, also when the process was held up and noticed late", async () => {
    const button = await new Button().rested();
    await button.set(1, limits.debounceMs);
    // The timer of the limit and the edge of the release come in this order when a busy loop gets to them.
    button.clock.skip(limits.heldMaxMs * 2);
    await button.set(0, limits.debounceMs);
    await button.clock.advance(5_000);
    assert.deepEqual(button.pressesAtMs, []);
  });
});

describe("a line", () => {
  it("that is active at the start is a fault and confirms nothing, until it was at rest", async () => {
    const button = new Button();
    button.level = 1;
    button.detector.start();
    assert.match(String(button.detector.fault), /active at the start/);
    await button.clock.advance(10_000);
    assert.match(String(button.detector.fault), /active at the start/);
    await button.set(0, limits.debounceMs);
    assert.deepEqual([button.detector.fault, button.pressesAtMs], [null, []]);
    await button.press(100);
    assert.equal(button.pressesAtMs.length, 1);
  });

  it("that becomes active before it was seen at rest is the same", async () => {
    const button = new Button();
    button.detector.start();
    await button.clock.advance(limits.debounceMs - 1);
    await button.press(500);
    assert.deepEqual(button.pressesAtMs, []);
    const stuck = new Button();
    stuck.detector.start();
    await stuck.set(1, limits.debounceMs);
    assert.match(String(stuck.detector.fault), /active at the start/);
  });

  it("that never comes to rest, as one without a pull-up, is a fault and confirms nothing", async () => {
    const button = await new Button().rested();
    for (let i = 0; i < 200; i++) await button.set(i % 2 === 0 ? 1 : 0, 20);
    assert.match(String(button.detector.fault), /does not come to rest/);
    await button.set(0, limits.debounceMs);
    assert.deepEqual([button.detector.fault, button.pressesAtMs], [null, []]);
  });

  it("whose edge was lost is looked at all the same", async () => {
    const button = await new Button().rested();
    button.level = 1;
    await button.clock.advance(1_500);
    button.level = 0;
    await button.clock.advance(1_500);
    assert.equal(button.pressesAtMs.length, 1);
  });

  it("that cannot be read confirms nothing", async () => {
    const button = await new Button().rested();
    await button.set(1, 100);
    button.level = null;
    button.detector.edge();
    await button.clock.advance(2_000);
    assert.deepEqual(button.pressesAtMs, []);
  });
});

describe("any history of levels", () => {
  it("confirms exactly the presses that are clean, short enough and begin at rest", async () => {
    const level = fc.constantFrom<0 | 1>(0, 1);
    const stay = fc.oneof(
      fc.integer({ min: 1, max: 29 }),
      fc.integer({ min: 30, max: 2_999 }),
      fc.integer({ min: 3_031, max: 9_000 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(level, stay), { maxLength: 25 }), async (history) => {
        const button = await new Button().rested();
        for (const [value, forMs] of history) await button.set(value, forMs);
        await button.set(0, 10_000);
        assert.equal(button.pressesAtMs.length, expectedPresses(history));
        assert.equal(button.detector.fault, null);
      }),
      { numRuns: 300 },
    );
  });
});

/** The same, seen from behind: levels that stay are found first, and presses counted among them. */
function expectedPresses(history: readonly (readonly [0 | 1, number])[]): number {
  const runs: { level: 0 | 1; startMs: number; lengthMs: number }[] = [{ level: 0, startMs: -30, lengthMs: 30 }];
  let nowMs = 0;
  for (const [level, forMs] of [...history, [0, 10_000] as const]) {
    const last = runs.at(-1)!;
    if (last.level === level) last.lengthMs += forMs;
    else runs.push({ level, startMs: nowMs, lengthMs: forMs });
    nowMs += forMs;
  }
  let presses = 0;
  let pressedAtMs: number | null = null;
  let isFree = true;
  let unsettledAtMs: number | null = null;
  for (const { level, startMs, lengthMs } of runs) {
    unsettledAtMs ??= startMs;
    if (startMs - unsettledAtMs > limits.heldMaxMs) [isFree, pressedAtMs] = [false, null];
    if (lengthMs < limits.debounceMs) continue;
    if (level === 1 && isFree && pressedAtMs === null) pressedAtMs = unsettledAtMs;
    if (level === 0) {
      if (pressedAtMs !== null && isFree && unsettledAtMs - pressedAtMs <= limits.heldMaxMs) presses++;
      [isFree, pressedAtMs] = [true, null];
    }
    unsettledAtMs = null;
  }
  return presses;
}
