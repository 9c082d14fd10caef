// The PIN on disk: a hash that only the right PIN fits, in a file that only its owner reads, whole or not there.
import assert from "node:assert/strict";
import { chmod, chown, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { errorCodes, type FacelatchError } from "../../../device/errors/errors.ts";
import { isPin, pinFilePath, readStoredPin, setPin } from "../../../device/second-step/pin-file.ts";
import { readWrongPins, writeWrongPins, wrongPinsPath } from "../../../device/second-step/wrong-pins-file.ts";
import { rightPin, setCheapPin, stateWithPin, temporaryFolder, wrongPin } from "./pins.ts";

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe("a PIN that is set", () => {
  it("is known again, and no other is", async (t) => {
    const stored = await readStoredPin(await stateWithPin(t));
    assert.equal(await isPin(rightPin, stored), true);
    for (const other of [wrongPin, rightPin.slice(1), `${rightPin}0`, "", [...rightPin].reverse().join("")]) {
      assert.equal(await isPin(other, stored), false, other);
    }
  });

  it("is kept as a salted hash of 32 MiB and its parameters, and is nowhere in the file", async (t) => {
    const folder = await temporaryFolder(t);
    await setPin(folder, rightPin);
    const first = await readFile(pinFilePath(folder), "utf8");
    assert.ok(!first.includes(rightPin));
    const { salt, hash, ...rest } = JSON.parse(first);
    assert.deepEqual(rest, { formatVersion: 1, algorithm: "scrypt", cost: 32_768, blockSize: 8, parallelism: 3 });
    await setPin(folder, rightPin);
    const second = JSON.parse(await readFile(pinFilePath(folder), "utf8"));
    assert.notEqual(second.salt, salt);
    assert.notEqual(second.hash, hash);
    assert.equal(await isPin(rightPin, await readStoredPin(folder)), true);
  });

  it("is read by its owner alone, whatever the mask and the file before it", async (t) => {
    const folder = await temporaryFolder(t);
    const before = process.umask(0);
    t.after(() => process.umask(before));
    await setCheapPin(folder);
    await chmod(pinFilePath(folder), 0o644);
    await setCheapPin(folder);
    assert.equal(await modeOf(pinFilePath(folder)), 0o600);
    assert.equal(await modeOf(wrongPinsPath(folder)), 0o600);
    assert.equal(await modeOf(dirname(pinFilePath(folder))), 0o700);
    assert.deepEqual((await readdir(dirname(pinFilePath(folder)))).sort(), ["pin.json", "wrong-pins.json"]);
  });

  it("belongs to whoever owns the state directory, also when root sets it", async (t) => {
    const folder = await temporaryFolder(t);
    if (process.getuid?.() === 0) await chown(folder, 1_234, 1_235);
    const { uid, gid } = await stat(folder);
    await setCheapPin(folder);
    for (const path of [dirname(pinFilePath(folder)), pinFilePath(folder), wrongPinsPath(folder)]) {
      const owner = await stat(path);
      assert.deepEqual([owner.uid, owner.gid], [uid, gid], path);
    }
  });

  it("takes the place of what an interrupted attempt left", async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, "keys"));
    await writeFile(join(folder, "keys", ".pin.json.next"), "half");
    await setCheapPin(folder);
    assert.equal(await isPin(rightPin, await readStoredPin(folder)), true);
  });

  it("forgives wrong ones", async (t) => {
    const folder = await stateWithPin(t);
    await writeWrongPins(folder, 7);
    await setCheapPin(folder);
    assert.equal(await readWrongPins(folder), 0);
  });
});

describe("setting a PIN", () => {
  it("takes 4 to 12 digits, and shows nothing of what it refuses", async (t) => {
    const folder = await temporaryFolder(t);
    const digits = fc.stringMatching(/^[0-9]{4,12}$/);
    const notPin = fc.oneof(
      fc.string(),
      fc.constantFrom("123", "1234567890123", "12 34", "１２３４", "1234\n", "-1234"),
    );
    for (const pin of fc.sample(digits, 3)) await setCheapPin(folder, pin);
    for (const text of fc.sample(notPin, 200).filter((value) => !/^\d{4,12}$/.test(value))) {
      await assert.rejects(setCheapPin(folder, text), (error: FacelatchError) => {
        assert.equal(error.code, "INPUT_INVALID");
        if (text.length > 3) assert.ok(!error.message.includes(text));
        return true;
      });
    }
  });

  it("needs the state directory to be there", async (t) => {
    const folder = await temporaryFolder(t);
    await assert.rejects(setPin(join(folder, "elsewhere"), rightPin), { code: "INPUT_MISSING" });
    assert.deepEqual(await readdir(folder), []);
  });

  it("leaves the PIN that was set where the new one cannot be written", async (t) => {
    const folder = await stateWithPin(t);
    await mkdir(join(folder, "keys", ".pin.json.next"));
    await assert.rejects(setCheapPin(folder, wrongPin), { code: "SECOND_STEP_UNAVAILABLE" });
    assert.equal(await isPin(rightPin, await readStoredPin(folder)), true);
  });
});

describe("a file that is missing, damaged or too large", () => {
  it("is no PIN and no count, whatever is in it", async (t) => {
    const folder = await stateWithPin(t);
    const good = JSON.parse(await readFile(pinFilePath(folder), "utf8"));
    const bad = [
      "",
      "null",
      "{}",
      "[1]",
      "\0",
      JSON.stringify({ ...good, cost: 16_777_216 }),
      JSON.stringify({ ...good, cost: 20_000 }),
      JSON.stringify({ ...good, blockSize: 1_000 }),
      JSON.stringify({ ...good, hash: good.hash.slice(2) }),
      JSON.stringify({ ...good, formatVersion: 2 }),
      JSON.stringify({ ...good, extra: 1 }),
      JSON.stringify(good).slice(0, -1),
      `${JSON.stringify(good)}${" ".repeat(5_000)}`,
    ];
    for (const text of bad) {
      await writeFile(pinFilePath(folder), text);
      await assert.rejects(readStoredPin(folder), { code: "SECOND_STEP_UNAVAILABLE" }, text);
    }
    for (const text of [...bad, '{"formatVersion":1,"wrongInRow":-1}', '{"formatVersion":1,"wrongInRow":0.5}']) {
      await writeFile(wrongPinsPath(folder), text);
      await assert.rejects(readWrongPins(folder), { code: "SECOND_STEP_UNAVAILABLE" }, text);
    }
    assert.equal(errorCodes.SECOND_STEP_UNAVAILABLE.status, 503);
  });

  it("is not there: no PIN, and no wrong one", async (t) => {
    const folder = await temporaryFolder(t);
    await assert.rejects(readStoredPin(folder), /found none\. Set it with `facelatch pin set`/);
    assert.equal(await readWrongPins(folder), 0);
  });
});
