// LED and buzzer on lines of a stand-in for the character devices.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { GpioSignals } from "../../../device/door-io/gpio-signals.ts";
import { FakeChips } from "../relay/fake-chips.ts";
import { FakeClock } from "../relay/fake-clock.ts";

const chipLabel = "pinctrl-bcm2835";
const led = { chipLabel, line: 5, activeLow: false };
const buzzer = { chipLabel, line: 6, activeLow: true };
let chips: FakeChips;

afterEach(() => chips.close());

function setUp(lines: ConstructorParameters<typeof GpioSignals>[0]["lines"] = { led, buzzer }) {
  chips = new FakeChips([chipLabel]);
  const clock = new FakeClock();
  const signals = new GpioSignals({ lines, clock, source: { devRoot: chips.root, addon: chips } });
  return { signals, clock, isLit: () => chips.isHigh(0, 5), isLoud: () => !chips.isHigh(0, 6) };
}

test("the LED goes on with what it shows, and changes at once when that does", async () => {
  const { signals, clock, isLit } = setUp();
  signals.start();
  signals.show("looking");
  assert.equal(isLit(), true);
  await clock.advance(250);
  assert.equal(isLit(), false);
  await clock.advance(200);
  // Said again, it does not begin again.
  signals.show("looking");
  await clock.advance(50);
  assert.equal(isLit(), true);
  await clock.advance(250);
  assert.equal(isLit(), false);
  signals.show("opened");
  await clock.advance(3_000);
  assert.equal(isLit(), true);
  signals.stop();
  assert.deepEqual([isLit(), chips.ownedLines], [false, 0]);
});

test("the buzzer sounds once, by its own polarity, and a later sound takes an earlier one's place", async () => {
  const { signals, clock, isLoud } = setUp();
  signals.start();
  assert.equal(isLoud(), false);
  signals.sound("alarm");
  assert.equal(isLoud(), true);
  signals.sound("opened");
  await clock.advance(119);
  assert.equal(isLoud(), true);
  await clock.advance(1);
  assert.equal(isLoud(), false);
  for (let passed = 0; passed < 100; passed++) {
    await clock.advance(100);
    assert.equal(isLoud(), false);
  }
  signals.stop();
});

test("a line that is busy or fails is told, throws nothing, and is taken again with what is shown then", async () => {
  const { signals, clock, isLit } = setUp();
  const file = chips.requestOutput(`${chips.root}/gpiochip0`, 5, false);
  signals.start();
  signals.show("opened");
  assert.deepEqual(
    signals.faults().map(({ line, code }) => [line, code]),
    [["led", "DOOR_LINE_UNAVAILABLE"]],
  );
  chips.release(file);
  await clock.advance(5_000);
  assert.deepEqual([signals.faults(), isLit()], [[], true]);
  chips.failWrites = true;
  signals.sound("refused");
  assert.match(signals.faults()[0]!.message, /EIO/);
  chips.failWrites = false;
  await clock.advance(5_000);
  assert.deepEqual(signals.faults(), []);
  signals.stop();
});

test("without lines everything is taken, and nothing is driven", () => {
  const { signals } = setUp({ led: null, buzzer: null });
  signals.start();
  signals.show("fault");
  signals.sound("alarm");
  assert.deepEqual([signals.faults(), chips.ownedLines], [[], 0]);
  signals.stop();
});
