// The pairing code: shown once, good once, for two minutes, and for five tries that a restart does not give back.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openPairing } from "../../../device/access/board-commands.ts";
import { PairingFiles, pairingMs, wrongCodesMax } from "../../../device/access/pairing-files.ts";
import { facelatch } from "../../fixtures/facelatch-command.ts";
import type { Ending } from "../api/fake-device.ts";
import { stateFolder } from "../delivery/small-delivery.ts";

const wrongCode = "22222222";

/** A board whose time stands still until it is told. */
function board(t: Ending) {
  const state = stateFolder(t);
  const clock = { nowMs: 1_000_000 };
  const daemon = () => new PairingFiles(state, { nowMs: () => clock.nowMs });
  return { state, clock, daemon };
}

async function enterWrong(pairing: PairingFiles, times: number): Promise<void> {
  for (let i = 0; i < times; i++) assert.equal((await pairing.enter(wrongCode)).kind, "wrong");
}

describe("a pairing code", () => {
  it("is easily typed, and lets one browser in, once", async (t) => {
    const pairing = board(t).daemon();
    const code = await pairing.open();
    assert.match(code, /^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/);
    assert.notEqual(await pairing.open(), code);
    const last = await pairing.open();
    assert.equal((await pairing.enter(code)).kind, "wrong", "a later one took its place");
    assert.deepEqual(await pairing.enter(` ${last.toLowerCase().replace("-", " ")} `), { kind: "paired" });
    assert.deepEqual(await pairing.enter(last), { kind: "closed" });
  });

  it("is used up by one of two who enter it at the same time", async (t) => {
    const pairing = board(t).daemon();
    const code = await pairing.open();
    const answers = await Promise.all([pairing.enter(code), pairing.enter(code), pairing.enter(code)]);
    assert.deepEqual(answers.map(({ kind }) => kind).sort(), ["busy", "busy", "paired"]);
  });

  it("counts for two minutes, and not before it was opened, as after a start of the board", async (t) => {
    const { clock, daemon } = board(t);
    const code = await daemon().open();
    const openedAtMs = clock.nowMs;
    for (const nowMs of [openedAtMs + pairingMs, openedAtMs - 1, 0, Number.NaN]) {
      clock.nowMs = nowMs;
      assert.deepEqual(await daemon().enter(code), { kind: "closed" }, String(nowMs));
    }
    clock.nowMs = openedAtMs + pairingMs - 1;
    assert.deepEqual(await daemon().enter(code), { kind: "paired" });
  });

  it("is on the disk as a hash, in files that nobody else may read", async (t) => {
    const { state, daemon } = board(t);
    const code = await daemon().open();
    await enterWrong(daemon(), 1);
    const folder = join(state, "access");
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    for (const name of readdirSync(folder)) {
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
      const text = readFileSync(join(folder, name), "utf8");
      assert.ok(!text.includes(code) && !text.includes(code.replace("-", "")), name);
    }
  });
});

describe("wrong codes", () => {
  it("close the pairing after five, also for the right one", async (t) => {
    const pairing = board(t).daemon();
    const code = await pairing.open();
    for (let left = wrongCodesMax - 1; left >= 0; left--) {
      assert.deepEqual(await pairing.enter(wrongCode), { kind: "wrong", triesLeft: left });
    }
    assert.deepEqual(await pairing.enter(code), { kind: "closed" });
  });

  it("count on through restarts, until somebody opens a pairing on the board", async (t) => {
    const { state, daemon } = board(t);
    assert.ok(await daemon().openAtStart());
    await enterWrong(daemon(), 3);
    await daemon().dropAtStart();
    assert.ok(await daemon().openAtStart());
    await enterWrong(daemon(), 2);
    await daemon().dropAtStart();
    assert.equal(await daemon().openAtStart(), null);
    assert.deepEqual(await daemon().enter(wrongCode), { kind: "closed" });
    const { code } = await openPairing(state);
    assert.deepEqual(await new PairingFiles(state).enter(code), { kind: "paired" });
  });

  it("are forgotten once the right one was entered", async (t) => {
    const { daemon } = board(t);
    const code = await daemon().open();
    await enterWrong(daemon(), 4);
    assert.equal((await daemon().enter(code)).kind, "paired");
    assert.ok(await daemon().openAtStart());
    assert.deepEqual(await daemon().enter(wrongCode), { kind: "wrong", triesLeft: wrongCodesMax - 1 });
  });
});

describe("what an earlier run left", () => {
  it("is dropped at the start", async (t) => {
    const { daemon } = board(t);
    const code = await daemon().open();
    await daemon().dropAtStart();
    assert.deepEqual(await daemon().enter(code), { kind: "closed" });
    await daemon().dropAtStart();
  });

  it("lets nobody in where it is damaged, and can be replaced on the board", async (t) => {
    const { state, daemon } = board(t);
    for (const name of ["pairing.record", "pairing.tries"]) {
      const code = await daemon().open();
      for (const damage of ["", "{}", '{"wrongInRow":-1}', "x".repeat(10_000)]) {
        writeFileSync(join(state, "access", name), damage);
        await assert.rejects(daemon().enter(code), { code: "ACCESS_UNAVAILABLE" });
      }
      assert.deepEqual(await daemon().enter(await daemon().open()), { kind: "paired" });
    }
  });
});

describe("facelatch pair", () => {
  it("opens one, and says how to reach the page and to know it", async (t) => {
    const state = stateFolder(t);
    const config = join(state, "door.yaml");
    writeFileSync(
      config,
      `stateDir: ${state}\ncamera: { kind: replay, path: x.mjpeg }\nrelay: { kind: recorded }\napi: { port: 8781 }\n`,
    );
    const { stdout, exitCode } = await facelatch("pair", "--config", config);
    assert.equal(exitCode, 0);
    const [, code, address] = /^Pairing code (\S+), for two minutes and one browser, at (\S+)/.exec(stdout)!;
    assert.equal(address, "http://127.0.0.1:8781/");
    assert.deepEqual(await new PairingFiles(state).enter(code!), { kind: "paired" });
    const { expiresInMs } = (await facelatch("pair", "--config", config, "--json")).json();
    assert.equal(expiresInMs, pairingMs);
  });
});
