// The vision process, with its real child: one frame at a time, and whatever ends the child ends only the child.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, test } from "node:test";
import type { VisionState, VisionStatus } from "../../../device/vision/vision.ts";
import { VisionProcess, type VisionProcessOptions } from "../../../device/vision/vision-process.ts";
import { withCoverings } from "../../fixtures/covering-bundle.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { emptyRoom, portrait, truncated } from "../../fixtures/portraits.ts";
import {
  changedBundle,
  makeSmallBundle,
  type SmallBundle,
  smallOwner,
  writeFiles,
} from "../../fixtures/small-bundle.ts";

let folder = "";
let good: SmallBundle;
let owner: Uint8Array;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-vision-"));
  good = await makeSmallBundle();
  owner = await portrait("owner");
  await writeFiles(folder, good.files);
});

after(() => rm(folder, { recursive: true, force: true }));

interface Ending {
  after(end: () => Promise<void>): void;
}

function makeVision(t: Ending, changes: Partial<VisionProcessOptions> = {}): VisionProcess {
  const vision = new VisionProcess({
    bundleFolder: () => folder,
    threads: 1,
    delegate: "auto",
    frameTimeoutMs: 5_000,
    startTimeoutMs: 20_000,
    backoffFirstMs: 20,
    backoffMaxMs: 40,
    ...changes,
  });
  t.after(() => vision.stop());
  return vision;
}

function until(vision: VisionProcess, state: VisionState): Promise<VisionStatus> {
  return eventually(
    `a vision process that is ${state}`,
    () => vision.status(),
    (status) => status.state === state,
  );
}

async function startVision(t: Ending, changes: Partial<VisionProcessOptions> = {}): Promise<VisionProcess> {
  const vision = makeVision(t, changes);
  vision.start();
  await until(vision, "ready");
  return vision;
}

function signal(vision: VisionProcess, name: NodeJS.Signals): void {
  process.kill(vision.status().pid!, name);
}

describe("a vision process that is ready", () => {
  it("says which bundle and which engine it uses, and analyses frames", async (t) => {
    const vision = await startVision(t);
    const { engine, warning, bundle, fault, restarts } = vision.status();
    assert.deepEqual(
      { engine, warning, fault, restarts },
      { engine: "xnnpack", warning: null, fault: null, restarts: 0 },
    );
    const { name, createdAt, labels, ownerLabel, verifier } = good.manifest;
    const { far: _far, frr: _frr, ...thresholds } = good.manifest.thresholds;
    const { embeddingSpace } = verifier;
    const { sha256 } = good;
    const { gallery, ...known } = bundle!;
    assert.deepEqual(known, { name, createdAt, labels, ownerLabel, thresholds, embeddingSpace, sha256 });
    assert.deepEqual([gallery.owner.length, gallery.household.length], [1, 0]);
    const analysis = await vision.analyse(owner);
    assert.equal(analysis.faces.length, 1);
    assert.ok(analysis.scores[labels.indexOf(smallOwner)]! > 0.9);
    assert.ok(analysis.totalMs >= analysis.inferenceMs);
    assert.equal(vision.status().framesAnalysed, 1);
    assert.ok(vision.status().rssBytes! > 1e6);
  });

  it("has one frame in flight: another is refused, and the first is answered", async (t) => {
    const vision = await startVision(t);
    const first = vision.analyse(owner);
    await assert.rejects(vision.analyse(owner), { code: "VISION_BUSY" });
    assert.equal((await first).faces.length, 1);
    assert.equal((await vision.analyse(owner)).faces.length, 1);
  });

  it("refuses a broken frame and lives on", async (t) => {
    const vision = await startVision(t);
    const { pid } = vision.status();
    for (const broken of [truncated(owner), new Uint8Array(0), new Uint8Array(100_000).fill(0xff)]) {
      await assert.rejects(vision.analyse(broken), { code: "FRAME_INVALID" });
    }
    assert.equal((await vision.analyse(owner)).faces.length, 1);
    const { pid: pidAfter, restarts, fault } = vision.status();
    assert.deepEqual({ pidAfter, restarts, fault }, { pidAfter: pid, restarts: 0, fault: null });
  });

  it("says so when its models fail on a frame, until they answer again, and lives on", async (t) => {
    const bundleFolder = await mkdtemp(join(tmpdir(), "facelatch-vision-"));
    t.after(() => rm(bundleFolder, { recursive: true, force: true }));
    await writeFiles(bundleFolder, (await makeSmallBundle(3e38)).files);
    const vision = await startVision(t, { bundleFolder: () => bundleFolder });
    const { pid } = vision.status();
    await assert.rejects(vision.analyse(await emptyRoom("#f00")), { code: "MODEL_INVALID", message: /NaN|Infinity/ });
    assert.equal(vision.status().fault?.code, "MODEL_INVALID");
    await vision.analyse(owner);
    assert.deepEqual([vision.status().fault, vision.status().pid], [null, pid]);
  });

  it("refuses frames before it was started and after it was stopped", async (t) => {
    const vision = makeVision(t);
    await assert.rejects(vision.analyse(owner), { code: "VISION_UNAVAILABLE" });
    vision.start();
    await assert.rejects(vision.analyse(owner), { code: "VISION_UNAVAILABLE" });
    await until(vision, "ready");
    await vision.stop();
    await assert.rejects(vision.analyse(owner), { code: "VISION_UNAVAILABLE" });
  });
});

