// Packs a run into a bundle's file, which is there only once nobody of the household is found to open the door by it.
import { rename, rm, writeFile } from "node:fs/promises";
import type { Manifest } from "../../device/bundle/manifest.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { describeFamily } from "../evaluation/family.ts";
import { judgeHousehold } from "../evaluation/household.ts";
import { writing } from "../write-file.ts";
import { type BundleOptions, makeBundle, refuseUnsafe } from "./make-bundle.ts";
import { withUnpacked } from "./verify-bundle.ts";

export interface PackOptions extends BundleOptions {
  readonly run: string;
  readonly out: string;
  /** Photos of household members that were not enrolled; undefined tries nobody. */
  readonly household?: string;
  readonly progress: Progress;
}

/**
 * @throws FacelatchError HOUSEHOLD_UNSAFE, unless the risk is accepted; a file that was at `out` then stays as it was
 */
export async function packBundle(
  options: PackOptions,
): Promise<{ readonly manifest: Manifest; readonly bytes: number }> {
  const { run, out, household, acceptRisk, progress } = options;
  const { archive, manifest } = await makeBundle(run, options);
  const draft = `${out}.part`;
  try {
    await writing(draft, () => writeFile(draft, archive));
    if (household !== undefined) {
      const { report } = await withUnpacked(draft, (bundle) => judgeHousehold(bundle, household, progress));
      progress.say(describeFamily(report));
      if (!acceptRisk) refuseUnsafe(report.unsafe);
    }
    await writing(out, () => rename(draft, out));
  } finally {
    await rm(draft, { force: true });
  }
  return { manifest, bytes: archive.byteLength };
}
