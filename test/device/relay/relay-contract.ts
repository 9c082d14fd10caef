// What every relay promises, run against each adapter.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import type { Relay, RelayLimits } from "../../../device/relay/relay.ts";

export interface RelayRig {
  readonly relay: Relay;
  /** Whether the relay is energised, seen from outside. */
  isEnergised(): boolean;
  /** From now on, the active level cannot be written. */
  breakLine(): void;
  /** The clock that the relay's pulses run on. */
  nowMs(): number;
  /** Lets a little of its time pass. */
  turn(): Promise<void>;
  close(): void | Promise<void>;
}

export const contractLimits: RelayLimits = { pulseMs: 100, pulseMaxMs: 200, gapMinMs: 50 };
const turnsMax = 20_000;

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof FacelatchError && error.code === code;
}

async function until(rig: RelayRig, what: string, holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    assert.ok(turns < turnsMax, `it never came: ${what}`);
    await rig.turn();
  }
}

/** What the promise settles to, while the rig's time passes. */
async function settled(rig: RelayRig, promise: Promise<void>): Promise<unknown> {
  let outcome: { readonly error: unknown } | null = null;
  promise.then(
    () => {
      outcome = { error: null };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  await until(rig, "the end of a pulse", () => outcome !== null);
  return outcome!["error"];
}

/** Asks for pulses until one was had; returns how many were refused, each for being too early. */
async function pulseWhenAllowed(rig: RelayRig): Promise<number> {
  for (let refusals = 0; ; refusals++) {
    const error = await settled(rig, rig.relay.pulse());
    if (error === null) return refusals;
    assert.ok(hasCode("RELAY_REFUSED")(error), String(error));
    await rig.turn();
  }
}

/** @param limits a real process needs longer ones, to be seen in time */
export function describeRelay(
  name: string,
  make: (limits: RelayLimits) => RelayRig,
  limits: RelayLimits = contractLimits,
): void {
  describe(`${name} keeps the relay's contract`, () => {
    const withRelay = (behaviour: string, run: (rig: RelayRig) => Promise<void>, changes = limits): void => {
      test(behaviour, async () => {
        const rig = make(changes);
        try {
          await run(rig);
        } finally {
          await rig.close();
        }
      });
    };

    withRelay("a relay that was not started drives nothing", async ({ relay, isEnergised }) => {
      const { adapter, guard, ...status } = relay.status();
      assert.notEqual(adapter, "");
      assert.equal(guard?.pid ?? null, null);
      assert.deepEqual(status, { active: false, pulses: 0, fault: null });
      relay.heartbeat();
      await assert.rejects(relay.pulse(), hasCode("RELAY_UNAVAILABLE"));
      await relay.stop();
      assert.equal(isEnergised(), false);
    });

    withRelay("a pulse is active for its length and resolves when it is over", async (rig) => {
      const { relay, isEnergised } = rig;
      await Promise.all([relay.start(), relay.start()]);
      await relay.start();
      assert.equal(isEnergised(), false);
      const startMs = rig.nowMs();
      const told: boolean[] = [];
      const pulse = relay.pulse(() => told.push(isEnergised()));
      await until(rig, "an energised relay", isEnergised);
      assert.equal(relay.status().active, true);
      assert.equal(await settled(rig, pulse), null);
      assert.deepEqual(told, [true], "it tells that it is active, once");
      assert.equal(isEnergised(), false);
      const lengthMs = rig.nowMs() - startMs;
      assert.ok(lengthMs >= limits.pulseMs && lengthMs <= limits.pulseMaxMs, `${lengthMs} ms`);
      assert.deepEqual([relay.status().active, relay.status().pulses], [false, 1]);
      await relay.stop();
    });

    withRelay("a pulse is refused during another one and in the pause after it", async (rig) => {
      const { relay, isEnergised } = rig;
      await relay.start();
      const first = relay.pulse();
      await until(rig, "an energised relay", isEnergised);
      await assert.rejects(relay.pulse(), hasCode("RELAY_REFUSED"));
      assert.equal(await settled(rig, first), null);
      assert.equal(isEnergised(), false);
      const endedMs = rig.nowMs();
      assert.ok((await pulseWhenAllowed(rig)) > 0);
      // The first end may be seen a little late, and the pause shorter for it.
      assert.ok(rig.nowMs() - endedMs >= limits.gapMinMs / 2 + limits.pulseMs);
      assert.equal(relay.status().pulses, 2);
      assert.equal(relay.status().fault, null);
      await relay.stop();
    });

    withRelay(
      "a pulse that is ended early is over then, and followed by the pause; without one nothing ends",
      async (rig) => {
        const { relay, isEnergised } = rig;
        relay.relock();
        await relay.start();
        relay.relock();
        const startMs = rig.nowMs();
        const pulse = relay.pulse();
        await until(rig, "an energised relay", () => isEnergised() && relay.status().pulses === 1);
        relay.relock();
        assert.equal(await settled(rig, pulse), null);
        assert.deepEqual([isEnergised(), relay.status().active], [false, false]);
        assert.ok(rig.nowMs() - startMs < limits.pulseMs, "sooner than by itself");
        await assert.rejects(relay.pulse(), hasCode("RELAY_REFUSED"));
        await pulseWhenAllowed(rig);
        assert.deepEqual([relay.status().pulses, relay.status().fault], [2, null]);
        await relay.stop();
      },
    );

    withRelay(
      "a pulse beyond the maximum is refused, not shortened",
      async ({ relay, isEnergised }) => {
        await relay.start();
        await assert.rejects(relay.pulse(), hasCode("RELAY_REFUSED"));
        assert.equal(isEnergised(), false);
        assert.deepEqual([relay.status().active, relay.status().pulses], [false, 0]);
        await relay.stop();
      },
      { ...limits, pulseMs: limits.pulseMaxMs + 1 },
    );

    withRelay("a stop ends a pulse and refuses further ones until the next start", async (rig) => {
      const { relay, isEnergised } = rig;
      await relay.start();
      const pulse = relay.pulse();
      await until(rig, "an energised relay", () => isEnergised() && relay.status().pulses === 1);
      await Promise.all([relay.stop(), relay.stop()]);
      await pulse;
      assert.equal(isEnergised(), false);
      await assert.rejects(relay.pulse(), hasCode("RELAY_UNAVAILABLE"));
      await relay.start();
      await pulseWhenAllowed(rig);
      assert.equal(relay.status().pulses, 2);
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
