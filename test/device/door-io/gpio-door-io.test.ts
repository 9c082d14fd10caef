// The door's inputs on lines of a stand-in for the character devices: bounces, faults, and what is told of them.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { TamperBlock } from "../../../device/door-io/door-io.ts";
import { unrestMaxMs } from "../../../device/door-io/door-line.ts";
import { GpioDoorIo, type GpioDoorIoOptions } from "../../../device/door-io/gpio-door-io.ts";
import type { NewEvent } from "../../../device/events/events.ts";
import { FakeChips } from "../relay/fake-chips.ts";
import { FakeClock } from "../relay/fake-clock.ts";

const lineNumbers = { contact: 22, exitButton: 23, tamper: 24, bolt: 25 } as const;
const debounceMs = 50;
const settledMs = debounceMs + 400;

type Name = keyof typeof lineNumbers;

function lineOf(name: Name) {
  const activeLow = name === "exitButton";
  return { chipLabel: "pinctrl-bcm2835", line: lineNumbers[name], activeLow, bias: "pull_up" } as const;
}

let chips: FakeChips;
let io: GpioDoorIo | null = null;

afterEach(async () => {
  await io?.stop();
  assert.equal(chips.ownedLines, 0, "all lines are given back");
  chips.close();
});

/** At rest: door and case closed, bolt in place, nobody presses. */
async function setUp(changes: Partial<GpioDoorIoOptions["lines"]> = {}) {
  chips = new FakeChips(["pinctrl-bcm2835"]);
  const clock = new FakeClock();
  const events: NewEvent[] = [];
  const blocks: TamperBlock[] = [];
  io = new GpioDoorIo({
    lines: {
      contact: lineOf("contact"),
      exitButton: lineOf("exitButton"),
      tamper: lineOf("tamper"),
      bolt: lineOf("bolt"),
      ...changes,
    },
    limits: { openGraceMs: 5_000, heldOpenMaxMs: 60_000, boltReturnMaxMs: 10_000 },
    debounceMs,
    source: { devRoot: chips.root, addon: chips },
    clock,
    onEvent: (event) => events.push(event),
    onTamper: (block) => blocks.push(block),
  });
  const set = (name: Name, high: boolean) => chips.setHigh(0, lineNumbers[name], high);
  const rest = () => {
    for (const name of ["contact", "tamper", "bolt"] as const) set(name, false);
  };
  const types = () => events.splice(0).map(({ type }) => type);
  return { io, clock, events, blocks, set, rest, types };
}

async function atRest() {
  const door = await setUp();
  await door.io.start();
  door.rest();
  await door.clock.advance(settledMs);
  assert.deepEqual(door.types(), []);
  return door;
}

describe("the door's inputs", () => {
  it("are unknown at first, keep faces out until the tamper switch was read, and then tell how the door stands", async () => {
    const { io, clock, blocks, rest } = await setUp();
    assert.deepEqual(
      [io.status().contact, io.status().tamper, io.tamperBlock()],
      ["unknown", "unknown", "tamper_unknown"],
    );
    await io.start();
    rest();
    await clock.advance(settledMs);
    const { contact, bolt, exitButton, tamper, faults } = io.status();
    assert.deepEqual([contact, bolt, exitButton, tamper, faults], ["closed", "locked", "released", "clear", []]);
    assert.deepEqual([io.tamperBlock(), blocks], [null, [null]]);
  });

  it("count a level once it has stayed, however it bounced", async () => {
    const { io, clock, set, types } = await atRest();
    for (let bounce = 0; bounce < 7; bounce++) {
      set("contact", bounce % 2 === 0);
      await clock.advance(debounceMs - 1);
      assert.equal(io.status().contact, "closed");
    }
    await clock.advance(settledMs);
    assert.deepEqual([io.status().contact, types()], ["open", ["door.forced"]]);
  });

  it("excuse an opening after the exit button, and after a pulse", async () => {
    const { io, clock, set, types } = await atRest();
    set("exitButton", false);
    await clock.advance(20);
    set("contact", true);
    await clock.advance(settledMs);
    set("exitButton", true);
    set("contact", false);
    await clock.advance(settledMs);
    io.notePulse(true);
    set("contact", true);
    await clock.advance(settledMs);
    io.notePulse(false);
    set("contact", false);
    await clock.advance(settledMs);
    assert.deepEqual(types(), ["door.exit_pressed", "door.opened", "door.closed", "door.opened", "door.closed"]);
  });

  it("tell by themselves, when the time has come, of a door that is held open and a bolt that is jammed", async () => {
    const { io, clock, set, types } = await atRest();
    io.notePulse(true);
    set("bolt", true);
    set("contact", true);
    await clock.advance(3_000);
    io.notePulse(false);
    await clock.advance(60_000);
    set("contact", false);
    await clock.advance(10_500);
    assert.deepEqual(types(), ["door.opened", "door.held_open", "door.closed", "door.jammed"]);
    assert.equal(io.status().jammed, true);
  });

  it("keep faces out from the case's opening to its closing", async () => {
    const { io, clock, blocks, set, types } = await atRest();
    set("tamper", true);
    await clock.advance(settledMs);
    assert.equal(io.tamperBlock(), "tampered");
    set("tamper", false);
    await clock.advance(settledMs);
    assert.deepEqual(
      [blocks, types()],
      [
        [null, "tampered", null],
        ["door.tampered", "door.tamper_ended"],
      ],
    );
  });
});

