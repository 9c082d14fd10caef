// Installing bundles: whatever happens, the bundle in use is a whole one.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { manifestFileName } from "../../../device/bundle/manifest.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { packArchive } from "../../../device/slots/bundle-archive.ts";
import { digestOf, type OpenedBundle } from "../../../device/slots/open-bundle.ts";
import { currentBundleFolder, currentBundleSha256, installBundle } from "../../../device/slots/slots.ts";
import { checkGoldenAnswers } from "../../../device/vision/check-golden.ts";
import { changedBundle, classifierFile, makeSmallBundle, type SmallBundle } from "../../fixtures/small-bundle.ts";

interface Ending {
  after(end: () => Promise<void>): void;
}

let first: SmallBundle;
let second: SmallBundle;

before(async () => {
  first = await makeSmallBundle();
  second = changedBundle(first, { manifest: (manifest) => ({ ...manifest, name: "Second" }) });
});

async function makeStateDir(t: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-slots-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const acceptAll = async (): Promise<void> => {};

async function install(
  stateDir: string,
  { files }: Pick<SmallBundle, "files">,
  accept: (bundle: OpenedBundle) => Promise<void> = acceptAll,
): Promise<OpenedBundle> {
  const archivePath = join(stateDir, "bundle.tar");
  await writeFile(archivePath, await packArchive(files));
  try {
    return await installBundle(stateDir, archivePath, accept);
  } finally {
    await rm(archivePath);
  }
}

/** The bundle in use is this one, whole; and nothing was left behind beside the slots. */
async function assertInUse(stateDir: string, { sha256, files }: SmallBundle): Promise<void> {
  assert.equal(await currentBundleSha256(stateDir), sha256);
  const folder = currentBundleFolder(stateDir);
  assert.deepEqual((await readdir(folder)).sort(), [...files.keys()].sort());
  for (const [name, content] of files) assert.ok((await readFile(join(folder, name))).equals(content), name);
  assert.deepEqual((await readdir(stateDir)).sort(), ["current", "slots"]);
}

describe("an installation", () => {
  it("puts the bundle into a slot named by its digest, and makes it the one in use", async (t) => {
    const stateDir = await makeStateDir(t);
    assert.equal(await currentBundleSha256(stateDir), null);
    const opened = await install(stateDir, first);
    assert.deepEqual([opened.sha256, opened.manifest], [first.sha256, first.manifest]);
    await assertInUse(stateDir, first);
    assert.equal(await readlink(currentBundleFolder(stateDir)), `slots/${first.sha256}`);
  });

  it("keeps the bundle before it, to which one can go back", async (t) => {
    const stateDir = await makeStateDir(t);
    await install(stateDir, first);
    await install(stateDir, second);
    await assertInUse(stateDir, second);
    assert.deepEqual((await readdir(join(stateDir, "slots"))).sort(), [first.sha256, second.sha256].sort());
    await install(stateDir, first);
    await assertInUse(stateDir, first);
  });

  it("removes what nobody can go back to: older bundles, and what an interrupted one left an hour ago", async (t) => {
    const stateDir = await makeStateDir(t);
    const third = changedBundle(first, { manifest: (manifest) => ({ ...manifest, name: "Third" }) });
    const [old, recent] = [join(stateDir, "staging-old"), join(stateDir, "staging-recent")];
    await Promise.all([mkdir(old), mkdir(recent)]);
    const twoHoursAgo = new Date(Date.now() - 7_200_000);
    await utimes(old, twoHoursAgo, twoHoursAgo);
    for (const bundle of [first, second, third]) await install(stateDir, bundle);
    assert.deepEqual((await readdir(join(stateDir, "slots"))).sort(), [second.sha256, third.sha256].sort());
    assert.deepEqual((await readdir(stateDir)).sort(), ["current", "slots", "staging-recent"]);
  });

  it("of the bundle in use leaves its files alone", async (t) => {
    const stateDir = await makeStateDir(t);
    await install(stateDir, first);
    const model = join(currentBundleFolder(stateDir), classifierFile);
    const { ino } = await stat(model);
    await install(stateDir, first);
    await assertInUse(stateDir, first);
    assert.equal((await stat(model)).ino, ino);
  });

  it("passes the check of golden answers with a real bundle", async (t) => {
    const stateDir = await makeStateDir(t);
    await install(stateDir, first, checkGoldenAnswers);
    await assertInUse(stateDir, first);
  });

  it("at no moment leaves a reader without a whole bundle", async (t) => {
    const stateDir = await makeStateDir(t);
    await install(stateDir, first);
    let installing = true;
    let reads = 0;
    const reader = (async () => {
      while (installing) {
        const manifest = await readFile(join(currentBundleFolder(stateDir), manifestFileName));
        assert.ok([first.sha256, second.sha256].includes(digestOf(manifest)));
        reads++;
      }
    })();
    for (const bundle of [second, first, second, first, second]) await install(stateDir, bundle);
    installing = false;
    await reader;
    assert.ok(reads > 5);
    await assertInUse(stateDir, second);
  });
});

describe("an installation that fails", () => {
  it("leaves the bundle in use as it was when the bundle is not accepted", async (t) => {
    const stateDir = await makeStateDir(t);
    await install(stateDir, first);
    let asked = 0;
    const refuse = async (): Promise<void> => {
      asked++;
      throw new FacelatchError("BUNDLE_GOLDEN_MISMATCH", { expected: "x", found: "y", next: "z" });
    };
    await assert.rejects(install(stateDir, second, refuse), { code: "BUNDLE_GOLDEN_MISMATCH" });
    assert.equal(asked, 1);
    await assertInUse(stateDir, first);
  });

  it("leaves the bundle in use as it was when the archive is bad, and asks nobody", async (t) => {
    const stateDir = await makeStateDir(t);
    await install(stateDir, first);
    const never = async (): Promise<void> => assert.fail("asked about a bundle whose checksums do not hold");
    const files = new Map([...second.files, [classifierFile, new Uint8Array(9)]]);
    await assert.rejects(install(stateDir, { files }, never), { code: "BUNDLE_CHECKSUM_MISMATCH" });
    files.set("extra.bin", new Uint8Array(1));
    await assert.rejects(install(stateDir, { files }, never), { code: "BUNDLE_FILE_UNEXPECTED" });
    files.delete(manifestFileName);
    await assert.rejects(install(stateDir, { files }, never), { code: "BUNDLE_ARCHIVE_INVALID" });
    await assert.rejects(installBundle(stateDir, join(stateDir, "absent.tar"), never), {
      code: "INPUT_MISSING",
    });
    await assertInUse(stateDir, first);
  });

  it("leaves no bundle in use where there was none", async (t) => {
    const stateDir = await makeStateDir(t);
    const refuse = async (): Promise<void> => {
      throw new Error("no");
    };
    await assert.rejects(install(stateDir, first, refuse), /no/);
    assert.equal(await currentBundleSha256(stateDir), null);
    assert.deepEqual(await readdir(join(stateDir, "slots")), []);
  });
});

describe("a slot that is not what its name says", () => {
  it("is replaced when a file of it is damaged, missing or too many", async (t) => {
    const stateDir = await makeStateDir(t);
    await install(stateDir, first);
    const folder = currentBundleFolder(stateDir);
    for (const damage of [
      () => writeFile(join(folder, classifierFile), "rubbish"),
      () => rm(join(folder, classifierFile)),
      () => writeFile(join(folder, "extra.bin"), "x"),
      () => rm(join(folder, manifestFileName)),
    ]) {
      await damage();
      await install(stateDir, first);
      await assertInUse(stateDir, first);
    }
  });

  it("is replaced when it holds another bundle, though a sound one", async (t) => {
    const stateDir = await makeStateDir(t);
    await install(stateDir, first);
    await writeFile(join(currentBundleFolder(stateDir), manifestFileName), second.files.get(manifestFileName)!);
    await install(stateDir, first);
    await assertInUse(stateDir, first);
  });
});
