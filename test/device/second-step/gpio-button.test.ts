// The button on a GPIO line, with the real onoff package on files that stand in for the kernel's.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { GpioButton, type GpioButtonOptions } from "../../../device/second-step/gpio-button.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { FakeSysfs } from "../relay/fake-sysfs.ts";
import { describeSecondStep, type SecondStepRig, statusInTime } from "./second-step-contract.ts";

const chips = [{ label: "pinctrl-bcm2835", base: 512, lines: 54 }];
const gpio = 539;
const limits = { debounceMs: 30, heldMaxMs: 3_000 };

interface ButtonRig extends SecondStepRig {
  readonly step: GpioButton;
  readonly sysfs: FakeSysfs;
  press(forMs: number): Promise<void>;
}

function makeRig(clock: FakeClock, changes: Partial<GpioButtonOptions> = {}): ButtonRig {
  const sysfs = new FakeSysfs(chips);
  const line = { chipLabel: "pinctrl-bcm2835", line: 27, activeLow: true, limits } as const;
  const options = { ...line, sysfsRoot: sysfs.root, clock, ...changes };
  // A button at rest: pulled up where it is active low, pulled down where it is not.
  sysfs.input(gpio, options.activeLow);
  const press = async (forMs: number): Promise<void> => {
    await clock.advance(limits.debounceMs);
    sysfs.input(gpio, !options.activeLow);
    await clock.advance(forMs);
    sysfs.input(gpio, options.activeLow);
    await clock.advance(limits.debounceMs);
  };
  return {
    step: new GpioButton(options),
    sysfs,
    press,
    confirm: () => press(100),
    breakIt: () => {
      sysfs.failReads = true;
    },
    mend: () => {
      sysfs.failReads = false;
    },
    close: () => sysfs.close(),
  };
}

for (const activeLow of [true, false]) {
  describeSecondStep(`a button, active ${activeLow ? "low" : "high"},`, async (clock) => makeRig(clock, { activeLow }));
}

let rig: ButtonRig | null = null;

afterEach(async () => {
  await rig?.step.stop();
  await rig?.close();
  rig = null;
});

/** Counts everything that is told, as if somebody were always in view. */
function setUp(changes: Partial<GpioButtonOptions> = {}): { rig: ButtonRig; clock: FakeClock } {
  const clock = new FakeClock();
  rig = makeRig(clock, changes);
  rig.step.onConfirmed(() => true);
  return { rig, clock };
}

test("the line is an input, is never driven, and is given back at the end", async () => {
  const { rig, clock } = setUp();
  await rig.step.start();
  assert.match(rig.step.status().adapter, /button, pinctrl-bcm2835 line 27, active low/);
  assert.equal(rig.sysfs.isExported(gpio), true);
  await rig.press(100);
  await clock.advance(10_000);
  await rig.step.stop();
  assert.deepEqual(rig.sysfs.driven, []);
  assert.equal(rig.sysfs.isExported(gpio), false);
  assert.equal(rig.sysfs.wakers.size, 0);
});

test("a button that is stuck at the start is a fault, confirms nothing, and works once it is released", async () => {
  const { rig, clock } = setUp();
  rig.sysfs.input(gpio, false);
  await rig.step.start();
  assert.match(String(rig.step.status().fault?.message), /active at the start.*pull-up/);
  await clock.advance(60_000);
  assert.equal(rig.step.status().fault?.code, "SECOND_STEP_UNAVAILABLE");
  rig.sysfs.input(gpio, true);
  await clock.advance(limits.debounceMs);
  assert.deepEqual([rig.step.status().fault, rig.step.status().confirmations], [null, 0]);
  await rig.press(100);
  assert.equal(rig.step.status().confirmations, 1);
});

test("a button that is taped down is a fault and confirms nothing, then or when it is released", async () => {
  const { rig, clock } = setUp();
  await rig.step.start();
  await clock.advance(limits.debounceMs);
  rig.sysfs.input(gpio, false);
  await clock.advance(3_100);
  assert.match(String(rig.step.status().fault?.message), /active for more than 3000 ms/);
  rig.sysfs.input(gpio, true);
  await clock.advance(5_000);
  assert.deepEqual([rig.step.status().fault, rig.step.status().confirmations], [null, 0]);
});

test("a line that is lost in the middle of a press confirms nothing, is told, and is taken again", async () => {
  const { rig, clock } = setUp();
  await rig.step.start();
  await clock.advance(limits.debounceMs);
  rig.sysfs.input(gpio, false);
  await clock.advance(100);
  rig.sysfs.failReads = true;
  // The package reads the line itself on an edge; nothing is thrown out of its callback.
  rig.sysfs.input(gpio, true);
  assert.match(String(rig.step.status().fault?.message), /EIO/);
  assert.equal(rig.sysfs.isExported(gpio), false);
  await clock.advance(1_000);
  rig.sysfs.failReads = false;
  await statusInTime({ step: rig.step, clock }, "it is taken again", ({ fault }) => fault === null);
  assert.equal(rig.step.status().confirmations, 0);
  await rig.press(100);
  assert.equal(rig.step.status().confirmations, 1);
});

test("a line that goes away without an edge is noticed within a second", async () => {
  const { rig, clock } = setUp();
  await rig.step.start();
  rig.sysfs.failReads = true;
  await clock.advance(1_000);
  assert.match(String(rig.step.status().fault?.message), /EIO/);
});

test("a line that another process set up otherwise, and that may not be changed, is not used", async () => {
  const { rig, clock } = setUp();
  rig.sysfs.export(gpio, "out");
  rig.sysfs.refuseSetup = true;
  await rig.step.start();
  assert.match(String(rig.step.status().fault?.message), /direction out, edge none, active low false/);
  await rig.press(100);
  assert.equal(rig.step.status().confirmations, 0);
  rig.sysfs.refuseSetup = false;
  await statusInTime({ step: rig.step, clock }, "it is set up", ({ fault }) => fault === null);
});

test("a chip that is not there is a fault with the labels that are", async () => {
  const { rig } = setUp({ chipLabel: "pinctrl-bcm2711" });
  await rig.step.start();
  const { fault } = rig.step.status();
  assert.equal(fault?.code, "SECOND_STEP_UNAVAILABLE");
  assert.match(String(fault?.message), /the chips are: pinctrl-bcm2835/);
});
