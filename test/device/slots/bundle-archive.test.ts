// Archives: what was packed comes out, and no archive, however it was made, writes anything elsewhere.
import assert from "node:assert/strict";
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { bundleLimits, manifestFileName, signatureFileName } from "../../../device/bundle/manifest.ts";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { packArchive, unpackArchive } from "../../../device/slots/bundle-archive.ts";
import { type Entry, tarOf, withFirstHeader } from "./archives.ts";

let root = "";
let archivePath = "";
let inside = "";

before(async () => {
  root = await mkdtemp(join(tmpdir(), "facelatch-archive-"));
  archivePath = join(root, "bundle.tar");
  inside = join(root, "inside");
});

after(() => rm(root, { recursive: true, force: true }));

beforeEach(emptyInside);

async function emptyInside(): Promise<void> {
  await rm(inside, { recursive: true, force: true });
  await mkdir(inside);
}

async function unpack(archive: Uint8Array): Promise<void> {
  await writeFile(archivePath, archive);
  await unpackArchive(archivePath, inside);
}

/** Whatever an archive did, the folder around it is as it was, and the folder itself holds plain files alone. */
async function assertNothingElsewhere(): Promise<void> {
  assert.deepEqual((await readdir(root)).sort(), ["bundle.tar", "inside"]);
  for (const entry of await readdir(inside, { withFileTypes: true })) assert.ok(entry.isFile(), entry.name);
}

async function unpackedFiles(): Promise<Map<string, Buffer>> {
  const names = (await readdir(inside)).sort();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(inside, name))] as const)));
}

const asPacked = { mode: 0o644, mtime: new Date(0) } as const;
const manifest: Entry = { ...asPacked, name: manifestFileName, content: Buffer.from("{}") };
const plainFile: Entry = { ...asPacked, name: "model.bin", content: Buffer.from("a model") };

describe("a packed bundle", () => {
  it("comes out as it went in, and the order of its files does not change its bytes", async () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/).filter((text) => text !== manifestFileName);
    const files = fc.dictionary(name, fc.uint8Array({ maxLength: 2_000 }), { maxKeys: 6, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(files, async (some) => {
        const packed = new Map([...Object.entries(some), [manifestFileName, Uint8Array.of(1, 2)] as const]);
        const archive = await packArchive(packed);
        assert.deepEqual(await packArchive(new Map([...packed].reverse())), archive);
        assert.equal(Buffer.from(archive).toString("latin1", 0, manifestFileName.length), manifestFileName);
        await emptyInside();
        await unpack(archive);
        const unpacked = await unpackedFiles();
        assert.deepEqual([...unpacked.keys()], [...packed.keys()].sort());
        for (const [file, content] of packed) assert.ok(unpacked.get(file)!.equals(content));
      }),
      { numRuns: 25 },
    );
  });
});

const tricks: readonly (readonly [what: string, entries: readonly Entry[], found: RegExp])[] = [
  ["a symbolic link", [manifest, { name: "x", type: "symlink", linkname: "/etc/passwd" }], /symlink/],
  ["a hard link", [manifest, { name: "x", type: "link", linkname: manifestFileName }], /is a link/],
  ["a folder", [manifest, { name: "x", type: "directory" }], /directory/],
  ["a device", [manifest, { name: "x", type: "character-device" }], /character-device/],
  ["a pipe", [manifest, { name: "x", type: "fifo" }], /fifo/],
  ["a path upwards", [manifest, { name: "../x", content: Buffer.from("x") }], /"\.\.\/x"/],
  ["the folder above", [manifest, { name: "..", content: Buffer.from("x") }], /"\.\."/],
  ["an absolute path", [manifest, { name: "/tmp/x", content: Buffer.from("x") }], /"\/tmp\/x"/],
  ["a path downwards", [manifest, { name: "a/b", content: Buffer.from("x") }], /"a\/b"/],
  ["a path from here", [{ ...manifest, name: `./${manifestFileName}` }], /"\.\/manifest\.json"/],
  ["a path with backslashes", [manifest, { name: "..\\x", content: Buffer.from("x") }], /x/],
  ["a hidden file", [manifest, { name: ".x", content: Buffer.from("x") }], /"\.x"/],
  ["a name beyond the limit", [manifest, { name: "x".repeat(65), content: Buffer.from("x") }], /xxx/],
  ["a path in an extended header", [manifest, { name: "x", pax: { path: "../../x" }, content: Buffer.from("x") }], /x/],
  ["a name twice", [manifest, plainFile, plainFile], /"model\.bin" twice/],
  ["the manifest twice", [manifest, manifest], /"manifest\.json" twice/],
  ["files in another order", [manifest, { ...plainFile, name: "b" }, { ...plainFile, name: "a" }], /"a" after "b"/],
  [
    "a signature that is not the second",
    [manifest, plainFile, { ...plainFile, name: signatureFileName }],
    /"manifest\.sig/,
  ],
  ["another mode than packing gives", [manifest, { ...plainFile, mode: 0o755 }], /packing these files does not give/],
  ["another date than packing gives", [manifest, { ...plainFile, mtime: new Date(1e9) }], /does not give/],
  ["no manifest", [plainFile], /no manifest\.json/],
  ["nothing", [], /no manifest\.json/],
];