describe("a child that fails", () => {
  it("knows the owner's templates of the door, also after its process was killed", async (t) => {
    const covered = `${folder}-covered`;
    t.after(() => rm(covered, { recursive: true, force: true }));
    await writeFiles(covered, (await withCoverings(good, true, true)).files);
    const stranger = await portrait("stranger");
    const vision = await startVision(t, { bundleFolder: () => covered });
    const { unfit, embedding } = (await vision.analyse(stranger)).subject!;
    assert.equal(unfit, "masked");
    vision.knowOwner({ embeddingSpace: vision.status().bundle!.embeddingSpace, templates: [embedding] });
    assert.equal((await vision.analyse(stranger)).subject!.unfit, null);
    signal(vision, "SIGKILL");
    await until(vision, "backoff");
    await until(vision, "ready");
    assert.equal((await vision.analyse(stranger)).subject!.unfit, null);
  });

  it("is killed when it does not answer in time, and its successor answers", async (t) => {
    const vision = await startVision(t, { frameTimeoutMs: 200 });
    const { pid } = vision.status();
    signal(vision, "SIGSTOP");
    await assert.rejects(vision.analyse(owner), { code: "VISION_TIMEOUT" });
    assert.equal(vision.status().state, "backoff");
    const { fault, restarts, pid: pidAfter } = await until(vision, "ready");
    assert.deepEqual([fault?.code, restarts, pidAfter === pid], ["VISION_TIMEOUT", 1, false]);
    await vision.analyse(owner);
    assert.equal(vision.status().fault, null);
  });

  it("loses the frame in flight when it is killed, and its successor answers", async (t) => {
    const vision = await startVision(t);
    signal(vision, "SIGSTOP");
    const lost = vision.analyse(owner);
    signal(vision, "SIGKILL");
    await assert.rejects(lost, { code: "VISION_CRASHED", message: /SIGKILL/ });
    assert.equal(vision.status().fault?.code, "VISION_CRASHED");
    await until(vision, "ready");
    assert.equal((await vision.analyse(owner)).faces.length, 1);
  });

  it("is killed when it is not ready in time", async (t) => {
    const states: string[] = [];
    const onState = (status: VisionStatus) => states.push(`${status.state} ${status.fault?.code ?? "-"}`);
    const vision = makeVision(t, { startTimeoutMs: 1, onState });
    vision.start();
    await eventually(
      "two attempts",
      () => vision.status().restarts,
      (restarts) => restarts >= 2,
    );
    assert.deepEqual(states.slice(0, 3), ["starting -", "backoff VISION_TIMEOUT", "starting VISION_TIMEOUT"]);
  });

  it("is waited for twice as long each time, up to a limit, and as at first once it was healthy", async (t) => {
    const waitsMs: number[] = [];
    let sinceMs = 0;
    const onState = ({ state }: VisionStatus): void => {
      if (state === "backoff") sinceMs = performance.now();
      if (state === "starting" && sinceMs > 0) waitsMs.push(performance.now() - sinceMs);
    };
    const vision = await startVision(t, { backoffFirstMs: 100, backoffMaxMs: 400, onState });
    const fail = async (): Promise<number> => {
      const ended = waitsMs.length;
      signal(vision, "SIGKILL");
      await eventually(
        "another start",
        () => waitsMs.length,
        (length) => length > ended,
      );
      await until(vision, "ready");
      return waitsMs.at(-1)!;
    };
    // Timers may come late, but not more than a millisecond early.
    for (const expectedMs of [100, 200, 400, 400]) assert.ok((await fail()) > expectedMs - 2);
    for (let frame = 0; frame < 20; frame++) await vision.analyse(owner);
    assert.ok((await fail()) < 400, `${waitsMs}`);
  });
});

