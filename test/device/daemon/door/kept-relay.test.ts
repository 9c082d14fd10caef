// A relay that cannot be started at once: it is tried again until it obeys, and the fault shows meanwhile.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KeptRelay } from "../../../../device/daemon/door/kept-relay.ts";
import { FacelatchError } from "../../../../device/errors/errors.ts";
import type { Relay, RelayStatus } from "../../../../device/relay/relay.ts";

/** A relay whose line is busy for a number of tries; a real one cannot be told when to obey. */
class BusyRelay implements Relay {
  tries = 0;
  stops = 0;
  failsInPulse = false;
  readonly #busyFor: number;

  constructor(busyFor: number) {
    this.#busyFor = busyFor;
  }

  async start(): Promise<void> {
    this.tries++;
    if (this.tries > this.#busyFor) return;
    throw new FacelatchError("RELAY_UNAVAILABLE", { expected: "a free line", found: "a busy one", next: "Wait." });
  }

  /** Becomes active, and then fails where the line does. */
  async pulse(onActive: () => void = () => undefined): Promise<void> {
    if (this.status().fault !== null) throw new Error("busy");
    onActive();
    if (this.failsInPulse) throw new Error("lost");
  }

  relock(): void {}

  heartbeat(): void {}

  status(): RelayStatus {
    const fault = this.tries <= this.#busyFor ? ({ code: "RELAY_UNAVAILABLE", message: "busy" } as const) : null;
    return { adapter: "busy", active: false, pulses: 0, guard: null, fault };
  }

  async stop(): Promise<void> {
    this.stops++;
  }
}

/** Lets promises settle that a fired timer has begun. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a kept relay", () => {
  it("is started again every five seconds until it obeys", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const relay = new BusyRelay(2);
    const kept = new KeptRelay(relay);
    await kept.keep();
    assert.equal(kept.status().fault?.code, "RELAY_UNAVAILABLE");
    for (const tries of [2, 3, 3]) {
      t.mock.timers.tick(5_000);
      await settled();
      assert.equal(relay.tries, tries);
    }
    assert.equal(kept.status().fault, null);
    await kept.stop();
  });

  it("tells when a pulse begins and when it is over, also where it fails, and nothing of one that never began", async () => {
    const relay = new BusyRelay(1);
    const kept = new KeptRelay(relay);
    const told: boolean[] = [];
    kept.onPulse((active) => told.push(active));
    await assert.rejects(
      kept.pulse(() => told.push(true)),
      /busy/,
    );
    assert.deepEqual(told, []);
    relay.tries = 2;
    let isActive = false;
    await kept.pulse(() => {
      isActive = true;
    });
    assert.deepEqual([isActive, told.splice(0)], [true, [true, false]]);
    relay.failsInPulse = true;
    await assert.rejects(kept.pulse(), /lost/);
    assert.deepEqual(told, [true, false]);
    await kept.stop();
  });

  it("is not started again once it was stopped", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const relay = new BusyRelay(9);
    const kept = new KeptRelay(relay);
    await kept.keep();
    await kept.stop();
    t.mock.timers.tick(60_000);
    await settled();
    assert.deepEqual([relay.tries, relay.stops], [1, 1]);
  });
});
