import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordedRelay } from "../../../device/relay/recorded-relay.ts";
import { FakeClock } from "./fake-clock.ts";
import { contractLimits, describeRelay } from "./relay-contract.ts";

describeRelay("the recorded relay", (limits) => {
  const clock = new FakeClock();
  let broken = false;
  const onPulse = (): void => {
    if (broken) throw new Error("no sound card");
  };
  const relay = new RecordedRelay({ limits, clock, onPulse });
  return {
    relay,
    isEnergised: () => relay.status().active,
    breakLine: () => {
      broken = true;
    },
    nowMs: () => clock.nowMs(),
    turn: () => clock.advance(1),
    close: () => {},
  };
});

test("pulses are kept with their beginning and end, and each one clicks", async () => {
  const clock = new FakeClock();
  const clicksMs: number[] = [];
  const relay = new RecordedRelay({ limits: contractLimits, clock, onPulse: (startMs) => clicksMs.push(startMs) });
  await relay.start();
  for (let i = 0; i < 2; i++) {
    const pulse = relay.pulse();
    await clock.advance(200);
    await pulse;
  }
  assert.deepEqual(relay.pulses, [
    { startMs: 5_000, endMs: 5_100 },
    { startMs: 5_200, endMs: 5_300 },
  ]);
  assert.deepEqual(clicksMs, [5_000, 5_200]);
  await relay.stop();
});

test("memory for pulses is bounded", async () => {
  const clock = new FakeClock();
  const relay = new RecordedRelay({ limits: contractLimits, clock });
  await relay.start();
  for (let i = 0; i < 1_005; i++) {
    const pulse = relay.pulse();
    await clock.advance(200);
    await pulse;
  }
  assert.equal(relay.pulses.length, 1_000);
  assert.equal(relay.pulses[0]!.startMs, 5_000 + 5 * 200);
  assert.equal(relay.status().pulses, 1_005);
});
