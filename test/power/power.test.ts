// Power cuts and kills at each step of each course of an update: after a new start the old bundle or the new one is in use,
// whole, the floor has not sunk, and nothing that happened is forgotten.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DaemonUpdates } from "../../device/slots/open-updates.ts";
import { Slots } from "../../device/slots/slots.ts";
import type { UpdateEvent } from "../../device/slots/update-record.ts";
import type { UpdateStatus } from "../../device/slots/updates.ts";
import { seededRandom } from "../../training/seeded-random.ts";
import { portraits } from "../fixtures/portraits.ts";
import { goodBundle, makeSite, RealDaemon, record, writeConfig } from "../fixtures/real-daemon.ts";
import { changedBundle, type SmallBundle } from "../fixtures/small-bundle.ts";
import { type Course, courses } from "./courses.ts";
import { CutDisk, cuts, PowerCut } from "./cut-disk.ts";
import { prepareFolder, quickFiles, runUntilKilled } from "./killed-processes.ts";
import { PowerReport } from "./power-report.ts";
import { engineOn, makePowerSite, type PowerSite, tinyBundles } from "./power-site.ts";

const diskRoot = "/state";
const installEvery = 7;
/** Every so many steps a process is killed, and so many a daemon is started; `npm run test:power` takes each step. */
const killStride = Number(process.env["FACELATCH_KILL_STRIDE"] ?? 9);
const daemonStride = killStride * 3;

const report = new PowerReport();
let bundles: readonly SmallBundle[] = [];

before(async () => {
  bundles = await tinyBundles(5);
});

after(async () => {
  await report.write();
  assert.deepEqual([report.neitherBundle, report.lostEvents, report.unlocked], [[], [], []]);
  assert.ok(report.points >= 300, `${report.points} points`);
});

/** Runs until the power goes; whatever the dead process's own handling of it says counts for nothing. */
async function untilCut(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return false;
  } catch (error) {
    if (error instanceof PowerCut) return true;
    throw error;
  }
}

interface Life {
  readonly events: readonly UpdateEvent[];
  readonly status: UpdateStatus;
}

/** What the daemon's next start makes of the folder. */
async function restart(updates: DaemonUpdates, delivered: readonly UpdateEvent[]): Promise<Life> {
  await updates.start();
  const events = [...delivered];
  await updates.deliver((event) => events.push(event));
  return { events, status: await updates.status() };
}

/** The events that a state must have left, and did not. */
function lostEvents(course: Course, { events, status }: Life): string[] {
  const { state, current, floorSeq, reverted } = status;
  const required: (readonly [UpdateEvent["type"], number | null])[] = [];
  if (state === "trial") required.push(["update.trial", current!.seq]);
  if (floorSeq > 0) required.push(["update.confirmed", floorSeq]);
  if (state === "reverted") required.push(["update.reverted", reverted!.bundle.seq]);
  if (course.tells !== undefined && (current?.seq ?? null) === course.new) required.push(course.tells);
  return required
    .filter(([type, seq]) => !events.some((event) => event.type === type && event.data["seq"] === seq))
    .map(([type, seq]) => `${type} of ${seq}`);
}

interface Left {
  readonly site: PowerSite;
  readonly course: Course;
  readonly disk: CutDisk;
  readonly delivered: readonly UpdateEvent[];
  readonly floorSeq: number;
  readonly finished: boolean;
  readonly point: string;
}

/** Counts what is wrong with a state after a new start. */
async function judge(found: {
  readonly course: Course;
  readonly life: Life;
  readonly slots: Slots;
  readonly floorSeq: number;
  /** Whether the course had come to its end before the cut. */
  readonly finished: boolean;
  readonly point: string;
}): Promise<void> {
  const { course, life, slots, floorSeq, finished, point } = found;
  const seq = life.status.current?.seq ?? null;
  const linked = await slots.linked("current");
  const whole = linked === null || (await slots.isWhole(linked));
  // What was reported as done lasts.
  const allowed = finished ? [course.new] : [course.old, course.new];
  if (!allowed.includes(seq) || !whole) report.neitherBundle.push(`${point}: ${seq}, whole: ${whole}`);
  const proved = seq === null || seq <= life.status.floorSeq || life.status.state === "trial";
  assert.ok(proved, `${point}: ${seq} is in use, neither on trial nor proved`);
  for (const lost of lostEvents(course, life)) report.lostEvents.push(`${point}: ${lost}`);
  assert.ok(life.status.floorSeq >= floorSeq, `${point}: the floor sank from ${floorSeq} to ${life.status.floorSeq}`);
}

