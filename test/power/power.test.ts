// Power cuts and kills at each step of each course of an update: after a new start the old bundle or the new one is in use,
// whole, the floor has not sunk, and nothing that happened is forgotten.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { DaemonUpdates } from "../../device/slots/open-updates.ts";
import { Slots } from "../../device/slots/slots.ts";
import type { UpdateEvent } from "../../device/slots/update-record.ts";
import type { UpdateStatus } from "../../device/slots/updates.ts";
import { seededRandom } from "../../training/seeded-random.ts";
import type { SmallBundle } from "../fixtures/small-bundle.ts";
import { type Course, courses } from "./courses.ts";
import { CutDisk, cuts, PowerCut } from "./cut-disk.ts";
import { PowerReport } from "./power-report.ts";
import { engineOn, makePowerSite, type PowerSite, tinyBundles } from "./power-site.ts";

const diskRoot = "/state";
/** After every so many points a further bundle is installed: nothing that a cut leaves may bar the way. */
const installEvery = 7;

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
  if (course.tells !== undefined && current?.seq === course.new) required.push([course.tells, course.old]);
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
  readonly point: string;
}

/** Starts anew on what a cut left, and counts what is wrong with it. */
async function checkLeft({ site, course, disk, delivered, floorSeq, point }: Left): Promise<void> {
  const updates = engineOn(site.keys, diskRoot, disk);
  const life = await restart(updates, delivered);
  const seq = life.status.current?.seq ?? null;
  const slots = new Slots(diskRoot, disk);
  const linked = await slots.linked("current");
  const whole = linked === null || (await slots.isWhole(linked));
  if (![course.old, course.new].includes(seq) || !whole) report.neitherBundle.push(`${point}: ${seq}, whole: ${whole}`);
  for (const lost of lostEvents(course, life)) report.lostEvents.push(`${point}: ${lost}`);
  assert.ok(life.status.floorSeq >= floorSeq, `${point}: the floor sank from ${floorSeq} to ${life.status.floorSeq}`);
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
      wasCut = await untilCut(
        (async () => {
          await course.run(updates, site);
          await updates.deliver((event) => delivered.push(event));
        })(),
      );
      for (const cut of cuts) {
        const left = disk.leave(cut, seededRandom(report.points).next);
        const point = `${course.name}, ${cut} after ${steps} steps`;
        await checkLeft({ site, course, disk: left, delivered, floorSeq, point });
      }
    }
    t.diagnostic(`${steps} points, ${cuts.length} cuts each`);
  });
}
