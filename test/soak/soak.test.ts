// The real daemon for an hour: people come and go, it opens, and neither its memory nor its open files grow.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { packageRoot } from "../../device/installation/installation.ts";
import { portraits } from "../fixtures/portraits.ts";
import { makeWorkingSite, RealDaemon, record } from "../fixtures/real-daemon.ts";
import { framesOf, place } from "../fixtures/scenes.ts";

const durationS = Number(process.env["FACELATCH_SOAK_S"] ?? 3_600);
const sampleEveryMs = 2_000;
/** Caches fill and code is compiled before memory says anything. */
const warmUpShare = 0.25;
/** V8 gives memory back when it likes: what it holds at least, in two parts of the run, differs by so much without a leak. */
const noiseBytes = 12 * 1024 ** 2;
/** A leak of a kilobyte for each of the run's 72,000 frames an hour would be six times this. */
const slopeMaxBytesPerHour = 12 * 1024 ** 2;
const pageBytes = 4_096;

interface Sample {
  readonly atMs: number;
  readonly rssBytes: number;
  readonly files: number;
}

function sample(pid: number): Sample {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return { atMs: performance.now(), rssBytes: pages * pageBytes, files: readdirSync(`/proc/${pid}/fd`).length };
}

/** Of the straight line that fits best, in bytes an hour. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const [atMs, rssBytes] = [mean((each) => each.atMs), mean((each) => each.rssBytes)];
  const covariance = mean((each) => (each.atMs - atMs) * (each.rssBytes - rssBytes));
  const variance = mean((each) => (each.atMs - atMs) ** 2);
  return (covariance / variance) * 3_600_000;
}

/** The least memory and the fewest files of the first and of the last third after the warm-up: what is in use for a moment is no leak. */
function summarise(all: readonly Sample[]) {
  const samples = all.slice(Math.floor(all.length * warmUpShare));
  const third = Math.floor(samples.length / 3);
  const [early, late] = [samples.slice(0, third), samples.slice(-third)];
  const least = (part: readonly Sample[], of: (sample: Sample) => number) => Math.min(...part.map(of));
  const [bytesOf, filesOf] = [({ rssBytes }: Sample) => rssBytes, ({ files }: Sample) => files];
  return {
    samples: samples.length,
    rssBytes: { early: least(early, bytesOf), late: least(late, bytesOf) },
    slopeBytesPerHour: Math.round(slopeOf(samples)),
    openFiles: { early: least(early, filesOf), late: least(late, filesOf) },
  };
}

type Summary = ReturnType<typeof summarise>;

function assertFlat(name: string, { rssBytes, slopeBytesPerHour, openFiles }: Summary, hours: number): void {
  assert.ok(openFiles.late <= openFiles.early, `${name}: ${openFiles.early} open files, then ${openFiles.late}`);
  const grownMax = noiseBytes + slopeMaxBytesPerHour * hours;
  const grown = rssBytes.late - rssBytes.early;
  assert.ok(grown <= grownMax, `${name}: ${grown} bytes more in ${hours} h, at ${slopeBytesPerHour} an hour`);
}

test(`the daemon runs for ${durationS} s without growing`, async (t) => {
  assert.ok(durationS >= 60, "a shorter run tells nothing");
  const site = await makeWorkingSite(t);
  const [owner, stranger] = [await portraits("owner", 60), await portraits("stranger", 60)];
  // Long enough that each of them counts as gone.
  const nobody = await framesOf(place(3, 40, 30), 30);
  await record(site, [...owner, ...nobody, ...stranger, ...nobody]);
  const daemon = RealDaemon.start(t, site);
  const { vision } = await daemon.untilUnlocked("the owner is let in", 60_000);
  const pids = { daemon: daemon.process.pid!, vision: vision.pid! };
  const samples: { readonly daemon: Sample[]; readonly vision: Sample[] } = { daemon: [], vision: [] };
  const startMs = performance.now();
  while (performance.now() - startMs < durationS * 1_000) {
    await wait(sampleEveryMs);
    samples.daemon.push(sample(pids.daemon));
    samples.vision.push(sample(pids.vision));
    // Somebody looks at the page now and then.
    const status = await daemon.status();
    assert.deepEqual([status.vision.restarts, status.camera.restarts, status.causes], [0, 0, []]);
    for (const path of ["/metrics", "/v1/events?limit=50", "/v1/live/frame.jpg"]) {
      await (await daemon.get(path)).arrayBuffer();
    }
  }
  const last = await daemon.untilUnlocked("the owner is let in at the end");
  const report = {
    durationS: Math.round((performance.now() - startMs) / 1_000),
    frames: last.counters.framesAnalysed,
    unlocks: last.counters.unlocks,
    refusals: last.counters.refusals,
    daemon: summarise(samples.daemon),
    vision: summarise(samples.vision),
  };
  mkdirSync(join(packageRoot, "reports"), { recursive: true });
  writeFileSync(join(packageRoot, "reports/soak.json"), `${JSON.stringify(report, null, 2)}\n`);
  t.diagnostic(JSON.stringify(report));
  // It was no quiet time: people were let in, and others refused.
  assert.ok(report.unlocks > durationS / 20 && report.refusals > durationS / 20, JSON.stringify(report));
  const hours = report.durationS / 3_600;
  assertFlat("daemon", report.daemon, hours);
  assertFlat("vision", report.vision, hours);
});