/** Starts anew on what a cut left; now and then the next installation as well, as nothing may bar its way. */
async function checkLeft({ site, course, disk, delivered, floorSeq, finished, point }: Left): Promise<void> {
  const updates = engineOn(site.keys, diskRoot, disk);
  const life = await restart(updates, delivered);
  await judge({ course, life, slots: new Slots(diskRoot, disk), floorSeq, finished, point });
  if (report.points++ % installEvery !== 0) return;
  await updates.install(site.archives[4]!);
  await updates.confirm(bundles[4]!.sha256);
  assert.equal((await updates.status()).floorSeq, 5, point);
}

for (const course of courses) {
  test(`${course.name} can be cut anywhere`, async (t) => {
    const site = await makePowerSite(t, bundles);
    const begun = new CutDisk(diskRoot);
    const engine = engineOn(site.keys, diskRoot, begun);
    await course.before(engine, site);
    begun.settle();
    const { floorSeq } = await engine.status();
    let steps = 0;
    for (let wasCut = true; wasCut; steps++) {
      const disk = begun.clone();
      disk.cutAfter(steps);
      const updates = engineOn(site.keys, diskRoot, disk);
      const delivered: UpdateEvent[] = [];
      let finished = false;
      wasCut = await untilCut(
        (async () => {
          await course.run(updates, site);
          finished = true;
          await updates.deliver((event) => delivered.push(event));
        })(),
      );
      for (const cut of cuts) {
        const left = disk.leave(cut, seededRandom(report.points).next);
        const point = `${course.name}, ${cut} after ${steps} steps`;
        await checkLeft({ site, course, disk: left, delivered, floorSeq, finished, point });
      }
    }
    t.diagnostic(`${steps} points, ${cuts.length} cuts each`);
  });
}

for (const name of ["an installation", "a confirmation", "a trial that is taken back", "a rollback"]) {
  test(`${name} in a process that is killed`, async (t) => {
    const site = await makePowerSite(t, bundles);
    const course = courses.find((candidate) => candidate.name === name)!;
    const begun = await prepareFolder(course, site);
    for (let step = 0, ended = false; !ended; step += killStride) {
      const killed = await runUntilKilled(course, site, begun, step);
      ended = killed.ended;
      const updates = engineOn(site.keys, killed.stateDir, quickFiles);
      const { floorSeq } = await engineOn(site.keys, begun, quickFiles).status();
      const life = await restart(updates, []);
      const slots = new Slots(killed.stateDir);
      await judge({ course, life, slots, floorSeq, finished: ended, point: `${name}, killed at ${step}` });
      report.points++;
      report.killedProcesses++;
    }
  });
}

test("the real daemon, started on what a killed installation left, opens for nobody before it knows anybody", async (t) => {
  const next = changedBundle(await goodBundle(), { manifest: (m) => ({ ...m, name: "Next", seq: m.seq + 1 }) });
  const site = await makePowerSite(t, [await goodBundle(), next]);
  const course = courses.find((candidate) => candidate.name === "an installation")!;
  const begun = await prepareFolder(course, site);
  const door = await makeSite(t);
  await record(door, await portraits("stranger", 20));
  for (let step = 0, ended = false; !ended; step += daemonStride) {
    const killed = await runUntilKilled(course, site, begun, step);
    ended = killed.ended;
    const at = { ...door, stateDir: killed.stateDir };
    await writeConfig(at);
    const daemon = RealDaemon.start(t, at);
    const point = `the daemon after a kill at step ${step}`;
    const ready = await daemon.until(point, ({ state, camera }) => state === "ready" && camera.framesTotal > 20);
    if (ready.relay.pulses > 0 || !ready.locked) report.unlocked.push(point);
    const sha256 = ready.bundle?.sha256;
    if (![begunSha(site), next.sha256].includes(sha256 ?? "")) report.neitherBundle.push(`${point}: ${sha256}`);
    await daemon.end();
    report.points++;
    report.daemonStarts++;
  }
});

function begunSha({ bundles: [first] }: PowerSite): string {
  return first!.sha256;
}
