// What every relay promises, run against each adapter.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import type { Relay, RelayLimits } from "../../../device/relay/relay.ts";
import { FakeClock } from "./fake-clock.ts";

export interface RelayRig {
  readonly relay: Relay;
  /** Whether the relay is energised, seen from outside. */
  isEnergised(): boolean;
  /** From now on, the active level cannot be written. */
  breakLine(): void;
  close(): void;
}

export const contractLimits: RelayLimits = { pulseMs: 100, pulseMaxMs: 200, gapMinMs: 50 };

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof FacelatchError && error.code === code;
}

export function describeRelay(name: string, make: (clock: FakeClock, limits: RelayLimits) => RelayRig): void {
  describe(`${name} keeps the relay's contract`, () => {
    const withRelay = (
      behaviour: string,
      run: (rig: RelayRig, clock: FakeClock) => Promise<void>,
      limits: RelayLimits = contractLimits,
    ): void => {
      test(behaviour, async () => {
        const clock = new FakeClock();
        const rig = make(clock, limits);
        try {
          await run(rig, clock);
        } finally {
          rig.close();
        }
      });
    };

    withRelay("a relay that was not started drives nothing", async ({ relay, isEnergised }) => {
      const { adapter, ...status } = relay.status();
      assert.notEqual(adapter, "");
      assert.deepEqual(status, { active: false, pulses: 0, fault: null });
      await assert.rejects(relay.pulse(), hasCode("RELAY_UNAVAILABLE"));
      await relay.stop();
      assert.equal(isEnergised(), false);
    });

    withRelay(
      "a pulse is active for its length and resolves when it is over",
      async ({ relay, isEnergised }, clock) => {
        await relay.start();
        await relay.start();
        assert.equal(isEnergised(), false);
        let over = false;
        const pulse = relay.pulse().then(() => {
          over = true;
        });
        assert.equal(isEnergised(), true);
        assert.equal(relay.status().active, true);
        await clock.advance(99);
        assert.deepEqual([isEnergised(), over], [true, false]);
        await clock.advance(1);
        await pulse;
        assert.equal(isEnergised(), false);
        assert.deepEqual([relay.status().active, relay.status().pulses], [false, 1]);
        await relay.stop();
      },
    );

    withRelay(
      "a pulse is refused during another one and in the pause after it",
      async ({ relay, isEnergised }, clock) => {
        await relay.start();
        const first = relay.pulse();
        await clock.advance(50);
        await assert.rejects(relay.pulse(), hasCode("RELAY_REFUSED"));
        await clock.advance(50);
        await first;
        assert.equal(isEnergised(), false);
        await clock.advance(49);
        await assert.rejects(relay.pulse(), hasCode("RELAY_REFUSED"));
        await clock.advance(1);
        const second = relay.pulse();
        await clock.advance(100);
        await second;
        assert.equal(relay.status().pulses, 2);
        assert.equal(relay.status().fault, null);
        await relay.stop();
      },
    );

    withRelay(
      "a pulse beyond the maximum is refused, not shortened",
      async ({ relay, isEnergised }) => {
        await relay.start();
        await assert.rejects(relay.pulse(), hasCode("RELAY_REFUSED"));
        assert.equal(isEnergised(), false);
        await relay.stop();
      },
      { ...contractLimits, pulseMs: 201 },
    );

    withRelay("a stop ends a pulse and refuses further ones until the next start", async (rig, clock) => {
      const { relay, isEnergised } = rig;
      await relay.start();
      const pulse = relay.pulse();
      await clock.advance(10);
      await Promise.all([relay.stop(), relay.stop()]);
      await pulse;
      assert.equal(isEnergised(), false);
      await assert.rejects(relay.pulse(), hasCode("RELAY_UNAVAILABLE"));
      await relay.start();
      await clock.advance(50);
      const next = relay.pulse();
      await clock.advance(99);
      assert.equal(isEnergised(), true);
      await clock.advance(1);
      await next;
      await relay.stop();
      assert.equal(isEnergised(), false);
    });

    withRelay("a line that cannot be driven is a fault, and leaves the door locked", async (rig) => {
      const { relay, isEnergised, breakLine } = rig;
      await relay.start();
      breakLine();
      await assert.rejects(relay.pulse(), hasCode("RELAY_UNAVAILABLE"));
      assert.equal(isEnergised(), false);
      assert.equal(relay.status().fault?.code, "RELAY_UNAVAILABLE");
      assert.equal(relay.status().pulses, 0);
    });
  });
}
