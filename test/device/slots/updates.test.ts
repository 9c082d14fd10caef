// The engine of updates: what is accepted, what is refused by which name, and how a trial ends.
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, readlink, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { manifestFileName } from "../../../device/bundle/manifest.ts";
import { digestOf } from "../../../device/slots/open-bundle.ts";
import { currentBundleFolder } from "../../../device/slots/slots.ts";
import { classifierFile, type SmallBundle } from "../../fixtures/small-bundle.ts";
import { assertInUse, bundleOf, UpdateSite } from "./update-site.ts";

let first: SmallBundle;
let second: SmallBundle;
let third: SmallBundle;

before(async () => {
  [first, second, third] = [await bundleOf(1), await bundleOf(2), await bundleOf(3)];
});

const summaryOf = ({ sha256, manifest: { name, seq } }: SmallBundle) => ({ sha256, name, seq });

describe("an installation", () => {
  it("puts the bundle on trial in a slot named by its digest, and confirms it when it has proved itself", async (t) => {
    const site = await UpdateSite.make(t);
    assert.equal((await site.updates.status()).state, "idle");
    const trial = await site.install(first);
    assert.deepEqual([trial.state, trial.current, trial.floorSeq], ["trial", summaryOf(first), 0]);
    assert.equal(await readlink(currentBundleFolder(site.stateDir)), `slots/${first.sha256}`);
    await site.updates.confirm(first.sha256);
    const status = await site.updates.status();
    assert.deepEqual(status, {
      ...{ state: "confirmed", current: summaryOf(first), previous: null, factory: summaryOf(first) },
      ...{ floorSeq: 1, trial: null, reverted: null },
    });
    assert.deepEqual(
      (await site.events()).map(({ type }) => type),
      ["update.trial", "update.confirmed"],
    );
    await assertInUse(site, first);
  });

  it("keeps the bundle before it, and the first one, and no others", async (t) => {
    const site = await UpdateSite.make(t);
    const fourth = await bundleOf(4);
    for (const bundle of [first, second, third, fourth]) await site.put(bundle);
    const { current, previous, factory, floorSeq } = await site.updates.status();
    assert.deepEqual(
      [current, previous, factory].map((found) => found?.seq),
      [4, 3, 1],
    );
    assert.equal(floorSeq, 4);
    const slots = await readdir(join(site.stateDir, "slots"));
    assert.deepEqual(slots.sort(), [fourth, third, first].map(({ sha256 }) => sha256).sort());
  });

  it("over a trial goes back, if it fails, to what was proved before that", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    await site.install(second);
    const { previous } = await site.install(third);
    assert.equal(previous?.sha256, first.sha256);
    await site.updates.revert(third.sha256, "MODEL_INVALID", "no numbers");
    await assertInUse(site, first);
  });

  it("of the bundle in use leaves its files alone, and repairs them where they are damaged", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    const model = join(currentBundleFolder(site.stateDir), classifierFile);
    const { ino } = await stat(model);
    assert.equal((await site.install(first)).state, "confirmed");
    assert.equal((await stat(model)).ino, ino);
    await writeFile(model, "rubbish");
    await site.install(first);
    await assertInUse(site, first);
  });

  it("removes what an interrupted one left an hour ago", async (t) => {
    const site = await UpdateSite.make(t);
    const [old, recent] = [join(site.stateDir, "staging-old"), join(site.stateDir, "staging-recent")];
    await Promise.all([mkdir(old), mkdir(recent)]);
    const twoHoursAgo = new Date(Date.now() - 7_200_000);
    await utimes(old, twoHoursAgo, twoHoursAgo);
    await site.put(first);
    assert.deepEqual(
      (await readdir(site.stateDir)).filter((name) => name.startsWith("staging-")),
      ["staging-recent"],
    );
  });

  it("at no moment leaves a reader without a whole bundle", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    let installing = true;
    let reads = 0;
    const reader = (async () => {
      while (installing) {
        const manifest = await readFile(join(currentBundleFolder(site.stateDir), manifestFileName));
        assert.ok([first.sha256, second.sha256].includes(digestOf(manifest)));
        reads++;
      }
    })();
    await site.put(second);
    await site.updates.rollback();
    installing = false;
    await reader;
    assert.ok(reads > 5);
  });
});

