// The second step under the real daemon: what it lacks is told, kills forgive nothing, and the PIN is nowhere but in its hash.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { rightPin, setCheapPin, wrongPin } from "../device/second-step/pins.ts";
import { eventually } from "../fixtures/eventually.ts";
import { causesOf, makeSite, makeWorkingSite, RealDaemon, type Site, writeConfig } from "../fixtures/real-daemon.ts";

const path = "/v1/second-step";

async function codeOf(response: Response): Promise<[status: number, code: string | undefined]> {
  return [response.status, ((await response.json()) as { readonly code?: string }).code];
}

async function assertNowhere(site: Site, pin: string): Promise<void> {
  const names = await readdir(site.stateDir, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  assert.ok(files.some((file) => file.endsWith("pin.json")) && files.some((file) => file.includes("sqlite")));
  for (const file of files) assert.ok(!(await readFile(file)).includes(pin), file);
}

// Without a bundle nobody is ever in view: so what is told of a right PIN does not hang on the camera.
test("a PIN is missing, is set, is entered wrong, and survives a kill, and is nowhere", {
  timeout: 120_000,
}, async (t) => {
  const site = await makeSite(t);
  await mkdir(site.stateDir);
  await writeConfig(site, { secondStep: { kind: "pin" }, log: { level: "trace" } });
  const daemon = RealDaemon.start(t, site);
  const missing = await daemon.until("the missing PIN is told", (status) => status.secondStep.fault !== null);
  assert.ok(causesOf(missing).includes("SECOND_STEP_UNAVAILABLE"));
  assert.match(String(missing.secondStep.fault?.message), /facelatch pin set/);
  assert.deepEqual(await codeOf(await daemon.post(path, { pin: rightPin })), [503, "SECOND_STEP_UNAVAILABLE"]);

  await setCheapPin(site.stateDir);
  const set = await daemon.until("the PIN is taken up", (status) => status.secondStep.fault === null);
  assert.deepEqual([set.secondStep.adapter, causesOf(set).includes("SECOND_STEP_UNAVAILABLE")], ["PIN", false]);
  assert.deepEqual(await codeOf(await daemon.post(path, { pin: rightPin })), [409, "NOBODY_IN_VIEW"]);
  for (let i = 0; i < 5; i++) {
    assert.deepEqual(await codeOf(await daemon.post(path, { pin: wrongPin })), [403, "PIN_WRONG"]);
  }
  const refusals = (await daemon.events()).filter(({ type }) => type === "second_step.refused");
  assert.deepEqual(
    refusals.map(({ reason }) => reason),
    Array(5).fill("pin_wrong"),
  );

  const killed = once(daemon.process, "exit");
  daemon.process.kill("SIGKILL");
  await killed;
  const next = RealDaemon.start(t, site);
  const waiting = await eventually(
    "PINs are judged",
    () => next.post(path, { pin: rightPin }),
    ({ status }) => status !== 503,
  );
  assert.ok(Number(waiting.headers.get("retry-after")) > 20);
  assert.deepEqual(await codeOf(waiting), [429, "PIN_WAIT"]);
  await next.end();
  for (const pin of [rightPin, wrongPin]) {
    assert.ok(!daemon.output.includes(pin) && !next.output.includes(pin));
    await assertNowhere(site, pin);
  }
});

test("a button on a chip that is not there is told, and nothing confirms", async (t) => {
  const site = await makeSite(t);
  await writeConfig(site, { secondStep: { kind: "button", chipLabel: "no-such-chip" } });
  const daemon = RealDaemon.start(t, site);
  const status = await daemon.until("the fault is told", ({ secondStep }) => secondStep.fault !== null);
  assert.ok(causesOf(status).includes("SECOND_STEP_UNAVAILABLE"));
  assert.deepEqual([status.secondStep.confirmations, status.locked], [0, true]);
  assert.deepEqual(await codeOf(await daemon.post(path, { pin: rightPin })), [404, "NOT_FOUND"]);
});

test("a recognised owner is let in by the right PIN alone, and once for each", async (t) => {
  const site = await makeWorkingSite(t);
  await setCheapPin(site.stateDir);
  await writeConfig(site, { secondStep: { kind: "pin" } });
  const daemon = RealDaemon.start(t, site);
  const asked = await daemon.until(
    "the PIN is asked for",
    (status) => status.decision?.reason === "confirmation_missing",
  );
  assert.equal(asked.relay.pulses, 0);
  assert.deepEqual(await codeOf(await daemon.post(path, { pin: wrongPin })), [403, "PIN_WRONG"]);
  const still = await daemon.until(
    "more frames",
    (status) => status.camera.framesTotal >= asked.camera.framesTotal + 20,
  );
  assert.equal(still.relay.pulses, 0, "a wrong PIN opened the door");
  assert.equal((await daemon.post(path, { pin: rightPin })).status, 200);
  const opened = await daemon.until("the door opens", (status) => status.relay.pulses > 0);
  const later = await daemon.until(
    "more frames",
    (status) => status.camera.framesTotal >= opened.camera.framesTotal + 40,
  );
  assert.equal(later.relay.pulses, 1, "one PIN opened twice");
  const types = (await daemon.events()).map(({ type }) => type);
  assert.ok(types.indexOf("second_step.confirmed") < types.indexOf("unlock.granted"), types.join(", "));
});
