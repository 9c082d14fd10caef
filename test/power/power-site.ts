// What the tests of power cuts share: bundles of a few bytes, their archives, engines on any disk, and the report.
import { createPublicKey } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trustKey } from "../../deploy/keys/trust-folder.ts";
import { manifestFileName, signatureFileName } from "../../device/bundle/manifest.ts";
import { packArchive } from "../../device/slots/bundle-archive.ts";
import { type DaemonUpdates, openUpdates } from "../../device/slots/open-updates.ts";
import type { SlotFiles } from "../../device/slots/slot-files.ts";
import { changedBundle, makeSmallBundle, type SmallBundle } from "../fixtures/small-bundle.ts";
import { testKey } from "../fixtures/test-keys.ts";

export interface Ending {
  after(end: () => Promise<void>): void;
}

export const target = { board: "test-board", arch: "x64", app: "0.1.0" } as const;

/** Bundles of a few bytes with the seqs 1 to `count`, which the engine cannot tell from others. */
export async function tinyBundles(count: number): Promise<SmallBundle[]> {
  const base = await makeSmallBundle();
  return Array.from({ length: count }, (_, i) => {
    const names = [...base.files.keys()].filter((name) => name !== manifestFileName && name !== signatureFileName);
    const files = Object.fromEntries(names.map((name) => [name, new TextEncoder().encode(`${name} of ${i + 1}`)]));
    return changedBundle(base, { files, manifest: (m) => small({ ...m, name: `Bundle ${i + 1}`, seq: i + 1 }) });
  });
}

/** With few numbers to check, as thousands of starts read it. */
function small(manifest: SmallBundle["manifest"]): SmallBundle["manifest"] {
  const [golden] = manifest.golden;
  return { ...manifest, golden: [{ ...golden!, embedding: null, tensorSample: golden!.tensorSample.slice(0, 8) }] };
}

/** What a course goes by. */
export interface CourseSite {
  readonly keys: string;
  readonly bundles: readonly Pick<SmallBundle, "sha256">[];
  /** The archives of the bundles, in the same order. */
  readonly archives: readonly string[];
}

export interface PowerSite extends CourseSite {
  readonly folder: string;
}

export async function makePowerSite(t: Ending, bundles: readonly SmallBundle[]): Promise<PowerSite> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-power-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const keys = join(folder, "keys");
  await trustKey(keys, createPublicKey(testKey(1)));
  const archives: string[] = [];
  for (const [i, bundle] of bundles.entries()) {
    const path = join(folder, `bundle-${i + 1}.tar`);
    await writeFile(path, await packArchive(bundle.files));
    archives.push(path);
  }
  return { folder, keys, bundles, archives };
}

/** An engine on any disk, which nobody else uses. */
export function engineOn(keys: string, stateDir: string, files: SlotFiles): DaemonUpdates {
  return openUpdates({
    ...{ stateDir, files, target, trustedKeys: [keys], trialStartsMax: 2 },
    accept: async () => {},
    lock: (change) => change(),
  });
}
