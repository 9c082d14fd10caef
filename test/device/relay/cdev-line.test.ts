import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import type { CdevAddon } from "../../../device/gpio/gpio.ts";
import { packageRoot } from "../../../device/installation/installation.ts";
import { LineRelay, type LineRelayOptions } from "../../../device/relay/line-relay.ts";
import type { GpioRelayLine } from "../../../device/relay/output-line.ts";
import { FakeChips } from "./fake-chips.ts";
import { FakeClock } from "./fake-clock.ts";
import { contractLimits, describeRelay } from "./relay-contract.ts";

const labels = ["raspberrypi-exp-gpio", "pinctrl-bcm2835"];
const [chip, line] = [1, 17];
let chips: FakeChips | null = null;

afterEach(() => {
  chips?.close();
  chips = null;
});

function setUp(
  options: Partial<LineRelayOptions & GpioRelayLine> = {},
  found = labels,
): { relay: LineRelay; chips: FakeChips } {
  chips = new FakeChips(found);
  const own = { kind: "gpio-cdev", chipLabel: "pinctrl-bcm2835", line, activeLow: false } as const;
  const cdev = { devRoot: chips.root, addon: chips };
  return { relay: new LineRelay({ ...own, limits: contractLimits, clock: new FakeClock(), cdev, ...options }), chips };
}

function unavailable(pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof FacelatchError && error.code === "RELAY_UNAVAILABLE" && pattern.test(error.message);
}

for (const activeLow of [false, true]) {
  describeRelay(`gpio-cdev, active ${activeLow ? "low" : "high"},`, (limits) => {
    const clock = new FakeClock();
    const fake = new FakeChips(labels);
    const own = { kind: "gpio-cdev", chipLabel: "pinctrl-bcm2835", line, activeLow, limits } as const;
    return {
      relay: new LineRelay({ ...own, clock, cdev: { devRoot: fake.root, addon: fake } }),
      isEnergised: () => fake.ownedLines > 0 && fake.isHigh(chip, line) !== activeLow,
      breakLine: () => {
        fake.failWrites = true;
      },
      nowMs: () => clock.nowMs(),
      turn: () => clock.advance(1),
      close: () => fake.close(),
    };
  });
}

test("the line is owned from the start to the end, and says whose it is", async () => {
  const { relay, chips } = setUp({ activeLow: true });
  await relay.start();
  assert.equal(chips.isHigh(chip, line), true);
  assert.match(relay.status().adapter, /gpio-cdev, pinctrl-bcm2835 line 17, active low/);
  assert.equal(chips.ownedLines, 1);
  await relay.stop();
  assert.equal(chips.ownedLines, 0);
});

test("a line that another process owns is not taken", async () => {
  const { relay, chips } = setUp();
  chips.requestOutput(join(chips.root, `gpiochip${chip}`), line, false);
  await assert.rejects(relay.start(), unavailable(/EBUSY.*gpioinfo/s));
});

test("a label that no chip has, or two have, and a line beyond the chip's are told", async () => {
  await assert.rejects(setUp({ chipLabel: "nonesuch" }).relay.start(), unavailable(/gpiochip1 pinctrl-bcm2835/));
  await assert.rejects(setUp({ line: 54 }).relay.start(), unavailable(/line 0 to 53/));
  await assert.rejects(setUp({}, ["pinctrl-bcm2835", "pinctrl-bcm2835"]).relay.start(), unavailable(/found 2;/));
});

test("the compiled addon tells what the kernel says, and refuses what makes no sense", () => {
  const path = join(packageRoot, "device/gpio/cdev/build/Release/gpio_cdev.node");
  const addon = createRequire(import.meta.url)(path) as CdevAddon;
  assert.throws(() => addon.chipInfo("/dev/nonesuch"), { code: "ENOENT" });
  assert.throws(() => addon.requestOutput("/dev/null", 3, false, "test"), { code: "ENOTTY" });
  assert.throws(() => addon.requestOutput("/dev/null", 3, false, "x".repeat(32)), TypeError);
  assert.throws(() => addon.setActive(4_000, 1), { code: "EBADF" });
  assert.throws(() => addon.isActive(4_000), { code: "EBADF" });
});
