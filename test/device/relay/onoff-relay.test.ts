import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { LineRelay, type LineRelayOptions } from "../../../device/relay/line-relay.ts";
import type { GpioRelayLine } from "../../../device/relay/output-line.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FakeChip, FakeSysfs } from "./fake-sysfs.ts";
import { contractLimits, describeRelay } from "./relay-contract.ts";

const chips: FakeChip[] = [
  { label: "raspberrypi-exp-gpio", base: 504, lines: 8 },
  { label: "pinctrl-bcm2835", base: 512, lines: 54 },
];
const gpio = 529;

let sysfs: FakeSysfs | null = null;

afterEach(() => {
  sysfs?.close();
  sysfs = null;
});

function setUp(options: Partial<LineRelayOptions & GpioRelayLine> = {}): {
  relay: LineRelay;
  sysfs: FakeSysfs;
  clock: FakeClock;
} {
  const clock = new FakeClock();
  sysfs = new FakeSysfs(chips);
  const line = {
    kind: "onoff",
    chipLabel: "pinctrl-bcm2835",
    line: 17,
    activeLow: false,
    limits: contractLimits,
  } as const;
  return { relay: new LineRelay({ ...line, sysfsRoot: sysfs.root, clock, ...options }), sysfs, clock };
}

function unavailable(pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof FacelatchError && error.code === "RELAY_UNAVAILABLE" && pattern.test(error.message);
}

for (const activeLow of [false, true]) {
  describeRelay(`onoff, active ${activeLow ? "low" : "high"},`, (limits) => {
    const clock = new FakeClock();
    const fake = new FakeSysfs(chips);
    const line = { kind: "onoff", chipLabel: "pinctrl-bcm2835", line: 17, activeLow, limits } as const;
    return {
      relay: new LineRelay({ ...line, sysfsRoot: fake.root, clock }),
      isEnergised: () => fake.isExported(gpio) && fake.isHigh(gpio) !== activeLow,
      breakLine: () => {
        fake.failWrites = true;
      },
      nowMs: () => clock.nowMs(),
      turn: () => clock.advance(1),
      close: () => fake.close(),
    };
  });

  test(`active ${activeLow ? "low" : "high"}: the line is inactive from its first moment, and released at the end`, async () => {
    const rig = setUp({ activeLow });
    await rig.relay.start();
    assert.match(rig.relay.status().adapter, /pinctrl-bcm2835 line 17/);
    assert.ok(rig.sysfs.driven.length > 0);
    const pulse = rig.relay.pulse();
    assert.equal(rig.sysfs.isHigh(gpio), !activeLow);
    await rig.clock.advance(100);
    await pulse;
    await rig.relay.stop();
    assert.equal(rig.sysfs.isExported(gpio), false);
    assert.ok(rig.sysfs.driven.every(([number]) => number === gpio));
    assert.equal(rig.sysfs.driven.filter(([, high]) => high !== activeLow).length, 1);
    assert.equal(rig.sysfs.driven[0]![1], activeLow);
    assert.equal(rig.sysfs.driven.at(-1)![1], activeLow);
  });
}

test("a line that was left active by a killed process is driven inactive at the start", async () => {
  const { relay, sysfs } = setUp();
  sysfs.export(gpio, "out");
  sysfs.set(gpio, "value", "1");
  await relay.start();
  assert.equal(sysfs.isHigh(gpio), false);
  await relay.stop();
});

test("a line that another process set up otherwise, and that may not be changed, is not written to", async () => {
  const rig = setUp({ activeLow: true });
  rig.sysfs.export(gpio, "out");
  rig.sysfs.refuseSetup = true;
  await assert.rejects(rig.relay.start(), unavailable(/direction out, active low false/));
  assert.deepEqual(rig.sysfs.driven, []);
  assert.equal(rig.relay.status().active, false);
});

test("a line that cannot be set up is unavailable", async () => {
  const rig = setUp();
  rig.sysfs.refuseSetup = true;
  await assert.rejects(rig.relay.start(), unavailable(/EACCES/));
});

test("a line that cannot be driven inactive at the start is not taken", async () => {
  const rig = setUp();
  rig.sysfs.failWrites = true;
  await assert.rejects(rig.relay.start(), unavailable(/EIO/));
  assert.equal(rig.sysfs.isExported(gpio), false);
  rig.sysfs.failWrites = false;
  await rig.relay.start();
  await rig.relay.stop();
});

test("a line that fails at the end of a pulse is tried until it obeys", async () => {
  const { relay, sysfs, clock } = setUp();
  await relay.start();
  const rejected = assert.rejects(relay.pulse(), unavailable(/EIO/));
  sysfs.failWrites = true;
  await clock.advance(150);
  await rejected;
  assert.equal(sysfs.isHigh(gpio), true);
  assert.equal(relay.status().active, true);
  sysfs.failWrites = false;
  await clock.advance(20);
  assert.equal(sysfs.isHigh(gpio), false);
  assert.equal(relay.status().active, false);
  await relay.stop();
});
