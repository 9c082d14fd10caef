// The door's state: what each input makes of it, and what holds after any inputs in any order.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type InputName, inputNames } from "../../../device/door-io/door-io.ts";
import {
  type DoorInput,
  type DoorNotice,
  type DoorPolicy,
  type DoorState,
  dueAtMs,
  initialDoorState,
  statusOf,
  stepDoor,
  tamperBlockOf,
  verdictMs,
} from "../../../device/door-io/door-state.ts";

const policy: DoorPolicy = {
  inputs: inputNames,
  openGraceMs: 5_000,
  heldOpenMaxMs: 60_000,
  boltReturnMaxMs: 10_000,
};

/** A door whose time passes as it is told: what is due in between is stepped at its time. */
class PlayedDoor {
  readonly policy: DoorPolicy;
  state: DoorState = initialDoorState();
  nowMs = 1_000;
  readonly notices: DoorNotice[] = [];

  constructor(changes: Partial<DoorPolicy> = {}) {
    this.policy = { ...policy, ...changes };
    for (const line of this.policy.inputs) this.read(line, false);
  }

  step(input: DoorInput): void {
    const [state, notices] = stepDoor(this.state, input, this.nowMs, this.policy);
    this.state = state;
    this.notices.push(...notices);
  }

  read(line: (typeof inputNames)[number], active: boolean | null): this {
    this.step({ type: "reading", line, active, sinceMs: this.nowMs });
    return this;
  }

  pulse(active: boolean): this {
    this.step({ type: "pulse", active });
    return this;
  }

  pass(durationMs: number): this {
    const endMs = this.nowMs + durationMs;
    for (let dueMs = dueAtMs(this.state, this.policy); dueMs !== null && dueMs <= endMs; ) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.step({ type: "time" });
      const nextMs = dueAtMs(this.state, this.policy);
      assert.ok(nextMs === null || nextMs > this.nowMs, "what was due is done");
      dueMs = nextMs;
    }
    this.nowMs = endMs;
    return this;
  }

  /** The notices since the last call: type, and reason or way. */
  told(): string[] {
    return this.notices.splice(0).map(({ type, reason, data }) => {
      const detail = reason ?? data["way"] ?? null;
      return detail === null ? type : `${type} ${detail}`;
    });
  }

  get status() {
    return statusOf(this.state, this.nowMs, this.policy);
  }
}

describe("an opening", () => {
  it("in a pulse, and within the grace after it, is the pulse's", () => {
    const door = new PlayedDoor();
    door.pulse(true).pass(500).read("contact", true).pass(1_000).read("contact", false);
    assert.deepEqual(door.told(), ["door.opened pulse", "door.closed"]);
    door.pulse(false).pass(5_000).read("contact", true).pass(1_000);
    assert.deepEqual(door.told(), ["door.opened pulse"]);
    assert.equal(door.status.forced, false);
  });

  it("while the exit button is pressed, and within the grace after it, is the button's", () => {
    const door = new PlayedDoor();
    door.read("exitButton", true).pass(30_000).read("contact", true).read("contact", false).read("exitButton", false);
    assert.deepEqual(door.told(), ["door.exit_pressed", "door.opened exit_button", "door.closed"]);
    door.pass(5_000).read("contact", true).pass(verdictMs);
    assert.deepEqual(door.told(), ["door.opened exit_button"]);
  });

  it("after the grace, or without either, was forced until the door is closed", () => {
    const door = new PlayedDoor();
    door.pulse(true).pulse(false).pass(5_001).read("contact", true);
    assert.deepEqual(door.told(), []);
    door.pass(verdictMs);
    assert.deepEqual([door.told(), door.status.forced, door.status.contact], [["door.forced"], true, "open"]);
    door.read("contact", false);
    assert.deepEqual([door.told(), door.status.forced, door.status.openMs], [["door.closed forced"], false, null]);
  });

  it("that is over within a moment was forced all the same", () => {
    const door = new PlayedDoor();
    door
      .read("contact", true)
      .pass(verdictMs / 2)
      .read("contact", false);
    assert.deepEqual(door.told(), ["door.forced", "door.closed forced"]);
  });

  it("is excused by a pulse, or a button, that is told a moment later", () => {
    for (const excuse of [
      (door: PlayedDoor) => door.pulse(true),
      (door: PlayedDoor) => door.read("exitButton", true),
    ]) {
      const door = new PlayedDoor();
      excuse(door.read("contact", true).pass(verdictMs - 1));
      door.pass(60_000);
      assert.ok(door.told().some((told) => told.startsWith("door.opened")));
      assert.equal(door.status.forced, false);
    }
  });

  it("of before the start is nobody's", () => {
    const door = new PlayedDoor({ inputs: [] });
    door.step({ type: "reading", line: "contact", active: true, sinceMs: 1_000 });
    door.pass(10_000);
    assert.deepEqual([door.told(), door.status.forced], [[], false]);
  });

  it("while the contact could not be read counts from when it was last known to be closed", () => {
    const excused = new PlayedDoor();
    excused
      .read("contact", null)
      .pass(1_000)
      .pulse(true)
      .pulse(false)
      .pass(60_000)
      .read("contact", true)
      .pass(verdictMs);
    assert.deepEqual(excused.told(), ["door.opened pulse"]);
    const forced = new PlayedDoor();
    forced.pulse(true).pulse(false).pass(6_000).read("contact", null).pass(1_000).read("contact", true).pass(verdictMs);
    assert.deepEqual(forced.told(), ["door.forced"]);
  });
});

