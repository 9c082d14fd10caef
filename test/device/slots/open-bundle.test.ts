// Opening an installed bundle: nothing of it is believed that its checksums do not say.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { digestOf, openBundle, verifyFile } from "../../../device/slots/open-bundle.ts";
import { realFiles, type SlotFiles } from "../../../device/slots/slot-files.ts";
import {
  changedBundle,
  classifierFile,
  makeSmallBundle,
  type SmallBundle,
  writeFiles,
} from "../../fixtures/small-bundle.ts";

let root = "";
let folder = "";
let bundle: SmallBundle;

before(async () => {
  root = await mkdtemp(join(tmpdir(), "facelatch-open-"));
  folder = join(root, "bundle");
  bundle = await makeSmallBundle();
});

after(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await writeFiles(folder, bundle.files);
});

describe("an installed bundle", () => {
  it("is opened with its manifest, the files that it lists, and its identity", async () => {
    const opened = await openBundle(folder);
    assert.deepEqual(opened.manifest, bundle.manifest);
    assert.equal(opened.sha256, bundle.sha256);
    assert.deepEqual(
      [...opened.files.keys()],
      bundle.manifest.files.map((file) => file.name),
    );
    for (const [name, content] of opened.files) assert.ok(Buffer.from(content).equals(bundle.files.get(name)!));
  });

  it("is one bundle, also when the link that leads to it is switched while its files are read", async () => {
    const [link, other] = [join(root, "switched"), join(root, "other")];
    await writeFiles(other, changedBundle(bundle, { files: { [classifierFile]: new Uint8Array(100) } }).files);
    await symlink("bundle", link);
    const switching: SlotFiles = {
      ...realFiles,
      async read(path, bytesMax) {
        const content = await realFiles.read(path, bytesMax);
        await rm(link);
        await symlink("other", link);
        return content;
      },
    };
    const opened = await openBundle(link, switching);
    assert.equal(opened.sha256, bundle.sha256);
    assert.ok(Buffer.from(opened.files.get(classifierFile)!).equals(bundle.files.get(classifierFile)!));
  });

  it("is refused when any byte of any of its files changed", async () => {
    const place = fc
      .constantFrom(...bundle.manifest.files)
      .chain(({ name, bytes }) =>
        fc.record({ name: fc.constant(name), at: fc.nat(bytes - 1), flip: fc.integer({ min: 1, max: 255 }) }),
      );
    await fc.assert(
      fc.asyncProperty(place, async ({ name, at, flip }) => {
        const content = bundle.files.get(name)!;
        const changed = Uint8Array.from(content);
        changed[at]! ^= flip;
        await writeFile(join(folder, name), changed);
        await assert.rejects(openBundle(folder), { code: "BUNDLE_CHECKSUM_MISMATCH", message: new RegExp(name) });
        await writeFile(join(folder, name), content);
      }),
      { numRuns: 30 },
    );
  });

  it("is refused when one of its files is a folder", async () => {
    await rm(join(folder, classifierFile));
    await mkdir(join(folder, classifierFile));
    await assert.rejects(openBundle(folder), { code: "BUNDLE_FILE_MISSING", message: /classifier\.tflite/ });
  });

  it("is missing where its folder is, also behind a link that leads nowhere", async () => {
    await assert.rejects(openBundle(join(root, "absent")), { code: "BUNDLE_MISSING" });
    await symlink("absent", join(root, "current"));
    await assert.rejects(openBundle(join(root, "current")), { code: "BUNDLE_MISSING" });
  });
});

describe("a file's checksum", () => {
  it("holds for the very bytes, and is told where it does not", () => {
    const bytes = new TextEncoder().encode("abc");
    assert.equal(digestOf(bytes), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    verifyFile("a", bytes, 3, digestOf(bytes));
    assert.throws(() => verifyFile("a", bytes, 4, digestOf(bytes)), {
      code: "BUNDLE_CHECKSUM_MISMATCH",
      message: /"a" of 4 bytes.*found 3 bytes/,
    });
    assert.throws(() => verifyFile("a", bytes.subarray(1), 2, digestOf(bytes)), { code: "BUNDLE_CHECKSUM_MISMATCH" });
  });
});
