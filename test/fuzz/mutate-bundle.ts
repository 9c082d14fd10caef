// Ways to spoil a bundle's archive: bits, length, structure, the manifest's fields, and fields under a signature that holds.
import type { KeyObject } from "node:crypto";
import { manifestFileName, signatureFileName } from "../../device/bundle/manifest.ts";
import { signManifest } from "../../device/slots/signature.ts";
import type { SeededRandom } from "../../training/seeded-random.ts";
import { type Entry, tarOf } from "../device/slots/archives.ts";

/** What mutations start from. */
export interface Sound {
  readonly archive: Buffer;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly trusted: KeyObject;
  /** A key that nobody trusts, and one that was revoked. */
  readonly others: readonly KeyObject[];
}

export type Mutation = (sound: Sound, random: SeededRandom) => Promise<Buffer> | Buffer;

const asPacked = { mode: 0o644, mtime: new Date(0), uid: 0, gid: 0 } as const;
const headerBytes = 512;

function pick<T>(random: SeededRandom, items: readonly T[]): T {
  return items[random.below(items.length)]!;
}

function flipBits({ archive }: Sound, random: SeededRandom): Buffer {
  const changed = Buffer.from(archive);
  const seen = new Set<number>();
  for (let i = 0, count = 1 + random.below(8); i < count; i++) {
    const bit = random.below(archive.length * 8);
    // The same bit twice would leave the archive as it was.
    if (!seen.has(bit)) changed[bit >> 3]! ^= 1 << (bit & 7);
    seen.add(bit);
  }
  return changed;
}

function changeLength({ archive }: Sound, random: SeededRandom): Buffer {
  const at = random.below(archive.length);
  const length = 1 + random.below(Math.min(4_096, archive.length - at));
  switch (random.below(4)) {
    case 0:
      return archive.subarray(0, at);
    case 1:
      return Buffer.concat([archive.subarray(0, at), archive.subarray(at + length)]);
    case 2:
      return Buffer.concat([archive.subarray(0, at + length), archive.subarray(at)]);
    default:
      return Buffer.concat([archive, Buffer.alloc(length, random.below(2) === 0 ? 0 : random.below(256))]);
  }
}

const evilNames = [
  ...["../x", "/tmp/facelatch-escaped", "a/../../x", "..", ".", "", "a/b", "x\0y", "manifest.json/", "C:\\x", ".x"],
  ...["x".repeat(65), "x".repeat(300), "trusted-keys/x.pem", "updates/record-0.json", "current", "MANIFEST.JSON"],
];
const evilTypes = [
  "symlink",
  "link",
  "directory",
  "fifo",
  "character-device",
  "block-device",
  "contiguous-file",
] as const;

async function changeStructure({ files }: Sound, random: SeededRandom): Promise<Buffer> {
  const entries: Entry[] = [...files].map(([name, content]) => ({ ...asPacked, name, content }));
  const at = random.below(entries.length);
  const entry = entries[at]!;
  switch (random.below(9)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries.splice(random.below(entries.length + 1), 0, entry);
      break;
    case 2:
      entries[at] = { ...entry, name: pick(random, evilNames) };
      break;
    case 3: {
      const type = pick(random, evilTypes);
      const linkname = pick(random, ["/etc/passwd", "../../x", manifestFileName]);
      entries.splice(at, 0, { ...asPacked, name: pick(random, ["x", ...evilNames]), type, linkname });
      break;
    }
    case 4: {
      const pax = {
        [pick(random, ["path", "size", "linkpath", "GNU.sparse.size", "comment"])]: pick(random, [
          "../x",
          "9",
          "-1",
          "99999999999",
        ]),
      };
      entries[at] = { ...entry, pax } as Entry;
      break;
    }
    case 5: {
      const next = (at + 1) % entries.length;
      [entries[at], entries[next]] = [entries[next]!, entry];
      break;
    }
    case 6:
      entries[at] = {
        ...entry,
        ...pick(random, [{ mode: 0o4755 }, { uid: 1 }, { gid: 7 }, { mtime: new Date(1e12) }, { uname: "root" }]),
      };
      break;
    case 7: {
      // Names that another file's content goes by.
      const other = entries[(at + 1) % entries.length]!;
      entries[at] = { ...entry, content: other.content! };
      break;
    }
    default:
      return forgedHeader(await tarOf(entries), random);
  }
  return tarOf(entries);
}

