// The register's files and what happens to them: numbers that are taken once, losses that are told, changes by another process.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { commitRegister, type RegisterKind, readRegister } from "../../../device/sealed/register-files.ts";
import { SealedRegister } from "../../../device/sealed/sealed-register.ts";
import { temporaryFolder } from "../feedback/open-feedback.ts";

/** A register of words. */
const kind: RegisterKind<readonly string[]> = {
  realm: "words",
  empty: [],
  encode: (words) => Buffer.from(JSON.stringify(words)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString()) as string[],
  faults: {
    full: (found, cause) => new FacelatchError("DISK_FULL", { expected: "space", found, next: "x", cause }),
    unavailable: (expected, found, next) => new FacelatchError("STORE_UNAVAILABLE", { expected, found, next }),
  },
  holds: "the register of words",
  nextWithout: () => "Say them again.",
};

const open = (stateDir: string) => new SealedRegister({ kind, stateDir });

describe("a register", () => {
  it("holds what was changed last, sealed, in one file", (t) => {
    const stateDir = temporaryFolder(t);
    const register = open(stateDir);
    assert.deepEqual([register.content, readdirSync(stateDir)], [[], []], "looking makes nothing");
    register.begin();
    register.update((words) => [...words, "owner"]);
    register.update((words) => [...words, "brother"]);
    assert.deepEqual(open(stateDir).content, ["owner", "brother"]);
    assert.deepEqual(register.onDisk(), ["owner", "brother"]);
    assert.deepEqual(readdirSync(join(stateDir, "words")), ["register-3"]);
    assert.ok(!readFileSync(join(stateDir, "words/register-3")).includes("brother"));
  });

  it("takes in what another process changed, and tells of it", (t) => {
    const stateDir = temporaryFolder(t);
    const told: (readonly string[])[] = [];
    const mine = new SealedRegister({
      kind,
      stateDir,
      onRefreshed: (before, after) => told.push([...before, "-", ...after]),
    });
    mine.begin();
    mine.update(() => ["a"]);
    const theirs = open(stateDir);
    theirs.update((words) => [...words, "b"]);
    mine.update((words) => [...words, "c"]);
    assert.deepEqual([mine.content, told], [["a", "b", "c"], [["a", "-", "a", "b"]]]);
  });

  it("that is torn, of another place, older, gone, or without its key is a loss, never an empty one", (t) => {
    const torn = (change: (folder: string, bytes: Buffer) => void): void => {
      const stateDir = temporaryFolder(t);
      const register = open(stateDir);
      register.begin();
      register.update(() => ["a"]);
      change(join(stateDir, "words"), readFileSync(join(stateDir, "words/register-2")));
      assert.throws(() => open(stateDir), { code: "STORE_UNAVAILABLE" });
      assert.throws(() => register.onDisk(), { code: "STORE_UNAVAILABLE" });
    };
    torn((folder, bytes) => writeFileSync(join(folder, "register-2"), bytes.subarray(0, -1)));
    torn((folder) => writeFileSync(join(folder, "register-2"), ""));
    torn((folder, bytes) => writeFileSync(join(folder, "register-3"), bytes));
    torn((folder) => rmSync(join(folder, "register-2")));
    const stateDir = temporaryFolder(t);
    const register = open(stateDir);
    register.begin();
    register.update(() => ["a"]);
    rmSync(join(stateDir, "keys/words.key"));
    assert.throws(() => open(stateDir), { code: "STORE_UNAVAILABLE", message: /expected the key/ });
  });
});

describe("two processes that write at once", () => {
  it("cannot both take a number, nor one that is long past", (t) => {
    const folder = join(temporaryFolder(t), "words");
    mkdirSync(folder);
    const key = Buffer.alloc(32, 7);
    const commit = (number: number, word: string) => commitRegister(kind, folder, key, { number, content: [word] });
    assert.equal(commit(1, "a"), true);
    assert.equal(commit(2, "b"), true);
    assert.equal(commit(2, "x"), false);
    assert.equal(commit(3, "c"), true);
    assert.equal(commit(2, "x"), false, "number 2 is free again, but no longer the newest");
    assert.deepEqual(readRegister(kind, folder, key), { number: 3, content: ["c"] });
    assert.deepEqual(readdirSync(folder), ["register-3"]);
  });
});