describe("an archive with a trick in it", () => {
  for (const [what, entries, found] of tricks) {
    it(`is refused: ${what}`, async () => {
      await assert.rejects(unpack(await tarOf(entries)), { code: "BUNDLE_ARCHIVE_INVALID", message: found });
      await assertNothingElsewhere();
    });
  }

  it("is refused: too many files", async () => {
    const many = Array.from({ length: bundleLimits.filesMax + 2 }, (_, i) => ({ ...plainFile, name: `f${100 + i}` }));
    await assert.rejects(unpack(await tarOf([manifest, ...many])), {
      code: "BUNDLE_ARCHIVE_INVALID",
      message: /more than 66 files/,
    });
  });

  it("is refused: a file that claims more than the limit, before anything of it is written", async () => {
    const claiming = withFirstHeader(await tarOf([plainFile]), (header) => {
      header.write(`${(bundleLimits.fileBytesMax + 1).toString(8).padStart(11, "0")}\0`, 124, "latin1");
    });
    await assert.rejects(unpack(claiming), { code: "BUNDLE_TOO_LARGE" });
    assert.deepEqual(await readdir(inside), []);
  });

  it("is refused: a file whose size cannot be read", async () => {
    const sizeless = withFirstHeader(await tarOf([plainFile]), (header) => {
      header[124] = 0xa9;
    });
    await assert.rejects(unpack(sizeless), { code: "BUNDLE_ARCHIVE_INVALID", message: /of unknown size/ });
  });

  it("is refused: something behind its end, or within its padding", async () => {
    const sound = await tarOf([manifest, plainFile]);
    await unpack(sound);
    for (const change of [
      (archive: Buffer) => Buffer.concat([archive, Buffer.alloc(512)]),
      (archive: Buffer) => Buffer.concat([archive, Buffer.from("x")]),
      (archive: Buffer) => archive.subarray(0, -512),
      (archive: Buffer) => archive.fill("x", 1020, 1021),
    ]) {
      await emptyInside();
      await assert.rejects(unpack(change(Buffer.from(sound))), { code: "BUNDLE_ARCHIVE_INVALID" });
    }
  });

  it("is refused: an archive that is not there", async () => {
    await assert.rejects(unpackArchive(join(root, "absent.tar"), inside), { code: "INPUT_MISSING" });
  });
});

describe("any archive", () => {
  /** Unpacks or is refused; in both cases nothing is written elsewhere, and nothing is written after that. */
  async function attempt(archive: Uint8Array): Promise<void> {
    await emptyInside();
    try {
      await unpack(archive);
      await access(join(inside, manifestFileName));
    } catch (error) {
      assert.ok(error instanceof FacelatchError, String(error));
      assert.match(error.code, /^BUNDLE_(ARCHIVE_INVALID|TOO_LARGE)$/);
    }
    await assertNothingElsewhere();
    await rm(inside, { recursive: true });
  }

  it("of random bytes is refused", async () => {
    const bytes = fc.uint8Array({ maxLength: 3_000 });
    await fc.assert(fc.asyncProperty(bytes, attempt), { numRuns: 60 });
  });

  it("that was cut anywhere unpacks or is refused", async () => {
    const archive = await tarOf([manifest, { name: "big.bin", content: new Uint8Array(200_000) }, plainFile]);
    const length = fc.oneof(fc.nat(3_000), fc.nat(archive.length));
    await fc.assert(
      fc.asyncProperty(length, (bytes) => attempt(archive.subarray(0, bytes))),
      { numRuns: 80 },
    );
  });

  it("with changed bytes unpacks or is refused, also where its headers' checksums hold", async () => {
    const archive = await tarOf([manifest, { name: "b", pax: { comment: "c" }, content: Buffer.from("b") }, plainFile]);
    const change = fc.tuple(fc.nat(archive.length - 1), fc.nat(255));
    const changes = fc.array(change, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const bytes = Buffer.from(archive);
        for (const [at, value] of list) bytes[at] = value;
        await attempt(bytes);
      }),
      { numRuns: 80 },
    );
    const inHeader = fc.array(fc.tuple(fc.nat(511), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(inHeader, (list) =>
        attempt(
          withFirstHeader(archive, (header) => {
            for (const [at, value] of list) header[at] = value;
          }),
        ),
      ),
      { numRuns: 120 },
    );
  });
});
