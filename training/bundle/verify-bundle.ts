// Verification of a bundle's file, with the verdict a device would give.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Manifest } from "../../device/bundle/manifest.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { unpackArchive } from "../../device/slots/bundle-archive.ts";
import { type OpenedBundle, openBundle } from "../../device/slots/open-bundle.ts";
import { stageBundle } from "../../device/slots/stage-bundle.ts";
import { readTrustedKeys } from "../../device/slots/trusted-keys.ts";
import { checkGoldenAnswers } from "../../device/vision/check-golden.ts";

export interface BundleVerdict {
  readonly ok: boolean;
  /** The code of the check that failed. */
  readonly refusedBy: string | null;
  readonly message: string | null;
  readonly manifest: Manifest | null;
}

/** @param trustedKeys folders of public keys, by one of which the bundle must be signed */
export async function verifyBundle(path: string, trustedKeys: readonly string[]): Promise<BundleVerdict> {
  try {
    await stageBundle(path, { keys: await readTrustedKeys(trustedKeys) });
    const { manifest } = await withUnpacked(path, async (bundle) => {
      await checkGoldenAnswers(bundle);
      return bundle;
    });
    return { ok: true, refusedBy: null, message: null, manifest };
  } catch (error) {
    if (!(error instanceof FacelatchError)) throw error;
    return { ok: false, refusedBy: error.code, message: error.message, manifest: null };
  }
}

/** Unpacks a bundle's file into a temporary folder for as long as `use` runs; who signed it is not asked. */
export async function withUnpacked<T>(path: string, use: (bundle: OpenedBundle) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-bundle-"));
  try {
    await unpackArchive(path, folder);
    return await use(await openBundle(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