describe("a line at the door that fails", () => {
  it("is told with its code, once, keeps faces out where it is the tamper switch, and is taken again", async () => {
    const { io, clock, blocks, events, rest, types } = await atRest();
    chips.unplug();
    await clock.advance(debounceMs);
    assert.deepEqual(
      io.status().faults.map(({ line, code }) => [line, code]),
      Object.keys(lineNumbers).map((line) => [line, "DOOR_LINE_UNAVAILABLE"]),
    );
    assert.match(io.status().faults[0]!.message, /ENODEV.*tried again/s);
    assert.deepEqual([io.status().contact, io.tamperBlock()], ["unknown", "tamper_unknown"]);
    await clock.advance(60_000);
    assert.equal(events.filter(({ type }) => type === "door.line_fault").length, 4);
    assert.equal(events[0]!.reason, "DOOR_LINE_UNAVAILABLE");
    events.splice(0);
    chips.failReads = false;
    await clock.advance(5_000);
    rest();
    await clock.advance(settledMs);
    assert.deepEqual([io.status().faults, io.status().contact, io.tamperBlock()], [[], "closed", null]);
    assert.deepEqual(blocks, [null, "tamper_unknown", null]);
    assert.equal(types().filter((type) => type === "door.line_recovered").length, 4);
  });

  it("because another process has it does not keep the others from working", async () => {
    const { io, clock, set, rest, events } = await setUp();
    const file = chips.requestInput(`${chips.root}/gpiochip0`, lineNumbers.contact, false, 0);
    await io.start();
    rest();
    await clock.advance(settledMs);
    const { contact, tamper, faults } = io.status();
    assert.deepEqual([contact, tamper, faults.map(({ line }) => line)], ["unknown", "clear", ["contact"]]);
    assert.match(faults[0]!.message, /EBUSY/);
    assert.deepEqual(
      events.map(({ type, data }) => [type, data["line"]]),
      [["door.line_fault", "contact"]],
    );
    chips.release(file);
    await clock.advance(5_000);
    set("contact", false);
    await clock.advance(settledMs);
    assert.equal(io.status().contact, "closed");
  });

  it("because it never rests is told, and is believed again once it rests", async () => {
    const { io, clock, set } = await atRest();
    for (let passedMs = 0, high = true; passedMs <= unrestMaxMs + 40; passedMs += 20, high = !high) {
      set("tamper", high);
      await clock.advance(20);
    }
    assert.match(io.status().faults[0]!.message, /does not come to rest/);
    assert.equal(io.tamperBlock(), "tamper_unknown");
    set("tamper", false);
    await clock.advance(settledMs);
    assert.deepEqual([io.status().faults, io.tamperBlock()], [[], null]);
  });

  it("because its edge was lost is read within a second", async () => {
    const { io, clock } = await setUp({ exitButton: null, tamper: null, bolt: null });
    await io.start();
    await clock.advance(settledMs);
    assert.equal(io.status().contact, "open");
    chips.losesEdges = true;
    chips.setHigh(0, lineNumbers.contact, false);
    await clock.advance(1_000 + settledMs);
    assert.equal(io.status().contact, "closed");
  });
});