describe("a door that is open", () => {
  it("for longer than allowed is held open, once, until it is closed", () => {
    const door = new PlayedDoor();
    door.pulse(true).read("contact", true).pulse(false).pass(60_000);
    assert.deepEqual([door.told(), door.status.heldOpen], [["door.opened pulse"], false]);
    door.pass(1);
    assert.deepEqual([door.told(), door.status.heldOpen], [["door.held_open"], true]);
    door.pass(600_000).read("contact", false);
    assert.deepEqual([door.told(), door.status.heldOpen], [["door.closed held_open"], false]);
  });

  it("is not held open where nobody asks, or while nobody can tell", () => {
    const unasked = new PlayedDoor({ heldOpenMaxMs: 0 });
    unasked.pulse(true).read("contact", true).pass(86_400_000);
    assert.deepEqual(unasked.told(), ["door.opened pulse"]);
    const unread = new PlayedDoor();
    unread.pulse(true).read("contact", true).read("contact", null).pass(120_000);
    assert.deepEqual([unread.told(), unread.status.contact], [["door.opened pulse"], "unknown"]);
    unread.read("contact", true);
    assert.deepEqual(unread.told(), ["door.held_open"]);
  });
});

describe("a bolt", () => {
  it("that is not back after the pulse, while the door is closed, is jammed until it is back", () => {
    const door = new PlayedDoor();
    door.pulse(true).read("bolt", true).pass(30_000).pulse(false).pass(10_000);
    assert.deepEqual([door.told(), door.status.jammed], [[], false]);
    door.pass(1);
    assert.deepEqual([door.told(), door.status.jammed, door.status.bolt], [["door.jammed"], true, "unlocked"]);
    door.pass(60_000).read("bolt", false);
    assert.deepEqual([door.told(), door.status.jammed], [["door.jam_ended"], false]);
  });

  it("is not jammed while the door is open, is waited for from the moment it is closed, and not in the next pulse", () => {
    const door = new PlayedDoor();
    door.pulse(true).read("bolt", true).read("contact", true).pulse(false).pass(50_000).read("contact", false);
    door.pass(10_000);
    assert.deepEqual(door.told(), ["door.opened pulse", "door.closed"]);
    door.pass(1).pulse(true);
    assert.deepEqual(door.told(), ["door.jammed", "door.jam_ended"]);
  });

  it("that cannot be read neither jams nor ends a jam", () => {
    const door = new PlayedDoor();
    door.read("bolt", true).pass(5_000).read("bolt", null).pass(60_000);
    assert.deepEqual([door.told(), door.status.bolt], [[], "unknown"]);
    door.read("bolt", true).pass(10_001).read("bolt", null).pass(60_000);
    assert.deepEqual([door.told(), door.status.jammed], [["door.jammed"], true]);
  });
});

