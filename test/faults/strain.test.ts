// A board that is hot or short of memory, under the real daemon: fewer frames, the same rules, and the owner is let in.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { portraits } from "../fixtures/portraits.ts";
import { makeWorkingSite, RealDaemon, record, writeConfig } from "../fixtures/real-daemon.ts";

/** With the site's settings a board under strain takes a frame in so many ms at most. */
const sparingMs = 333;

/** How many frames were decided on in about three seconds, and how many a board under strain takes in that time. */
async function framesIn3S(daemon: RealDaemon): Promise<{ readonly taken: number; readonly sparedMax: number }> {
  const first = await daemon.status();
  const last = await daemon.until("sixty frames", ({ camera }) => camera.framesTotal >= first.camera.framesTotal + 60);
  const taken = last.counters.framesAnalysed - first.counters.framesAnalysed;
  return { taken, sparedMax: Math.ceil((last.uptimeMs - first.uptimeMs) / sparingMs) };
}

async function takesAllFrames(daemon: RealDaemon): Promise<void> {
  const { taken, sparedMax } = await framesIn3S(daemon);
  assert.ok(taken > sparedMax, `${taken} frames, ${sparedMax} under strain`);
}

test("a hot board, and one short of memory, take fewer frames until they are well again, and open all the while", async (t) => {
  const site = await makeWorkingSite(t);
  // Enough that a board that takes three frames a second is shown none twice within the decision's window.
  await record(site, await portraits("owner", 97));
  const zone = join(site.folder, "thermal/thermal_zone0");
  const memInfoPath = join(site.folder, "meminfo");
  mkdirSync(zone, { recursive: true });
  const heat = (celsius: number) => writeFileSync(join(zone, "temp"), `${celsius * 1000}\n`);
  const leave = (mib: number) => writeFileSync(memInfoPath, `MemAvailable: ${mib * 1024} kB\n`);
  heat(45);
  leave(500);
  await writeConfig(site, { board: { thermalDir: join(site.folder, "thermal"), memInfoPath } });
  const daemon = RealDaemon.start(t, site);
  const { board } = await daemon.untilUnlocked("before", 60_000);
  assert.deepEqual(board, { temperatureC: 45, memoryAvailableBytes: 500 * 1024 ** 2, strains: [] });
  await takesAllFrames(daemon);

  heat(82);
  await daemon.until("it is hot", (status) => status.board.strains.includes("hot"));
  const { taken, sparedMax } = await framesIn3S(daemon);
  assert.ok(taken > 0 && taken <= sparedMax + 1, `${taken} frames of at most ${sparedMax} and one that was on its way`);
  const hot = await daemon.untilUnlocked("the owner is let in by the hot board");
  assert.deepEqual([hot.state, hot.causes], ["ready", []]);

  heat(73);
  await daemon.until("a reading in the band", (status) => status.board.temperatureC === 73);
  assert.deepEqual((await daemon.status()).board.strains, ["hot"]);
  leave(20);
  await daemon.until("both", (status) => status.board.strains.length === 2);
  heat(60);
  await daemon.until("memory alone", (status) => status.board.strains.join() === "low_memory");
  leave(500);
  await daemon.until("no strain", (status) => status.board.strains.length === 0);
  await takesAllFrames(daemon);
  const told = (await daemon.events()).filter(({ type }) => type.startsWith("board."));
  assert.deepEqual(
    told.map(({ type, reason }) => [type, reason]),
    [
      ["board.strained", "hot"],
      ["board.strained", "hot"],
      ["board.strained", "low_memory"],
      ["board.recovered", null],
    ],
  );
});