describe("a trial", () => {
  it("that fails is taken back, with its reason, and does not raise the floor", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    await site.install(second);
    await site.updates.revert(second.sha256, "BUNDLE_TOO_SLOW", "5 of 5 frames");
    const status = await site.updates.status();
    assert.deepEqual(status.reverted, {
      bundle: summaryOf(second),
      reasonCode: "BUNDLE_TOO_SLOW",
      reason: "5 of 5 frames",
    });
    assert.deepEqual([status.state, status.floorSeq, status.current?.sha256], ["reverted", 1, first.sha256]);
    const last = (await site.events()).at(-1)!;
    assert.deepEqual([last.type, last.reason], ["update.reverted", "BUNDLE_TOO_SLOW"]);
    await assertInUse(site, first);
    assert.deepEqual(await readdir(join(site.stateDir, "slots")), [first.sha256]);
  });

  it("of the first bundle that fails leaves none in use: the door stays locked", async (t) => {
    const site = await UpdateSite.make(t);
    await site.install(first);
    await site.updates.revert(first.sha256, "MODEL_INVALID", "no numbers");
    const { state, current } = await site.updates.status();
    assert.deepEqual([state, current], ["reverted", null]);
  });

  it("is taken back when the daemon started too often, and not when it was stopped", async (t) => {
    const site = await UpdateSite.make(t, { trialStartsMax: 2 });
    await site.put(first);
    await site.install(second);
    for (let i = 0; i < 5; i++) {
      await site.updates.start();
      await site.updates.noteCleanStop();
    }
    for (let i = 0; i < 2; i++) await site.updates.start();
    assert.equal((await site.updates.status()).state, "trial");
    await site.updates.start();
    const { state, reverted, current } = await site.updates.status();
    assert.deepEqual([state, reverted?.reasonCode, current?.seq], ["reverted", "TRIAL_RESTARTED", 1]);
  });

  it("is taken back at the start when its files are damaged", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    await site.install(second);
    await writeFile(join(currentBundleFolder(site.stateDir), classifierFile), "rubbish");
    await site.updates.start();
    assert.equal((await site.updates.status()).reverted?.reasonCode, "BUNDLE_CHECKSUM_MISMATCH");
    await assertInUse(site, first);
  });

  it("is nothing that a bundle not on trial can end", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    await site.install(second);
    await site.updates.confirm(first.sha256);
    await site.updates.revert(first.sha256, "MODEL_INVALID", "x");
    assert.equal((await site.updates.status()).state, "trial");
  });
});

describe("a rollback", () => {
  it("goes to the bundle before, then to the first one, then nowhere; the floor stays", async (t) => {
    const site = await UpdateSite.make(t);
    for (const bundle of [first, second, third]) await site.put(bundle);
    assert.equal((await site.updates.rollback()).current?.seq, 2);
    const back = await site.updates.rollback();
    assert.deepEqual([back.state, back.current?.seq, back.floorSeq], ["idle", 1, 3]);
    await assert.rejects(site.updates.rollback(), { code: "NOTHING_TO_ROLL_BACK_TO" });
    await assert.rejects(site.install(second), { code: "BUNDLE_SEQ_TOO_OLD" });
    await assertInUse(site, first);
  });

  it("ends a trial", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    await site.install(second);
    const { state, reverted } = await site.updates.rollback();
    assert.deepEqual([state, reverted?.reasonCode], ["reverted", "ROLLED_BACK"]);
    await assertInUse(site, first);
  });
});
