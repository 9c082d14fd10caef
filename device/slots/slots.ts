// The bundles on this machine: slots named by digest, and links to them that switch atomically.
import { readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { openBundle, readManifest } from "./open-bundle.ts";
import { realFiles, relinkDurably, type SlotFiles } from "./slot-files.ts";
import type { BundleSummary } from "./updates.ts";

const slotsFolder = "slots";
const currentLink = "current";
const stagingPrefix = "staging-";
/** Another installation may be under way; one that began so long ago is not. */
const abandonedAfterMs = 3_600_000;
const slotName = /^[0-9a-f]{64}$/;

/** What a link stands for: the bundle in use, the confirmed one before it, and the first one ever confirmed. */
export type SlotLink = "current" | "previous" | "factory";

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

/** The slots of one state folder. */
export class Slots {
  readonly #files: SlotFiles;
  readonly #stateDir: string;

  constructor(stateDir: string, files: SlotFiles = realFiles) {
    this.#stateDir = stateDir;
    this.#files = files;
  }

  folderOf(sha256: string): string {
    return join(this.#stateDir, slotsFolder, sha256);
  }

  /** Null where the link is missing, or leads to no slot. */
  async linked(link: SlotLink): Promise<string | null> {
    const target = await this.#files.readLink(join(this.#stateDir, link));
    const name = target === null ? "" : basename(target);
    return slotName.test(name) ? name : null;
  }

  /** Points a link to a slot, or removes it; lasting when it resolves. */
  async point(link: SlotLink, sha256: string | null): Promise<void> {
    if (sha256 !== null) return relinkDurably(this.#files, this.#stateDir, link, join(slotsFolder, sha256));
    await this.#files.remove(join(this.#stateDir, link));
    await this.#files.syncFolder(this.#stateDir);
  }

  /** Whether a slot holds the bundle that it is named by, undamaged. */
  async isWhole(sha256: string): Promise<boolean> {
    return (await this.damageOf(sha256)) === null;
  }

  /** Why a slot cannot be used; null where it can. */
  async damageOf(sha256: string): Promise<unknown> {
    try {
      const found = (await openBundle(this.folderOf(sha256), this.#files)).sha256;
      return found === sha256 ? null : new Error(`the slot holds the bundle ${found}`);
    } catch (error) {
      return error;
    }
  }

  /** Null where there is no slot whose manifest can be read. */
  async summary(sha256: string | null): Promise<BundleSummary | null> {
    if (sha256 === null) return null;
    try {
      const { manifest } = await readManifest(this.folderOf(sha256), this.#files);
      return { sha256, name: manifest.name, seq: manifest.seq };
    } catch {
      return null;
    }
  }

  /** The folder into which an archive is unpacked, on the disk of the slots. */
  async makeStaging(): Promise<string> {
    await this.#files.makeFolder(join(this.#stateDir, slotsFolder));
    return this.#files.makeUniqueFolder(join(this.#stateDir, stagingPrefix));
  }

  /** Makes a staged and synced folder the slot of its bundle, unless that one is there already, undamaged. */
  async take(staging: string, sha256: string): Promise<void> {
    if (await this.isWhole(sha256)) return;
    const slots = join(this.#stateDir, slotsFolder);
    await this.#files.giveToOwnerOf(this.#stateDir, slots);
    await this.#files.remove(this.folderOf(sha256));
    await this.#files.rename(staging, this.folderOf(sha256));
    await this.#files.syncFolder(slots);
    await this.#files.syncFolder(this.#stateDir);
  }

  /** Removes every slot but those that are linked or kept, and what an interrupted installation left an hour ago. */
  async removeUnused(kept: readonly (string | null)[]): Promise<void> {
    const links = await Promise.all((["current", "previous", "factory"] as const).map((link) => this.linked(link)));
    const slots = join(this.#stateDir, slotsFolder);
    for (const slot of await this.#files.list(slots)) {
      if (!links.includes(slot) && !kept.includes(slot)) await this.#files.remove(join(slots, slot));
    }
    const oldestMs = Date.now() - abandonedAfterMs;
    for (const name of (await this.#files.list(this.#stateDir)).filter((entry) => entry.startsWith(stagingPrefix))) {
      const path = join(this.#stateDir, name);
      const changedAtMs = await this.#files.changedAtMs(path).catch(() => Number.POSITIVE_INFINITY);
      if (changedAtMs < oldestMs) await this.#files.remove(path);
    }
  }

  /** All slots, whole or not. */
  async all(): Promise<readonly string[]> {
    return (await this.#files.list(join(this.#stateDir, slotsFolder))).filter((name) => slotName.test(name));
  }
}
