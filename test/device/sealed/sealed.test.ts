// The seal: what was sealed comes back whole, and nothing else comes back at all.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Identity, seal, sealOverheadBytes, unseal } from "../../../device/sealed/sealed.ts";

const key = randomBytes(32);
const identity: Identity = { realm: "feedback", kind: "frames", id: "0123456789ab" };

describe("a seal", () => {
  it("gives back what was sealed, and shows nothing of it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (contents) => {
        const box = seal(key, identity, contents);
        assert.equal(box.length, contents.length + sealOverheadBytes);
        assert.deepEqual(new Uint8Array(unseal(key, identity, box)!), contents);
        if (contents.length >= 8) assert.equal(box.indexOf(contents), -1);
      }),
    );
  });

  it("is another one each time", () => {
    const boxes = new Set(Array.from({ length: 100 }, () => seal(key, identity, Buffer.alloc(64)).toString("hex")));
    assert.equal(boxes.size, 100);
    const nonces = new Set([...boxes].map((box) => box.slice(8, 32)));
    assert.equal(nonces.size, 100);
  });

  it("does not open after any change of any byte", () => {
    const box = seal(key, identity, Buffer.from("a household negative"));
    fc.assert(
      fc.property(fc.nat(box.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const altered = Buffer.from(box);
        altered[at] = altered[at]! ^ change;
        assert.equal(unseal(key, identity, altered), null);
      }),
    );
  });

  it("does not open cut short, lengthened, empty, or made of anything", () => {
    const box = seal(key, identity, Buffer.from("a household negative"));
    for (let length = 0; length < box.length; length++) {
      assert.equal(unseal(key, identity, box.subarray(0, length)), null);
    }
    assert.equal(unseal(key, identity, Buffer.concat([box, Buffer.alloc(1)])), null);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => unseal(key, identity, bytes) === null));
  });

  it("does not open with another key, for another item, or as another kind", () => {
    const box = seal(key, identity, Buffer.from("a household negative"));
    assert.equal(unseal(randomBytes(32), identity, box), null);
    assert.equal(unseal(key, { ...identity, id: "0123456789ac" }, box), null);
    assert.equal(unseal(key, { ...identity, kind: "register" }, box), null);
    assert.equal(unseal(key, { ...identity, realm: "people" }, box), null);
  });

  it("takes a key of another length for a bug", () => {
    for (const length of [0, 16, 31, 33])
      assert.throws(() => seal(Buffer.alloc(length), identity, Buffer.alloc(1)), { name: "AssertionError" });
  });
});