describe("a tamper switch", () => {
  const block = (door: PlayedDoor) => tamperBlockOf(door.state, door.policy);

  it("keeps faces out while the case is open, and while it cannot be read", () => {
    const door = new PlayedDoor();
    assert.equal(block(door), null);
    door.read("tamper", true);
    assert.deepEqual([block(door), door.told()], ["tampered", ["door.tampered"]]);
    door.read("tamper", null);
    assert.deepEqual([block(door), door.status.tamper, door.told()], ["tampered", "tampered", []]);
    door.read("tamper", false);
    assert.deepEqual([block(door), door.told()], [null, ["door.tamper_ended"]]);
    door.read("tamper", null);
    assert.deepEqual([block(door), door.status.tamper], ["tamper_unknown", "unknown"]);
  });

  it("keeps faces out until it was read, and nobody where there is none", () => {
    assert.equal(tamperBlockOf(initialDoorState(), policy), "tamper_unknown");
    assert.equal(tamperBlockOf(initialDoorState(), { ...policy, inputs: ["contact"] }), null);
  });
});

type Happening =
  | { readonly type: "reading"; readonly line: InputName; readonly active: boolean | null }
  | Extract<DoorInput, { type: "pulse" }>;

interface Step {
  readonly afterMs: number;
  readonly input: Happening;
}

const alarms: readonly string[] = ["door.forced", "door.held_open", "door.jammed", "door.tampered"];
const endedBy: Readonly<Record<string, readonly string[]>> = {
  "door.closed": ["door.forced", "door.held_open"],
  "door.jam_ended": ["door.jammed"],
  "door.tamper_ended": ["door.tampered"],
};

describe("whatever happens", () => {
  const inputs = fc.array(
    fc.record({
      afterMs: fc.oneof(fc.nat(400), fc.nat(120_000)),
      input: fc.oneof(
        fc.record({
          type: fc.constant("reading" as const),
          line: fc.constantFrom(...inputNames),
          active: fc.constantFrom(true, false, null),
        }),
        fc.record({ type: fc.constant("pulse" as const), active: fc.boolean() }),
      ),
    }),
    { maxLength: 60 },
  );

  /** The door after each input, with what was told on the way there. */
  function played(steps: readonly Step[], check: (door: PlayedDoor, told: DoorNotice[]) => void): void {
    const door = new PlayedDoor();
    for (const { afterMs, input } of steps) {
      door.pass(afterMs);
      door.step(input.type === "reading" ? { ...input, sinceMs: door.nowMs } : input);
      check(door, door.notices.splice(0));
    }
  }

  it("each alarm is told once, and its end too", () => {
    fc.assert(
      fc.property(inputs, (steps) => {
        const standing = new Set<string>();
        played(steps, ({ state }, told) => {
          for (const { type, reason } of told) {
            const ends = endedBy[type] ?? [];
            if (type === "door.closed") {
              assert.equal(reason, ["forced", "held_open"].find((alarm) => standing.has(`door.${alarm}`)) ?? null);
            } else if (ends.length > 0) assert.ok(standing.has(ends[0]!), type);
            for (const alarm of ends) standing.delete(alarm);
            if (!alarms.includes(type)) continue;
            assert.ok(!standing.has(type), type);
            standing.add(type);
          }
          const { forced, heldOpen, jammed, tampered } = state;
          const stand = [forced, heldOpen, jammed, tampered];
          assert.deepEqual(
            alarms.map((alarm) => standing.has(alarm)),
            stand,
          );
          if (state.isOpen !== true) assert.deepEqual([forced, heldOpen, state.openSinceMs], [false, false, null]);
        });
      }),
    );
  });

  it("nothing in which a pulse or the button held is forced", () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom("pulse", "exit"), (steps, way) => {
        const held = steps.filter(({ input }) =>
          way === "pulse" ? input.type !== "pulse" : !("line" in input) || input.line !== "exitButton",
        );
        const hold: Happening =
          way === "pulse" ? { type: "pulse", active: true } : { type: "reading", line: "exitButton", active: true };
        played([{ afterMs: 0, input: hold }, ...held], (_, told) => {
          assert.ok(told.every(({ type }) => type !== "door.forced"));
        });
      }),
    );
  });

  it("an opening that is seen without pulse and button is always forced", () => {
    fc.assert(
      fc.property(inputs, (steps) => {
        const quiet = steps.filter(({ input }) => input.type !== "pulse" && input.line !== "exitButton");
        played(quiet, (_, told) => {
          assert.ok(told.every(({ type }) => type !== "door.opened"));
        });
      }),
    );
  });

  it("faces are kept out unless the switch says that the case is closed", () => {
    fc.assert(
      fc.property(inputs, (steps) => {
        played(steps, ({ state, policy: its }) => {
          assert.equal(tamperBlockOf(state, its) === null, state.readings.tamper === false);
        });
      }),
    );
  });
});
