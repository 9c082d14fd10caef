import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkFat, findBootPartition } from "../../../deploy/provision/partition-table.ts";

interface Entry {
  readonly type: number;
  readonly start: number;
  readonly sectors: number;
}

function table(entries: readonly Entry[]): Uint8Array {
  const sector = new Uint8Array(512);
  const view = new DataView(sector.buffer);
  entries.forEach(({ type, start, sectors }, index) => {
    view.setUint8(446 + index * 16 + 4, type);
    view.setUint32(446 + index * 16 + 8, start, true);
    view.setUint32(446 + index * 16 + 12, sectors, true);
  });
  sector.set([0x55, 0xaa], 510);
  return sector;
}

const imageBytes = 64 * 1024 * 1024;
const boot = { type: 0x0c, start: 8_192, sectors: 65_536 };
const root = { type: 0x83, start: 73_728, sectors: 40_000 };

test("the first FAT partition is found, in bytes", () => {
  assert.deepEqual(findBootPartition(table([boot, root]), imageBytes), { offsetBytes: 4_194_304, bytes: 33_554_432 });
  assert.deepEqual(findBootPartition(table([root, boot]), imageBytes).offsetBytes, 4_194_304);
});

test("a table that is none, that reaches beyond the image, overlaps, or is a GPT's is refused", () => {
  const wrong: readonly Uint8Array[] = [
    new Uint8Array(512),
    table([root]),
    table([{ type: 0xee, start: 1, sectors: 131_071 }]),
    table([{ ...boot, sectors: 200_000 }]),
    table([{ ...boot, start: 0 }]),
    table([boot, { ...root, start: 10_000 }]),
  ];
  for (const sector of wrong) {
    assert.throws(() => findBootPartition(sector, imageBytes), { code: "BOOT_PARTITION_INVALID" });
  }
});

test("whatever the table says, what is found lies within the image and not on the table", () => {
  const entry = fc.record({
    type: fc.constantFrom(0, 0x0c, 0x0b, 0x83, 0xee, 6),
    start: fc.oneof(fc.integer({ min: 0, max: 140_000 }), fc.integer({ min: 0, max: 0xffffffff })),
    sectors: fc.oneof(fc.integer({ min: 0, max: 140_000 }), fc.integer({ min: 0, max: 0xffffffff })),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), (entries) => {
      let span: ReturnType<typeof findBootPartition>;
      try {
        span = findBootPartition(table(entries), imageBytes);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "BOOT_PARTITION_INVALID");
        return;
      }
      assert.ok(span.offsetBytes >= 512 && span.bytes > 0 && span.offsetBytes + span.bytes <= imageBytes);
    }),
    { numRuns: 2_000 },
  );
});

function bootSector(bytesPerSector: number, sectors: number): Uint8Array {
  const sector = new Uint8Array(512);
  const view = new DataView(sector.buffer);
  view.setUint16(11, bytesPerSector, true);
  view.setUint32(32, sectors, true);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

test("a file system that is larger than its partition, or none, is refused", () => {
  const span = { offsetBytes: 4_194_304, bytes: 33_554_432 };
  checkFat(bootSector(512, 65_536), span);
  for (const sector of [
    bootSector(512, 65_537),
    bootSector(4096, 65_536),
    bootSector(3, 10),
    bootSector(512, 0),
    new Uint8Array(512),
  ]) {
    assert.throws(() => checkFat(sector, span), { code: "BOOT_PARTITION_INVALID" });
  }
});