test("a bundle that is mended is picked up, and so is another that is told of by reload", async (t) => {
  let bundleFolder = join(folder, "missing");
  const vision = makeVision(t, { bundleFolder: () => bundleFolder });
  vision.start();
  const refused = await until(vision, "refused");
  assert.deepEqual([refused.fault?.code, refused.bundle, refused.pid], ["BUNDLE_MISSING", null, null]);
  bundleFolder = folder;
  await until(vision, "ready");

  bundleFolder = await mkdtemp(join(tmpdir(), "facelatch-vision-"));
  t.after(() => rm(bundleFolder, { recursive: true, force: true }));
  const other = changedBundle(good, { manifest: (manifest) => ({ ...manifest, name: "Another" }) });
  await writeFiles(bundleFolder, other.files);
  const { pid } = vision.status();
  vision.reload();
  // The door goes on working with the bundle before.
  assert.equal((await vision.analyse(owner)).faces.length, 1);
  assert.deepEqual([vision.status().state, vision.status().bundle?.sha256], ["ready", good.sha256]);
  const taken = await eventually(
    "the other bundle",
    () => vision.status(),
    ({ bundle }) => bundle?.name === "Another",
  );
  assert.deepEqual([taken.state, taken.bundle?.sha256, taken.restarts], ["ready", other.sha256, 1]);
  assert.notEqual(taken.pid, pid);
  // Frames of two bundles never count together.
  await assert.rejects(vision.analyse(owner), { code: "VISION_UNAVAILABLE" });
  assert.equal((await vision.analyse(owner)).faces.length, 1);
  await eventually(
    "the process before is gone",
    () => isAlive(pid!),
    (alive) => !alive,
  );
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("another bundle that is refused leaves nothing that answers", async (t) => {
  let bundleFolder = folder;
  const states: string[] = [];
  const vision = makeVision(t, { bundleFolder: () => bundleFolder, onState: ({ state }) => states.push(state) });
  vision.start();
  await until(vision, "ready");
  bundleFolder = join(folder, "missing");
  vision.reload();
  assert.equal((await vision.analyse(owner)).faces.length, 1);
  const refused = await until(vision, "refused");
  assert.deepEqual([refused.fault?.code, refused.bundle, refused.pid], ["BUNDLE_MISSING", null, null]);
  await assert.rejects(vision.analyse(owner), { code: "VISION_UNAVAILABLE" });
  assert.deepEqual(states.slice(0, 3), ["starting", "ready", "refused"]);
});

test("a bundle that was gone back from before it was loaded never takes over", async (t) => {
  let bundleFolder = folder;
  const names: (string | undefined)[] = [];
  const vision = makeVision(t, { bundleFolder: () => bundleFolder, onState: ({ bundle }) => names.push(bundle?.name) });
  vision.start();
  const { pid, bundle } = await until(vision, "ready");
  const otherFolder = await mkdtemp(join(tmpdir(), "facelatch-vision-"));
  t.after(() => rm(otherFolder, { recursive: true, force: true }));
  const other = changedBundle(good, { manifest: (manifest) => ({ ...manifest, name: "Another" }) });
  await writeFiles(otherFolder, other.files);
  bundleFolder = otherFolder;
  vision.reload();
  bundleFolder = folder;
  vision.reload();
  await eventually(
    "the bundle before, loaded anew",
    () => vision.status().pid,
    (now) => now !== pid && now !== null,
  );
  assert.deepEqual([vision.status().state, vision.status().bundle?.sha256], ["ready", bundle?.sha256]);
  assert.ok(!names.includes("Another"));
});

describe("stop", () => {
  it("ends the child, may be called twice and before start, and start works again", async (t) => {
    const vision = makeVision(t);
    await vision.stop();
    vision.start();
    await until(vision, "ready");
    const lost = assert.rejects(vision.analyse(owner), { code: "VISION_UNAVAILABLE" });
    await Promise.all([vision.stop(), vision.stop(), lost]);
    assert.deepEqual([vision.status().state, vision.status().pid], ["stopped", null]);
    vision.reload();
    assert.equal(vision.status().state, "stopped");
    vision.start();
    await until(vision, "ready");
    assert.equal((await vision.analyse(owner)).faces.length, 1);
  });

  it("ends a child that hangs within 3 s", async (t) => {
    const vision = await startVision(t);
    signal(vision, "SIGSTOP");
    const startMs = performance.now();
    await vision.stop();
    assert.ok(performance.now() - startMs < 3_000);
  });
});
