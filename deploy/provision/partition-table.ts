// Finds the boot partition in the partition table of an image (MBR), and holds it against what its FAT says of itself.
import { FacelatchError } from "../../device/errors/errors.ts";

export interface Span {
  readonly offsetBytes: number;
  readonly bytes: number;
}

const sectorBytes = 512;
export const bootSectorBytes = 512;
const tableAt = 446;
const entryBytes = 16;
/** FAT16 and FAT32, by cylinders or by sectors. */
const fatTypes = new Set([0x06, 0x0b, 0x0c, 0x0e]);
const gptType = 0xee;

/**
 * The first FAT partition.
 *
 * @param firstSector of the image
 * @param imageBytes its length
 * @throws FacelatchError BOOT_PARTITION_INVALID
 */
export function findBootPartition(firstSector: Uint8Array, imageBytes: number): Span {
  if (!isSigned(firstSector)) throw invalid("a partition table (MBR)", "none");
  const view = viewOf(firstSector);
  const entries = [0, 1, 2, 3].map((index) => readEntry(view, tableAt + index * entryBytes));
  if (entries.some(({ type }) => type === gptType))
    throw invalid("a partition table (MBR), as Raspberry Pi OS has it", "a GPT");
  const used = entries.filter(({ type, bytes }) => type !== 0 && bytes > 0);
  const boot = used.find(({ type }) => fatTypes.has(type));
  if (boot === undefined) throw invalid("a FAT partition", `${used.length} partitions of other kinds`);
  const end = boot.offsetBytes + boot.bytes;
  if (boot.offsetBytes < sectorBytes || end > imageBytes) {
    throw invalid(`the boot partition within the image's ${imageBytes} bytes`, `bytes ${boot.offsetBytes} to ${end}`);
  }
  const others = used.filter((entry) => entry !== boot);
  if (others.some(({ offsetBytes, bytes }) => offsetBytes < end && offsetBytes + bytes > boot.offsetBytes)) {
    throw invalid("partitions that do not overlap", "one that overlaps the boot partition");
  }
  return { offsetBytes: boot.offsetBytes, bytes: boot.bytes };
}

function readEntry(view: DataView, at: number) {
  return {
    type: view.getUint8(at + 4),
    offsetBytes: view.getUint32(at + 8, true) * sectorBytes,
    bytes: view.getUint32(at + 12, true) * sectorBytes,
  };
}

/**
 * Holds the FAT's own size against the partition's: a file system that reaches beyond it would be written beyond it.
 *
 * @param bootSector the partition's first sector
 * @throws FacelatchError BOOT_PARTITION_INVALID
 */
export function checkFat(bootSector: Uint8Array, { bytes }: Span): void {
  const view = viewOf(bootSector);
  const bytesPerSector = view.getUint16(11, true);
  const sectors = view.getUint16(19, true) || view.getUint32(32, true);
  const sound = isSigned(bootSector) && [512, 1024, 2048, 4096].includes(bytesPerSector) && sectors > 0;
  if (!sound) throw invalid("a FAT file system in the boot partition", "something else");
  if (sectors * bytesPerSector > bytes) {
    throw invalid(`a file system within the partition's ${bytes} bytes`, `one of ${sectors * bytesPerSector} bytes`);
  }
}

function isSigned(sector: Uint8Array): boolean {
  return sector.byteLength >= bootSectorBytes && sector[510] === 0x55 && sector[511] === 0xaa;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function invalid(expected: string, found: string): FacelatchError {
  return new FacelatchError("BOOT_PARTITION_INVALID", {
    expected,
    found,
    next: "Give an unpacked image of Raspberry Pi OS (.img, not .img.xz), or a card with one.",
  });
}
