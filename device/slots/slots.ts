// The bundles on this machine: slots named by digest, and a `current` link that switches atomically.
import { mkdir, mkdtemp, open, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { unpackArchive } from "./bundle-archive.ts";
import { type OpenedBundle, openBundle } from "./open-bundle.ts";

const slotsFolder = "slots";
const currentLink = "current";

/** The folder of the bundle in use, whether it exists or not. */
export function currentBundleFolder(stateDir: string): string {
  return join(stateDir, currentLink);
}

/** The identity of the bundle in use; null before the first one is installed. */
export async function currentBundleSha256(stateDir: string): Promise<string | null> {
  try {
    return basename(await readlink(currentBundleFolder(stateDir)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/**
 * Unpacks, verifies and switches to a bundle. A failure at any step leaves the bundle in use as it was.
 *
 * @param accept is asked after the checksums hold and before the switch; it throws to refuse
 * @throws FacelatchError by the name of the check that failed
 */
export async function installBundle(
  stateDir: string,
  archivePath: string,
  accept: (bundle: OpenedBundle) => Promise<void>,
): Promise<OpenedBundle> {
  const slots = join(stateDir, slotsFolder);
  await mkdir(slots, { recursive: true, mode: 0o750 });
  const staging = await mkdtemp(join(stateDir, "staging-"));
  try {
    await unpackArchive(archivePath, staging);
    const bundle = await openBundle(staging);
    await accept(bundle);
    await syncFolder(staging);
    const slot = join(slots, bundle.sha256);
    if (!(await isWhole(slot))) {
      await rm(slot, { recursive: true, force: true });
      await rename(staging, slot);
      await syncFolder(slots);
    }
    await switchTo(stateDir, bundle.sha256);
    return bundle;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Whether a slot already holds the bundle it is named by, undamaged: then replacing it would only open a gap. */
async function isWhole(slot: string): Promise<boolean> {
  return openBundle(slot).then(
    ({ sha256 }) => sha256 === basename(slot),
    () => false,
  );
}

async function switchTo(stateDir: string, sha256: string): Promise<void> {
  const next = join(stateDir, `${currentLink}.next`);
  await rm(next, { force: true });
  await symlink(join(slotsFolder, sha256), next);
  await rename(next, currentBundleFolder(stateDir));
  await syncFolder(stateDir);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
