// The bundles on this machine: slots named by digest, and a `current` link that switches atomically.
import { chmod, chown, mkdir, mkdtemp, open, readdir, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { unpackArchive } from "./bundle-archive.ts";
import { type OpenedBundle, openBundle } from "./open-bundle.ts";

const slotsFolder = "slots";
const currentLink = "current";
const stagingPrefix = "staging-";
/** Another installation may be under way; one that began so long ago is not. */
const abandonedAfterMs = 3_600_000;

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
  const staging = await mkdtemp(join(stateDir, stagingPrefix));
  try {
    await unpackArchive(archivePath, staging);
    const bundle = await openBundle(staging);
    await accept(bundle);
    await giveToOwner(staging, stateDir);
    await syncFolder(staging);
    const slot = join(slots, bundle.sha256);
    if (!(await isWhole(slot))) {
      await rm(slot, { recursive: true, force: true });
      await rename(staging, slot);
      await syncFolder(slots);
    }
    const previous = await currentBundleSha256(stateDir);
    await switchTo(stateDir, bundle.sha256);
    await removeUnused(stateDir, [bundle.sha256, previous]);
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

/** Installing as root for a daemon that is not: what is installed belongs to whoever owns the state folder. */
async function giveToOwner(staging: string, stateDir: string): Promise<void> {
  await chmod(staging, 0o750);
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(stateDir);
  for (const path of [
    join(stateDir, slotsFolder),
    staging,
    ...(await readdir(staging)).map((name) => join(staging, name)),
  ]) {
    await chown(path, uid, gid);
  }
}

/** Removes every slot but those that are kept, and what an interrupted installation left. */
async function removeUnused(stateDir: string, kept: readonly (string | null)[]): Promise<void> {
  const slots = join(stateDir, slotsFolder);
  for (const slot of await readdir(slots)) {
    if (!kept.includes(slot)) await rm(join(slots, slot), { recursive: true, force: true });
  }
  const oldestMs = Date.now() - abandonedAfterMs;
  for (const name of (await readdir(stateDir)).filter((entry) => entry.startsWith(stagingPrefix))) {
    const path = join(stateDir, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < oldestMs) await rm(path, { recursive: true, force: true });
  }
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
