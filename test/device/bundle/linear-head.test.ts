// The head's score and its file: what was written is read again, and whatever else a file holds is refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeHead,
  encodeHead,
  headPurposes,
  headScore,
  isSuspected,
  type LinearHead,
} from "../../../device/bundle/linear-head.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";

const head: LinearHead = {
  purpose: "mask",
  weights: Float32Array.of(1, -2, 0.5),
  bias: 0.25,
};

const refused = (bytes: Uint8Array, found: RegExp, purpose = head.purpose, inputs = 3) =>
  assert.throws(
    () => decodeHead(bytes, purpose, inputs),
    (error: unknown) => error instanceof FacelatchError && error.code === "MODEL_INVALID" && found.test(error.message),
  );

/** The head's file with one number of its header or weights replaced. */
function withFloat(offset: number, value: number): Uint8Array {
  const bytes = encodeHead(head);
  new DataView(bytes.buffer).setFloat32(offset, value, true);
  return bytes;
}

test("the score is the logistic of the weighted sum", () => {
  assert.equal(headScore([0, 0, -0.5], head), 0.5);
  assert.ok(Math.abs(headScore([1, 0, 0], head) - 1 / (1 + Math.exp(-1.25))) < 1e-9);
  assert.ok(headScore([-1e9, 0, 0], head) === 0 && headScore([1e9, 0, 0], head) === 1);
});

test("what is no number is suspected", () => {
  assert.equal(headScore([Number.NaN, 0, 0], head), 1);
  assert.equal(headScore([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0], head), 1);
  assert.ok(isSuspected(Number.NaN, 0.75) && isSuspected(0.5, Number.NaN));
  assert.ok(!isSuspected(0.7499, 0.75) && isSuspected(0.75, 0.75));
});

test("a head is read as it was written, also from the middle of a larger buffer", () => {
  for (const purpose of headPurposes) {
    const bytes = encodeHead({ ...head, purpose });
    const shifted = new Uint8Array(bytes.length + 7);
    shifted.set(bytes, 5);
    const read = decodeHead(shifted.subarray(5, 5 + bytes.length), purpose, 3);
    assert.deepEqual(read, { ...head, purpose });
  }
});

test("a file that is no such head is refused by what is wrong with it", () => {
  const bytes = encodeHead(head);
  refused(new Uint8Array(0), /0 bytes that are no head/);
  refused(bytes.subarray(0, 15), /15 bytes that are no head/);
  refused(bytes.subarray(0, bytes.length - 1), /27 bytes for 3 features/);
  refused(Uint8Array.of(...bytes, 0), /29 bytes for 3 features/);
  refused(bytes, /a head for mask/, "presentation");
  refused(bytes, /a head for 3 features/, "mask", 4);
  refused(withFloat(12, Number.NaN), /no numbers/);
  refused(withFloat(20, Number.POSITIVE_INFINITY), /no numbers/);
});

test("any bytes are read as a head or refused, never anything else", () => {
  const bytes = encodeHead(head);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(bytes.length),
      (changes, length) => {
        const changed = bytes.slice(0, length);
        for (const [at, value] of changes) if (at < length) changed[at] = value;
        try {
          const read = decodeHead(changed, "mask", 3);
          assert.ok(read.weights.every(Number.isFinite) && Number.isFinite(read.bias));
        } catch (error) {
          assert.ok(error instanceof FacelatchError && error.code === "MODEL_INVALID");
        }
      },
    ),
  );
});
