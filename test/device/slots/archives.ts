// Archives that no honest maker packs, for the tests of unpacking.
import { type Header, pack } from "tar-stream";

export interface Entry extends Partial<Header> {
  readonly name: string;
  readonly content?: Uint8Array;
}

/** A tar of any entries, in this order. */
export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  const chunks: Buffer[] = [];
  const done = (async () => {
    for await (const chunk of archive) chunks.push(chunk as Buffer);
  })();
  for (const { content, ...header } of entries) archive.entry(header, Buffer.from(content ?? []));
  archive.finalize();
  await done;
  return Buffer.concat(chunks);
}

const headerBytes = 512;
const checksumAt = 148;

/** The archive with its first header changed, and that header's checksum made to hold. */
export function withFirstHeader(archive: Uint8Array, change: (header: Buffer) => void): Buffer {
  const changed = Buffer.from(archive);
  const header = changed.subarray(0, headerBytes);
  change(header);
  header.fill(" ", checksumAt, checksumAt + 8);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, checksumAt, "latin1");
  return changed;
}
