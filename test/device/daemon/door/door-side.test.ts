// The lines at the door as the daemon uses them: what is recorded, who is kept out, what LED and buzzer do.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DoorSide } from "../../../../device/daemon/door/door-side.ts";
import {
  type DoorIo,
  type DoorIoListeners,
  type DoorIoStatus,
  type DoorSignals,
  nothingWired,
  type TamperBlock,
} from "../../../../device/door-io/door-io.ts";
import type { NewEvent } from "../../../../device/events/events.ts";
import type { Look } from "../../../../device/pipeline.ts";

/** Inputs that are what the test says. */
class PlayedIo implements DoorIo {
  listeners: DoorIoListeners | null = null;
  now: DoorIoStatus = nothingWired;
  block: TamperBlock = null;
  readonly pulses: boolean[] = [];

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  status(): DoorIoStatus {
    return this.now;
  }

  tamperBlock(): TamperBlock {
    return this.block;
  }

  notePulse(active: boolean): void {
    this.pulses.push(active);
  }
}

function setUp() {
  const io = new PlayedIo();
  const shown: string[] = [];
  let lit = "";
  const ledFault = { line: "led", code: "DOOR_LINE_UNAVAILABLE", message: "It is gone." } as const;
  const signals: DoorSignals = {
    start: () => {},
    stop: () => {},
    faults: () => [ledFault],
    show: (led) => {
      if (led !== lit) shown.push(led);
      lit = led;
    },
    sound: (sound) => shown.push(`sound ${sound}`),
  };
  const events: NewEvent[] = [];
  const tampers: TamperBlock[] = [];
  const side: DoorSide = new DoorSide({
    openIo: (listeners) => {
      io.listeners = listeners;
      return io;
    },
    signals,
    // As the store does: what is recorded is told to whoever listens.
    record: (event) => {
      events.push(event);
      side.noteEvent(event);
    },
    relock: () => shown.push("relocked"),
    onTamper: (tamper) => tampers.push(tamper),
  });
  const tell = (type: NewEvent["type"], monotonicMs = 0, data: NewEvent["data"] = {}) =>
    io.listeners!.onEvent({ type, monotonicMs, reason: null, message: type, data });
  const seen = () => shown.splice(0);
  return { io, side, events, tampers, tell, seen, ledFault };
}

function look(isSomebodyThere: boolean, isFaulty = false): Look {
  const observation = isFaulty ? { kind: "fault", reason: "camera_fault" } : { kind: "frame" };
  return { observation, decision: { presence: isSomebodyThere ? { id: 1 } : null } } as Look;
}

const well = { fault: null };

describe("the side of the door", () => {
  it("shows that it is locked, somebody, an opening and a fault, and sounds an opening", async () => {
    const { side, io, seen } = setUp();
    await side.start();
    side.noteLook(look(true), well);
    side.notePulse(true);
    side.noteLook(look(false), well);
    side.notePulse(false);
    side.noteLook(look(false, true), well);
    side.noteLook(look(true), { fault: { code: "RELAY_UNAVAILABLE", message: "It does not obey." } });
    side.noteLook(look(false), well);
    assert.deepEqual(seen(), ["locked", "looking", "opened", "sound opened", "locked", "fault", "locked"]);
    assert.deepEqual(io.pulses, [true, false]);
  });

  it("shows a fault while the case is open and while the door is forced", async () => {
    const { side, io, seen } = setUp();
    await side.start();
    io.block = "tamper_unknown";
    side.noteLook(look(true), well);
    io.block = null;
    io.now = { ...nothingWired, forced: true };
    side.noteLook(look(true), well);
    io.now = nothingWired;
    side.noteLook(look(false), well);
    assert.deepEqual(seen(), ["locked", "fault", "locked"]);
  });

  it("sounds an alarm, and a refusal at the door, and none over the API", () => {
    const { side, tell, seen } = setUp();
    for (const type of ["door.forced", "door.held_open", "door.tampered"] as const) tell(type);
    assert.deepEqual(seen(), ["sound alarm", "sound alarm", "sound alarm"]);
    side.noteEvent({ type: "unlock.refused", data: { presenceId: 3 } });
    side.noteEvent({ type: "unlock.refused", data: { way: "api" } });
    tell("door.closed");
    assert.deepEqual(seen(), ["sound refused"]);
  });

  it("ends the pulse once the door is open, and nothing where there is none", () => {
    const { side, tell, seen } = setUp();
    tell("door.opened");
    side.notePulse(true);
    seen();
    tell("door.forced");
    tell("door.opened");
    assert.deepEqual(seen(), ["sound alarm", "relocked"]);
    side.notePulse(false);
    tell("door.opened");
    assert.deepEqual(seen(), ["locked"]);
  });

  it("hands on who keeps faces out, and the faults of inputs and outputs", () => {
    const { side, io, tampers, ledFault } = setUp();
    io.listeners!.onTamper("tampered");
    io.block = "tampered";
    const contactFault = { ...ledFault, line: "contact" } as const;
    io.now = { ...nothingWired, tamper: "tampered", faults: [contactFault] };
    assert.deepEqual([tampers, side.tamper()], [["tampered"], "tampered"]);
    assert.deepEqual(side.status().faults, [contactFault, ledFault]);
  });

  it("records no flood of openings, and counts those that it left out", () => {
    const { events, tell } = setUp();
    for (let openings = 0; openings < 100; openings++) tell("door.opened", openings, { way: "pulse" });
    tell("door.forced", 200);
    assert.deepEqual([events.length, events.at(-1)!.type], [11, "door.forced"]);
    tell("door.opened", 60_000, { way: "pulse" });
    assert.deepEqual(events.at(-1)!.data, { way: "pulse", unrecorded: 90 });
  });
});
