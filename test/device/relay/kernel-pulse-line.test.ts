// Pulses that the kernel ends: the relay's contract, and what is refused, on files that do as the kernel's.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { kernelSlackMs } from "../../../device/relay/kernel-pulse-line.ts";
import { LineRelay } from "../../../device/relay/line-relay.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeLed } from "./fake-led.ts";
import { contractLimits, describeRelay } from "./relay-contract.ts";

const line = { kind: "kernel-pulse", led: "facelatch" } as const;

describeRelay("kernel-pulse", (limits) => {
  const clock = new FakeClock();
  const led = new FakeLed(clock);
  return {
    relay: new LineRelay({ ...line, limits, clock, ledFiles: led }),
    isEnergised: () => led.isOn(),
    breakLine: () => void led.broken.add("shot"),
    nowMs: () => clock.nowMs(),
    turn: () => clock.advance(1),
    close: () => led.close(),
  };
});

let made: FakeLed | null = null;

afterEach(() => {
  made?.close();
  made = null;
});

function setUp(trigger?: string) {
  const clock = new FakeClock();
  const led = new FakeLed(clock, trigger);
  made = led;
  return { clock, led, relay: new LineRelay({ ...line, limits: contractLimits, clock, ledFiles: led }) };
}

function unavailable(pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof FacelatchError && error.code === "RELAY_UNAVAILABLE" && pattern.test(error.message);
}

describe("a pulse that the kernel ends", () => {
  it("is over by itself where no process lives any more", async () => {
    const { clock, led, relay } = setUp();
    await relay.start();
    const pulse = relay.pulse();
    assert.deepEqual([led.isOn(), led.read("delay_on"), led.read("delay_off")], [true, "100", "1"]);
    // No timer of the relay's own is asked: the kernel's comes first.
    await clock.advance(contractLimits.pulseMs);
    assert.equal(led.isOn(), false);
    assert.equal(relay.status().active, true, "the relay waits until it is sure");
    await clock.advance(kernelSlackMs);
    await pulse;
    assert.deepEqual([relay.status().active, relay.status().fault], [false, null]);
    assert.match(led.read("trigger"), /\[oneshot\]/, "a pulse that ended by itself leaves the trigger alone");
    await relay.stop();
  });

  it("that goes on for too long is ended, and the next one works", async () => {
    const { clock, led, relay } = setUp();
    await relay.start();
    const pulse = relay.pulse();
    // As if the kernel had lost its timer.
    led.write("trigger", "none");
    led.put("trigger", "none [oneshot]");
    await clock.advance(contractLimits.pulseMs + kernelSlackMs);
    await pulse;
    assert.equal(led.isOn(), false);
    await clock.advance(contractLimits.gapMinMs);
    const next = relay.pulse();
    assert.equal(led.isOn(), true);
    await clock.advance(contractLimits.pulseMs + kernelSlackMs);
    await next;
    await relay.stop();
  });

  it("that is ended early takes the trigger away and sets it again, also before the kernel has begun it", async () => {
    for (const hasBegun of [true, false]) {
      const { clock, led, relay } = setUp();
      await relay.start();
      const pulse = relay.pulse();
      // The kernel turns it on with its next tick.
      if (!hasBegun) led.put("brightness", "0");
      await relay.stop();
      await pulse;
      await clock.advance(10 * contractLimits.pulseMs);
      assert.deepEqual([led.isOn(), led.shots], [false, 1]);
      assert.match(led.read("trigger"), /\[oneshot\]/);
      led.close();
      made = null;
    }
  });

  it("of a guard that was killed is ended by the next one's start", async () => {
    const { led, relay } = setUp();
    led.write("delay_on", "60000");
    led.write("shot", "1");
    await relay.start();
    assert.equal(led.isOn(), false);
    await relay.stop();
  });
});

describe("an LED", () => {
  it("that is not there, has another trigger or inverts is refused", async () => {
    const absent = setUp();
    const nowhere = new LineRelay({ kind: "kernel-pulse", led: "nonesuch", limits: contractLimits });
    await assert.rejects(nowhere.start(), unavailable(/nonesuch.*ENOENT.*label=nonesuch and trigger=oneshot/s));
    absent.led.close();
    const { relay, led } = setUp("heartbeat");
    await assert.rejects(relay.start(), unavailable(/the trigger heartbeat/));
    assert.equal(led.isOn(), false);
    led.close();
    const inverting = setUp();
    await inverting.relay.start();
    inverting.led.put("invert", "1");
    await assert.rejects(inverting.relay.pulse(), unavailable(/invert 1 in place of 0/));
    assert.deepEqual([inverting.led.isOn(), inverting.led.shots], [false, 0]);
  });

  it("whose trigger somebody took away meanwhile is refused in the next pulse, not driven", async () => {
    const { relay, led } = setUp();
    await relay.start();
    led.write("trigger", "heartbeat");
    await assert.rejects(relay.pulse(), unavailable(/the trigger heartbeat/));
    assert.equal(led.shots, 0);
  });

  it("that takes another time than it is given is refused before the shot", async () => {
    for (const kept of ["0", "65535", ""]) {
      const { relay, led } = setUp();
      await relay.start();
      led.keepsDelay = () => kept;
      await assert.rejects(relay.pulse(), unavailable(/delay_on .*in place of 100/));
      assert.deepEqual([led.isOn(), led.shots], [false, 0]);
      led.close();
      made = null;
    }
  });

  it("without a trigger is one that an earlier guard left, and gets it", async () => {
    const { relay, led } = setUp("none");
    await relay.start();
    assert.match(led.read("trigger"), /\[oneshot\]/);
    await relay.stop();
  });

  it("whose trigger cannot be set again is inactive, and refuses the next pulse", async () => {
    const { clock, relay, led } = setUp();
    await relay.start();
    void relay.pulse().catch(() => undefined);
    led.broken.add("trigger");
    await relay.stop();
    assert.equal(led.isOn(), false);
    await assert.rejects(relay.start(), unavailable(/EIO.*trigger/));
    led.broken.clear();
    await relay.start();
    await clock.advance(contractLimits.gapMinMs);
    const pulse = relay.pulse();
    assert.equal(led.isOn(), true);
    await relay.stop();
    await pulse;
  });
});
