// The guard's judgement: its own check of a request agrees with the schema, numbers are kept, and silence is counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import { guardRequestSchema } from "../../../device/relay/guard-messages.ts";
import {
  hear,
  initialGuardState,
  pulseBegan,
  pulseEnded,
  requestOf,
  silenceLeftMs,
} from "../../../device/relay/guard-state.ts";

const numbers = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 1.5, 2 ** 53, 2 ** 53 - 1, 1e300),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const parts = fc.record(
  {
    version: fc.constantFrom<unknown>(1, 1, 1, 2, "1", null),
    type: fc.constantFrom<unknown>("pulse", "heartbeat", "relock", "ready", 1, null),
    seq: fc.oneof(fc.integer({ min: 1, max: 9 }), numbers, fc.constantFrom<unknown>("1", null, [])),
    pulseMs: fc.oneof(numbers, fc.constantFrom<unknown>("1", null)),
    extra: fc.constant(1),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const likely = fc.record(
  {
    version: fc.constant(1),
    type: fc.constantFrom("pulse", "heartbeat", "relock"),
    seq: fc.integer({ min: 0, max: 9 }),
    pulseMs: numbers,
  },
  { requiredKeys: ["version", "type", "seq"], noNullPrototype: true },
);

test("the guard takes exactly the requests that the schema describes", () => {
  let taken = 0;
  fc.assert(
    fc.property(fc.oneof(parts, likely, fc.jsonValue()), (message) => {
      const request = requestOf(message);
      assert.equal(request !== null, Check(guardRequestSchema, message), JSON.stringify(message));
      if (request === null) return;
      taken++;
      assert.deepEqual(request, message);
    }),
    { numRuns: 5_000 },
  );
  assert.ok(taken > 200, `${taken} of the messages were requests`);
});

test("of any sequence of numbers, the guard follows what counts up by one from 1, and ends at the first other", () => {
  const sequence = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.integer({ min: -2, max: 3 })));
  fc.assert(
    fc.property(sequence, (increments) => {
      let state = initialGuardState(0);
      let seq = 0;
      for (const [index, increment] of increments.entries()) {
        seq = Math.max(1, seq + increment);
        const before = state.seq;
        const [next, action] = hear(state, { version: 1, type: "heartbeat", seq }, index);
        assert.equal(action.type, seq === before + 1 ? "alive" : "end");
        if (action.type === "end") return;
        assert.deepEqual([next.seq, next.heardAtMs], [seq, index]);
        state = next;
      }
    }),
  );
});

test("in a pulse the daemon may be silent until the timeout after its last message; without one for ever", () => {
  let state = initialGuardState(0);
  assert.equal(silenceLeftMs(state, 1e9, 700), Number.POSITIVE_INFINITY);
  [state] = hear(state, { version: 1, type: "pulse", seq: 1, pulseMs: 50 }, 1_000);
  state = pulseBegan(state);
  assert.deepEqual([silenceLeftMs(state, 1_000, 700), silenceLeftMs(state, 1_700, 700)], [700, 0]);
  [state] = hear(state, { version: 1, type: "heartbeat", seq: 2 }, 1_600);
  assert.equal(silenceLeftMs(state, 1_700, 700), 600);
  assert.equal(silenceLeftMs(pulseEnded(state), 9_999, 700), Number.POSITIVE_INFINITY);
});
