// What the daemon's start makes of an update that was cut, damaged, or made by somebody else at the same time.
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { realFiles } from "../../../device/slots/slot-files.ts";
import { currentBundleFolder } from "../../../device/slots/slots.ts";
import { classifierFile, installUnasked, type SmallBundle } from "../../fixtures/small-bundle.ts";
import { assertInUse, bundleOf, UpdateSite } from "./update-site.ts";

let first: SmallBundle;
let second: SmallBundle;
let third: SmallBundle;

before(async () => {
  [first, second, third] = [await bundleOf(1), await bundleOf(2), await bundleOf(3)];
});

describe("a start of the daemon", () => {
  it("takes over a bundle that was installed before there was a record", async (t) => {
    const site = await UpdateSite.make(t);
    await installUnasked(site.stateDir, second);
    await site.updates.start();
    const { state, current, factory, floorSeq } = await site.updates.status();
    assert.deepEqual([state, current?.seq, factory?.seq, floorSeq], ["idle", 2, 2, 2]);
  });

  it("leaves a damaged bundle for the one before, and says so", async (t) => {
    const site = await UpdateSite.make(t);
    for (const bundle of [first, second]) await site.put(bundle);
    await site.events();
    await rm(join(currentBundleFolder(site.stateDir), classifierFile));
    await site.updates.start();
    await assertInUse(site, first);
    const [event] = await site.events();
    assert.deepEqual([event?.type, event?.reason], ["update.fault", "BUNDLE_FILE_MISSING"]);
  });

  it("with one damaged copy of the record goes by the other one", async (t) => {
    for (const copy of [0, 1]) {
      const site = await UpdateSite.make(t);
      for (const bundle of [first, second]) await site.put(bundle);
      await writeFile(join(site.stateDir, `updates/record-${copy}.json`), "torn");
      await site.updates.start();
      const { floorSeq, state } = await site.updates.status();
      assert.deepEqual([floorSeq, state], [2, "confirmed"]);
    }
  });

  it("with both copies damaged lowers no floor, and lets the bundle in use prove itself again", async (t) => {
    const site = await UpdateSite.make(t);
    for (const bundle of [first, second]) await site.put(bundle);
    await site.events();
    for (const copy of [0, 1]) await writeFile(join(site.stateDir, `updates/record-${copy}.json`), "torn");
    await site.updates.start();
    const { floorSeq, state, current } = await site.updates.status();
    assert.deepEqual([floorSeq, state, current?.seq], [2, "trial", 2]);
    assert.equal((await site.events())[0]?.reason, "UPDATE_STATE_DAMAGED");
    await site.updates.revert(second.sha256, "MODEL_INVALID", "x");
    await assertInUse(site, first);
  });
});

describe("an installation over a trial that was cut before the switch", () => {
  it("leaves the earlier bundle on trial, not unproved in use", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    await site.install(second);
    const failing = site.open({
      files: {
        ...realFiles,
        link: async () => {
          throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
        },
      },
    });
    await assert.rejects(site.install(third, failing), { code: "UPDATE_STORAGE_FAILED" });
    await site.updates.start();
    const { state, current, previous } = await site.updates.status();
    assert.deepEqual([state, current?.seq, previous?.seq], ["trial", 2, 1]);
    await site.updates.confirm(second.sha256);
    assert.equal((await site.updates.status()).floorSeq, 2);
  });
});

describe("two processes", () => {
  it("install at the same time, one after the other, and the later one is on trial", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    await Promise.all([site.install(second), site.install(third, site.open())]);
    const { state, previous } = await site.updates.status();
    assert.deepEqual([state, previous?.sha256], ["trial", first.sha256]);
  });
});
