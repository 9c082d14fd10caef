// A board that is hot or short of memory, under the real daemon: fewer frames, the same rules, and the owner is let in.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { StatusReport } from "../../device/api/api.ts";
import { makeWorkingSite, RealDaemon, writeConfig } from "../fixtures/real-daemon.ts";

/** Of all frames that came in a while, how many were decided on. */
async function shareAnalysed(daemon: RealDaemon): Promise<number> {
  const first = await daemon.status();
  const last = await daemon.until("sixty frames", ({ camera }) => camera.framesTotal >= first.camera.framesTotal + 60);
  const grown = (of: (status: StatusReport) => number) => of(last) - of(first);
  return grown(({ counters }) => counters.framesAnalysed) / grown(({ camera }) => camera.framesTotal);
}

test("a hot board, and one short of memory, take fewer frames until they are well again, and open all the while", async (t) => {
  const site = await makeWorkingSite(t);
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
  assert.ok((await shareAnalysed(daemon)) > 0.5);

  heat(82);
  await daemon.until("it is hot", (status) => status.board.strains.includes("hot"));
  // Twenty frames a second come, and three are taken.
  const shareWhenHot = await shareAnalysed(daemon);
  assert.ok(shareWhenHot < 0.25, `${shareWhenHot}`);
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
  assert.ok((await shareAnalysed(daemon)) > 0.5);
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
