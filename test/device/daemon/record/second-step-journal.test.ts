// The record of the second step: what counts and what was refused, and never so much of it that a flood fills the store.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import { SecondStepJournal } from "../../../../device/daemon/record/second-step-journal.ts";
import { type NewEvent, newEventSchema } from "../../../../device/events/events.ts";
import type { SecondStep, StepRefusal } from "../../../../device/second-step/second-step.ts";

/** A step that is done at the test's word. */
class PlayedStep implements SecondStep {
  confirm: () => boolean = () => false;
  refuse: (reason: StepRefusal) => void = () => {};

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  status() {
    return { adapter: "PIN", fault: null, confirmations: 0 };
  }

  onConfirmed(listener: () => boolean): void {
    this.confirm = listener;
  }

  onRefused(listener: (reason: StepRefusal) => void): void {
    this.refuse = listener;
  }
}

class Followed {
  readonly step = new PlayedStep();
  readonly events: NewEvent[] = [];
  nowMs = 42;
  inView = true;

  constructor() {
    const journal = new SecondStepJournal(
      (event) => this.events.push(event),
      () => this.nowMs,
    );
    journal.follow(this.step, () => this.inView);
  }

  get types(): string[] {
    return this.events.map(({ type, reason }) => (reason === null ? type : `${type} ${reason}`));
  }
}

describe("the second step", () => {
  it("is recorded where it counts, and its refusals with their reasons", () => {
    const followed = new Followed();
    assert.equal(followed.step.confirm(), true);
    followed.inView = false;
    assert.equal(followed.step.confirm(), false);
    followed.step.refuse("pin_wrong");
    followed.step.refuse("pin_wait");
    assert.deepEqual(followed.types, [
      "second_step.confirmed",
      "second_step.refused pin_wrong",
      "second_step.refused pin_wait",
    ]);
    assert.deepEqual(followed.events[0], {
      type: "second_step.confirmed",
      monotonicMs: 42,
      reason: null,
      message: "Confirmed by the second step (PIN).",
      data: {},
    });
  });

  it("that is tried in a flood is recorded ten times a minute, and then how often it was not", () => {
    const followed = new Followed();
    for (let i = 0; i < 500; i++) followed.step.refuse("pin_wait");
    assert.equal(followed.events.length, 10);
    followed.step.confirm();
    assert.equal(followed.types.at(-1), "second_step.confirmed");
    followed.nowMs += 60_000;
    followed.step.refuse("pin_wrong");
    followed.step.refuse("pin_wrong");
    assert.deepEqual(
      followed.events.slice(-2).map(({ data }) => data),
      [{ unrecorded: 490 }, {}],
    );
  });

  it("is never recorded more often, every event fits its schema, and none is lost from the count", () => {
    const act = fc.constantFrom("confirm" as const, "pin_wrong" as const, "pin_wait" as const);
    fc.assert(
      fc.property(fc.array(fc.tuple(act, fc.integer({ min: 0, max: 9_000 })), { maxLength: 300 }), (acts) => {
        const followed = new Followed();
        const done = { "second_step.confirmed": 0, "second_step.refused": 0 };
        for (const [what, afterMs] of acts) {
          followed.nowMs += afterMs;
          if (what === "confirm") followed.step.confirm();
          else followed.step.refuse(what);
          done[what === "confirm" ? "second_step.confirmed" : "second_step.refused"]++;
        }
        followed.nowMs += 60_000;
        followed.step.confirm();
        followed.step.refuse("pin_wrong");
        for (const event of followed.events) assert.ok(Check(newEventSchema, event));
        for (const [type, count] of Object.entries(done)) {
          const events = followed.events.filter((event) => event.type === type);
          const told = events.reduce((sum, { data }) => sum + 1 + Number(data["unrecorded"] ?? 0), 0);
          assert.equal(told, count + 1);
          for (const { monotonicMs } of events) {
            const afterMs = events.map((other) => other.monotonicMs - monotonicMs);
            const within = afterMs.filter((ms) => ms >= 0 && ms < 60_000);
            assert.ok(within.length <= 20, String(within.length));
          }
        }
      }),
    );
  });
});
