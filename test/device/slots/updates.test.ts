// The engine of updates: what is accepted, what is refused by which name, and how a trial ends.
import assert from "node:assert/strict";
import { mkdir, readdir, readFile, readlink, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { revokeKey } from "../../../deploy/keys/trust-folder.ts";
import { manifestFileName, signatureFileName } from "../../../device/bundle/manifest.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { digestOf } from "../../../device/slots/open-bundle.ts";
import { keyIdOf, signManifest } from "../../../device/slots/signature.ts";
import { realFiles } from "../../../device/slots/slot-files.ts";
import { currentBundleFolder, currentBundleSha256 } from "../../../device/slots/slots.ts";
import { trustedKeysFolder } from "../../../device/slots/trusted-keys.ts";
import { classifierFile, installUnasked, type SmallBundle } from "../../fixtures/small-bundle.ts";
import { testKey, trustTestKey } from "../../fixtures/test-keys.ts";
import { bundleOf, UpdateSite } from "./update-site.ts";

let first: SmallBundle;
let second: SmallBundle;
let third: SmallBundle;

before(async () => {
  [first, second, third] = [await bundleOf(1), await bundleOf(2), await bundleOf(3)];
});

const summaryOf = ({ sha256, manifest: { name, seq } }: SmallBundle) => ({ sha256, name, seq });

/** The bundle in use is this one, whole; and nothing was left behind beside the slots. */
async function assertInUse({ stateDir }: UpdateSite, { sha256, files }: SmallBundle): Promise<void> {
  assert.equal(await currentBundleSha256(stateDir), sha256);
  const folder = currentBundleFolder(stateDir);
  assert.deepEqual((await readdir(folder)).sort(), [...files.keys()].sort());
  for (const [name, content] of files) assert.ok((await readFile(join(folder, name))).equals(content), name);
  const known = ["current", "factory", "previous", "slots", "trusted-keys", "updates"];
  assert.deepEqual(
    (await readdir(stateDir)).filter((name) => !known.includes(name)),
    [],
  );
}

const signedBy = ({ files }: SmallBundle, ...keys: number[]) => ({
  files: new Map([
    ...files,
    [signatureFileName, signManifest(files.get(manifestFileName)!, keys.map(testKey))] as const,
  ]),
});

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

describe("a bundle that is refused", () => {
  const refusals: readonly (readonly [what: string, code: string, make: () => Promise<Pick<SmallBundle, "files">>])[] =
    [
      ["of an older seq", "BUNDLE_SEQ_TOO_OLD", () => bundleOf(1)],
      [
        "for another board",
        "BUNDLE_BOARD_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, compatible: { ...m.compatible, boards: ["raspberrypi,4-model-b"] } })),
      ],
      [
        "for another architecture",
        "BUNDLE_ARCH_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, compatible: { ...m.compatible, archs: ["arm64"] } })),
      ],
      [
        "for a later version of Facelatch",
        "BUNDLE_APP_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, compatible: { ...m.compatible, app: { min: "0.2.0", below: "1.0.0" } } })),
      ],
      [
        "for an earlier version of Facelatch",
        "BUNDLE_APP_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, compatible: { ...m.compatible, app: { min: "0.0.1", below: "0.1.0" } } })),
      ],
      ["of another embedding space", "BUNDLE_SPACE_MISMATCH", () => otherSpace(false)],
      [
        "for another owner",
        "BUNDLE_OWNER_MISMATCH",
        () => bundleOf(3, (m) => ({ ...m, ownerLabel: "Erika", labels: ["Erika", ...m.labels.slice(1)] })),
      ],
      [
        "without a signature",
        "BUNDLE_UNSIGNED",
        async () => {
          const files = new Map((await bundleOf(3)).files);
          files.delete(signatureFileName);
          return { files };
        },
      ],
      [
        "with a manifest alone",
        "BUNDLE_UNSIGNED",
        async () => ({ files: new Map([[manifestFileName, (await bundleOf(3)).files.get(manifestFileName)!]]) }),
      ],
      [
        "signed for another manifest",
        "BUNDLE_SIGNATURE_INVALID",
        async () => ({
          files: new Map([...third.files, [signatureFileName, second.files.get(signatureFileName)!]]),
        }),
      ],
      [
        "with a signature file that is none",
        "BUNDLE_SIGNATURE_INVALID",
        async () => ({ files: new Map([...third.files, [signatureFileName, new TextEncoder().encode("[]")]]) }),
      ],
      ["signed by a stranger", "BUNDLE_KEY_UNTRUSTED", async () => signedBy(third, 2)],
      ["signed by a revoked key", "BUNDLE_KEY_REVOKED", async () => signedBy(third, 3)],
      [
        "with a file that is not the listed one",
        "BUNDLE_CHECKSUM_MISMATCH",
        async () => ({ files: new Map([...third.files, [classifierFile, new Uint8Array(9)]]) }),
      ],
      [
        "with a file too many",
        "BUNDLE_FILE_UNEXPECTED",
        async () => ({ files: new Map([...third.files, ["extra.bin", new Uint8Array(1)]]) }),
      ],
      [
        "with a file too few",
        "BUNDLE_FILE_MISSING",
        async () => {
          const files = new Map(third.files);
          files.delete(classifierFile);
          return { files };
        },
      ],
    ];

  function otherSpace(templatesCarried: boolean): Promise<SmallBundle> {
    const embeddingSpace = "a".repeat(64);
    return bundleOf(3, (m) => ({
      ...m,
      verifier: { ...m.verifier, embeddingSpace },
      compatible: { ...m.compatible, embeddingSpace, templatesCarried },
    }));
  }

  for (const [what, code, make] of refusals) {
    it(`is one ${what}: ${code}, and the one in use stays`, async (t) => {
      const told: string[] = [];
      const site = await UpdateSite.make(t, { ownerLabel: "Markus", onRefused: (refusal) => told.push(refusal.code) });
      const trust = trustedKeysFolder(site.stateDir);
      await revokeKey(trust, await trustTestKey(trust, 3));
      await site.put(second);
      await assert.rejects(site.install(await make()), { code });
      assert.deepEqual(told, [code]);
      assert.equal((await site.updates.status()).state, "confirmed");
      await assertInUse(site, second);
    });
  }

  it("of another embedding space is accepted with its templates, and on a device without any", async (t) => {
    const site = await UpdateSite.make(t);
    const carried = await otherSpace(true);
    await site.put(second);
    assert.equal((await site.install(carried)).state, "trial");
    const empty = await UpdateSite.make(t);
    assert.equal((await empty.install(await otherSpace(false))).state, "trial");
  });

  it("by the last check leaves the one in use, and what the check read is gone", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    let asked = "";
    const refusing = site.open({
      accept: async (folder) => {
        asked = folder;
        throw new FacelatchError("BUNDLE_GOLDEN_MISMATCH", { expected: "x", found: "y", next: "z" });
      },
    });
    await assert.rejects(site.install(second, refusing), { code: "BUNDLE_GOLDEN_MISMATCH" });
    await assert.rejects(stat(asked), { code: "ENOENT" });
    await assertInUse(site, first);
  });

  it("is not even written before its signature holds", async (t) => {
    const site = await UpdateSite.make(t);
    await assert.rejects(site.install(signedBy(third, 2)), { code: "BUNDLE_KEY_UNTRUSTED" });
    assert.deepEqual(await readdir(site.stateDir), ["trusted-keys"]);
    await assert.rejects(site.updates.install(join(site.folder, "absent.tar")), { code: "INPUT_MISSING" });
  });
});

describe("several keys", () => {
  it("may sign one bundle: any that is trusted suffices, whatever becomes of the others", async (t) => {
    const site = await UpdateSite.make(t);
    await site.put(first);
    assert.equal((await site.install(signedBy(second, 1, 2))).state, "trial");
    const trust = trustedKeysFolder(site.stateDir);
    await trustTestKey(trust, 2);
    await revokeKey(trust, keyIdOf(testKey(1)));
    await assert.rejects(site.install(signedBy(third, 1)), { code: "BUNDLE_KEY_REVOKED" });
    assert.equal((await site.install(signedBy(third, 1, 2))).current?.sha256, third.sha256);
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