/** Changes a header and makes its checksum hold. */
function forgedHeader(archive: Buffer, random: SeededRandom): Buffer {
  const starts: number[] = [];
  for (let at = 0; at + headerBytes <= archive.length && archive[at] !== 0; ) {
    starts.push(at);
    const bytes = Number.parseInt(archive.toString("latin1", at + 124, at + 135), 8);
    at += headerBytes * (1 + Math.ceil(bytes / headerBytes));
  }
  const header = archive.subarray(pick(random, starts)).subarray(0, headerBytes);
  const before = Buffer.from(header);
  const fields = [
    () =>
      header.write(
        `${random
          .below(2 ** 31)
          .toString(8)
          .padStart(11, "0")}\0`,
        124,
        "latin1",
      ),
    () => header.write("77777777777\0", 124, "latin1"),
    () => header.fill(0xff, 124, 136),
    () =>
      header.fill(
        pick(
          random,
          [..."012345678LKSxgDM"].map((type) => type.charCodeAt(0)),
        ),
        156,
        157,
      ),
    () => header.fill(random.below(256), random.below(headerBytes), headerBytes),
    () => header.write(pick(random, evilNames), 0, 100, "latin1"),
    () => header.write("/etc", 345, "latin1"),
  ];
  pick(random, fields)();
  if (header.equals(before)) header[0]! ^= 1;
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return archive;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const evilValues: readonly Json[] = [
  null,
  true,
  -1,
  0,
  1e308,
  "",
  "../x",
  "x".repeat(10_000),
  [],
  {},
  { __proto__: 1 },
];

/** Every place of a JSON value that can be replaced. */
function placesOf(value: Json): { readonly holder: Json[] | { [key: string]: Json }; readonly key: string }[] {
  if (value === null || typeof value !== "object") return [];
  return Object.keys(value).flatMap((key) => {
    const child = (value as { [key: string]: Json })[key]!;
    return [{ holder: value, key }, ...placesOf(child)];
  });
}

function mutatedManifest(files: Sound["files"], random: SeededRandom, values: readonly Json[]): Uint8Array {
  const manifest = JSON.parse(Buffer.from(files.get(manifestFileName)!).toString()) as Json;
  const before = JSON.stringify(manifest);
  const { holder, key } = pick(random, placesOf(manifest));
  const named = holder as { [key: string]: Json };
  const kind = random.below(3);
  if (kind === 0 && !Array.isArray(holder)) delete named[key];
  else if (kind === 1 && !Array.isArray(holder)) named[`${key}x`] = pick(random, values);
  else named[key] = pick(random, values);
  const after = JSON.stringify(manifest);
  return Buffer.from(after === before ? `${after} ` : after);
}

function packed(files: Sound["files"], changes: readonly (readonly [string, Uint8Array])[]): Promise<Buffer> {
  return tarOf([...new Map([...files, ...changes])].map(([name, content]) => ({ ...asPacked, name, content })));
}

/** The signature is the sound one's, another's, or spoilt: it holds for no mutated manifest. */
async function changeManifest({ files, others }: Sound, random: SeededRandom): Promise<Buffer> {
  const manifest = mutatedManifest(files, random, evilValues);
  const signature = Buffer.from(files.get(signatureFileName)!);
  const signatures = [
    () => signature,
    () => signManifest(manifest, [pick(random, others)]),
    () => signManifest(files.get(manifestFileName)!, [pick(random, others)]),
    () => Buffer.from(JSON.stringify(pick(random, evilValues))),
    () => Buffer.from(signature.toString().replace(/[A-Z]/, "a")),
  ];
  return packed(files, [
    [manifestFileName, manifest],
    [signatureFileName, pick(random, signatures)()],
  ]);
}

/** What no field of any manifest may be. */
const neverValid: readonly Json[] = [{}, [[]], { a: 1 }];

/** Signed by the right key: only the manifest's own check is left to refuse it. */
async function changeSignedManifest({ files, trusted }: Sound, random: SeededRandom): Promise<Buffer> {
  const manifest = mutatedManifest(files, random, neverValid);
  return packed(files, [
    [manifestFileName, manifest],
    [signatureFileName, signManifest(manifest, [trusted])],
  ]);
}

export const mutations: Readonly<Record<string, Mutation>> = {
  bits: flipBits,
  truncation: changeLength,
  tarStructure: changeStructure,
  manifestFields: changeManifest,
  signedManifestFields: changeSignedManifest,
};
