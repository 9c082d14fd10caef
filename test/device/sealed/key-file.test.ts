// The key's file: private, whole, made once, and never written over.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { makeKey, keyPathOf as pathOf, readKey as readAt } from "../../../device/sealed/key-file.ts";
import { temporaryFolder } from "../feedback/open-feedback.ts";

const keyPathOf = (stateDir: string) => pathOf(stateDir, "feedback");
const readKey = (path: string) =>
  readAt(path, (expected, found, next) => new FacelatchError("FEEDBACK_UNAVAILABLE", { expected, found, next }));

describe("a new key", () => {
  it("is 32 random bytes for its owner alone, and reads back", (t) => {
    const path = keyPathOf(temporaryFolder(t));
    const key = makeKey(path, () => undefined);
    assert.equal(key.length, 32);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    assert.deepEqual(readKey(path), key);
    assert.deepEqual(readdirSync(dirname(path)), ["feedback.key"]);
    assert.notDeepEqual(
      makeKey(keyPathOf(temporaryFolder(t)), () => undefined),
      key,
    );
  });

  it("does not take the place of one that is there", (t) => {
    const path = keyPathOf(temporaryFolder(t));
    const key = makeKey(path, () => undefined);
    assert.throws(() => makeKey(path, () => undefined), { code: "EEXIST" });
    assert.deepEqual(readKey(path), key);
    assert.deepEqual(readdirSync(dirname(path)), ["feedback.key"]);
  });

  it("is not stored when what has to come before it fails", (t) => {
    const path = keyPathOf(temporaryFolder(t));
    const fail = () => {
      throw new Error("the disk is full");
    };
    assert.throws(() => makeKey(path, fail), /the disk is full/);
    assert.equal(readKey(path), null);
    assert.deepEqual(readdirSync(dirname(path)), []);
  });
});

describe("a key's file", () => {
  it("that is missing is no key", (t) => {
    assert.equal(readKey(keyPathOf(temporaryFolder(t))), null);
  });

  it("of another length is refused, and stays as it is", (t) => {
    const path = keyPathOf(temporaryFolder(t));
    mkdirSync(dirname(path));
    for (const bytes of [0, 16, 31, 33, 4_096]) {
      writeFileSync(path, Buffer.alloc(bytes, 7), { mode: 0o600 });
      assert.throws(() => readKey(path), { code: "FEEDBACK_UNAVAILABLE", message: /expected a key of 32 bytes/ });
      assert.deepEqual(readFileSync(path), Buffer.alloc(bytes, 7));
    }
  });

  it("that others may read or write is refused, and a stricter mode is not", (t) => {
    const path = keyPathOf(temporaryFolder(t));
    const key = makeKey(path, () => undefined);
    for (const mode of [0o644, 0o640, 0o604, 0o620, 0o601]) {
      chmodSync(path, mode);
      assert.throws(() => readKey(path), { code: "FEEDBACK_UNAVAILABLE", message: /expected a key of mode 0600/ });
      assert.equal(statSync(path).mode & 0o777, mode);
    }
    chmodSync(path, 0o400);
    assert.deepEqual(readKey(path), key);
  });

  it("that is a link or a folder is refused", (t) => {
    const folder = temporaryFolder(t);
    makeKey(join(folder, "elsewhere"), () => undefined);
    symlinkSync(join(folder, "elsewhere"), join(folder, "link"));
    assert.throws(() => readKey(join(folder, "link")), { code: "FEEDBACK_UNAVAILABLE", message: /found a link/ });
    mkdirSync(join(folder, "folder"));
    assert.throws(() => readKey(join(folder, "folder")), { code: "FEEDBACK_UNAVAILABLE" });
  });
});
