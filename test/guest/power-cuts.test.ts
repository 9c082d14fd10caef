// Power cuts of the disk that holds events and bundles, as the kernel itself noted its writes: what was acknowledged is there,
// the file system, the store and the slots open, and the daemon starts locked.
import assert from "node:assert/strict";
import { cp, type FileHandle, mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { seededRandom } from "../../training/seeded-random.ts";
import { portraits } from "../fixtures/portraits.ts";
import { goodBundle, makeSite, record } from "../fixtures/real-daemon.ts";
import { changedBundle, type SmallBundle } from "../fixtures/small-bundle.ts";
import { makePowerSite, target } from "../power/power-site.ts";
import { makeAmd64Image } from "./amd64-image.ts";
import { CutImage, readCutImage } from "./cut-image.ts";
import { newestKernel } from "./debian.ts";
import { Guest } from "./guest.ts";
import { requirePrograms, runCommand } from "./host-command.ts";
import { amd64Machine } from "./machines.ts";
import { type Acknowledged, noteMark, PowerJudge } from "./power-judge.ts";
import type { PowerWork } from "./power-marks.ts";
import { type NotedWrite, readWriteLog } from "./write-log.ts";

const minute = 60_000;
/** Cuts, each of the writes of all of the work. */
const pointsMin = Number(process.env["FACELATCH_POWER_POINTS"] ?? "200");
/** So many cuts apart, the real daemon is started on what is left. */
const daemonEvery = 40;
const workSteps = 200;
const bundlesCount = 3;
/** The last of what a lying drive was told; it holds the end of the work. */
const lyingNotes = 300;

async function emptyFile(path: string, size: string): Promise<string> {
  await runCommand("truncate", ["-s", size, path], { timeoutMs: minute });
  return path;
}

interface Work {
  readonly keys: string;
  /** The disk before the first note, and what was noted since. */
  readonly disk: string;
  readonly log: string;
}

/** Lets the guest work on a recorded disk. */
async function recordWork(t: TestContext, folder: string, bundles: readonly SmallBundle[]): Promise<Work> {
  const { keys, archives } = await makePowerSite(t, bundles);
  const door = join(folder, "door");
  await mkdir(door);
  await cp(keys, join(door, "keys"), { recursive: true });
  for (const [index, archive] of archives.entries()) await cp(archive, join(door, `bundle-${index + 1}.tar`));
  const installEvery = Math.floor(workSteps / (bundles.length + 1));
  const plan: PowerWork = { target, bundles: bundles.map(({ sha256 }) => sha256), installEvery };
  await writeFile(join(door, "work.json"), JSON.stringify(plan));
  const image = await makeAmd64Image(folder, await newestKernel(), { test: "power", door, rounds: workSteps });
  const [disk, log] = [await emptyFile(join(folder, "data.img"), "192M"), await emptyFile(join(folder, "log"), "1G")];
  await runCommand("/sbin/mke2fs", ["-q", "-t", "ext4", disk], { timeoutMs: minute });
  const said: string[] = [];
  const guest = new Guest({
    program: "qemu-system-x86_64",
    args: amd64Machine(image, [
      { file: disk, isKept: false },
      { file: log, isKept: true },
    ]),
    timeoutMs: 15 * minute,
    onMessage: (message) => {
      said.push(message.type);
      t.diagnostic(JSON.stringify(message));
    },
  });
  t.after(() => guest.end());
  await guest.ended();
  assert.ok(said.includes("done"), guest.console);
  return { keys, disk, log };
}

interface Cutting {
  readonly work: Work;
  readonly log: FileHandle;
  readonly notes: readonly NotedWrite[];
  readonly sectorBytes: number;
  /** Where the disk that was cut is made, and where its files are taken out. */
  readonly cut: string;
  readonly stateDir: string;
}

/** Cuts of the whole work, evenly spread over its writes. @returns what was acknowledged in all */
async function cutEverywhere(t: TestContext, cutting: Cutting, judge: PowerJudge): Promise<Acknowledged> {
  const { work, log, notes, sectorBytes, cut, stateDir } = cutting;
  const door = await makeSite(t);
  await record(door, await portraits("stranger", 20));
  const image = new CutImage(log, notes, sectorBytes, work.disk);
  const known: Acknowledged = { event: null, tokens: [], lockdown: [false], bundles: [null] };
  const random = seededRandom(1);
  const writes = notes.flatMap(({ bytes }, index) => (bytes > 0 ? [index] : []));
  let seen = 0;
  for (let n = 1; n <= pointsMin; n++) {
    const index = writes[Math.floor((n * (writes.length - 1)) / pointsMin)]!;
    const loss = n % 2 === 0 ? "in order" : "by chance";
    const point = `cut ${n} after note ${index}, ${loss}`;
    await image.cutAfter(index, loss, random, cut);
    for (; seen <= index; seen++) noteMark(known, notes[seen]!);
    await readCutImage(cut, stateDir);
    await judge.judge(stateDir, known, point);
    if (n % daemonEvery === 0) await judge.startDaemon(t, { ...door, stateDir }, known, point);
  }
  return known;
}

/** A drive that kept nothing of late, whatever it said, must not pass. */
async function assertLossIsNoticed(cutting: Cutting, untouched: string, known: Acknowledged): Promise<void> {
  const { work, log, notes, sectorBytes, cut, stateDir } = cutting;
  const from = notes.length - lyingNotes;
  const lying = notes.map((note, index) => (index < from ? note : { ...note, isFlush: false, isDurable: false }));
  const image = new CutImage(log, lying, sectorBytes, untouched);
  await image.cutAfter(notes.length - 1, "by chance", seededRandom(2), cut);
  const judge = new PowerJudge(work.keys);
  const opens = await readCutImage(cut, stateDir)
    .then(() => judge.judge(stateDir, known, "a drive that lies"))
    .then(
      () => true,
      () => false,
    );
  const { lostEvents, neitherBundle } = judge.report;
  assert.ok(!opens || lostEvents.length + neitherBundle.length > 0, "a drive that loses what it kept was not noticed");
}

test("after a cut anywhere, what was acknowledged is there and the door is locked", async (t) => {
  requirePrograms({
    ...{ "qemu-system-x86_64": "qemu-system-x86", mmdebstrap: "mmdebstrap", cpio: "cpio", xz: "xz-utils" },
    ...{ "/sbin/debugfs": "e2fsprogs" },
  });
  const folder = await mkdtemp(join(tmpdir(), "facelatch-guest-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const first = await goodBundle();
  const bundles = Array.from({ length: bundlesCount }, (_, index) =>
    changedBundle(first, { manifest: (m) => ({ ...m, name: `Bundle ${index + 1}`, seq: m.seq + index }) }),
  );
  const work = await recordWork(t, folder, bundles);
  const untouched = join(folder, "untouched.img");
  await cp(work.disk, untouched);
  const log = await open(work.log);
  t.after(() => log.close());
  const { notes, sectorBytes } = await readWriteLog(log);
  const cutting = { work, log, notes, sectorBytes, cut: join(folder, "cut.img"), stateDir: join(folder, "left") };
  const judge = new PowerJudge(work.keys);
  let known: Acknowledged;
  try {
    known = await cutEverywhere(t, cutting, judge);
  } finally {
    await judge.report.write();
  }
  const { points, daemonStarts, lostEvents, neitherBundle, unlocked } = judge.report;
  const flushes = notes.filter(({ isFlush }) => isFlush).length;
  t.diagnostic(`${points} cuts of ${notes.length} notes with ${flushes} flushes, ${daemonStarts} starts of the daemon`);
  t.diagnostic(`acknowledged: event ${known.event?.seq}, ${known.tokens.length} tokens`);
  assert.deepEqual([lostEvents, neitherBundle, unlocked], [[], [], []]);
  assert.ok(points >= pointsMin, `${points} points`);
  await assertLossIsNoticed(cutting, untouched, known);
});
