// A mistake in the configuration, under the real daemon: the API tells it, and mending the file starts the door.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { makeWorkingSite, RealDaemon } from "../fixtures/real-daemon.ts";

test("a misspelt setting keeps the door locked, is told with a suggestion, and the mended file starts the door", async (t) => {
  const site = await makeWorkingSite(t);
  const sound = await readFile(site.configPath, "utf8");
  await writeFile(site.configPath, sound.replace("framesNeeded", "framesNeded"));
  const daemon = RealDaemon.start(t, site);
  const status = await daemon.until("the API answers", () => true);
  assert.deepEqual(
    [status.state, status.locked, status.relay.adapter, status.relay.pulses],
    ["degraded", true, "none", 0],
  );
  assert.equal(status.causes[0]?.code, "CONFIG_INVALID");
  assert.match(status.causes[0]?.message ?? "", /framesNeded.*did you mean decision\.framesNeeded/);
  assert.equal((await daemon.get("/readyz")).status, 503);
  assert.equal((await daemon.get("/livez")).status, 200);

  await writeFile(site.configPath, "owner: [");
  await daemon.until("the next mistake is told", ({ causes }) => causes[0]?.message.includes("framesNeded") === false);

  await writeFile(site.configPath, sound);
  const working = await daemon.untilUnlocked("the owner is let in");
  assert.notEqual(working.bootId, status.bootId);
  assert.equal(daemon.process.exitCode, null);
});

test("a setting that is missing and has no default is told, and the door starts when it is written", async (t) => {
  const site = await makeWorkingSite(t);
  const sound = await readFile(site.configPath, "utf8");
  await writeFile(site.configPath, "api: { port: 0 }\ncamera: { kind: replay }\n");
  const daemon = RealDaemon.start(t, site);
  const status = await daemon.until("the API answers", () => true);
  assert.equal(status.causes[0]?.code, "CONFIG_INVALID");
  assert.match(status.causes[0]?.message ?? "", /camera\.path/);
  await writeFile(site.configPath, sound);
  await daemon.untilUnlocked("the owner is let in");
});
