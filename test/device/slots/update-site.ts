// A state folder with an engine of updates behind it, for tests: real files, real signatures, small bundles.
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trustKey } from "../../../deploy/keys/trust-folder.ts";
import { packArchive } from "../../../device/slots/bundle-archive.ts";
import { type DaemonUpdates, openUpdates, type UpdatesOptions } from "../../../device/slots/open-updates.ts";
import { realFiles, type SlotFiles } from "../../../device/slots/slot-files.ts";
import { currentBundleFolder, currentBundleSha256 } from "../../../device/slots/slots.ts";
import { trustedKeysFolder } from "../../../device/slots/trusted-keys.ts";
import type { UpdateEvent } from "../../../device/slots/update-record.ts";
import type { UpdateStatus } from "../../../device/slots/updates.ts";
import { changedBundle, makeSmallBundle, type SmallBundle } from "../../fixtures/small-bundle.ts";
import { testKey } from "../../fixtures/test-keys.ts";

export interface Ending {
  after(end: () => Promise<void>): void;
}

/** Whether each sync is where it must be is shown by the tests of power cuts; here they would only take time. */
const filesWithoutSync: SlotFiles = { ...realFiles, syncFile: async () => {}, syncFolder: async () => {} };

export const testTarget = { board: "test-board", arch: "x64", app: "0.1.0" } as const;

let base: Promise<SmallBundle> | undefined;

/** A bundle of its own for each seq; the models are the same. */
export async function bundleOf(
  seq: number,
  change: (manifest: SmallBundle["manifest"]) => SmallBundle["manifest"] = (manifest) => manifest,
): Promise<SmallBundle> {
  base ??= makeSmallBundle();
  return changedBundle(await base, { manifest: (manifest) => change({ ...manifest, name: `Bundle ${seq}`, seq }) });
}

export class UpdateSite {
  readonly folder: string;
  readonly stateDir: string;
  readonly updates: DaemonUpdates;
  #archives = 0;

  private constructor(folder: string, options: Partial<UpdatesOptions>) {
    this.folder = folder;
    this.stateDir = join(folder, "state");
    this.updates = this.open(options);
  }

  static async make(t: Ending, options: Partial<UpdatesOptions> = {}): Promise<UpdateSite> {
    const folder = await mkdtemp(join(tmpdir(), "facelatch-updates-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const site = new UpdateSite(folder, options);
    await trustKey(trustedKeysFolder(site.stateDir), createPublicKey(testKey(1)));
    return site;
  }

  /** The engine of another process on the same folder. */
  open(options: Partial<UpdatesOptions> = {}): DaemonUpdates {
    return openUpdates({
      stateDir: this.stateDir,
      trustedKeys: [trustedKeysFolder(this.stateDir)],
      target: testTarget,
      accept: async () => {},
      files: filesWithoutSync,
      ...options,
    });
  }

  async archive({ files }: Pick<SmallBundle, "files">): Promise<string> {
    const path = join(this.folder, `bundle-${this.#archives++}.tar`);
    await writeFile(path, await packArchive(files));
    return path;
  }

  async install(bundle: Pick<SmallBundle, "files">, updates = this.updates): Promise<UpdateStatus> {
    return updates.install(await this.archive(bundle));
  }

  /** Installs and proves a bundle. */
  async put(bundle: SmallBundle): Promise<void> {
    await this.install(bundle);
    await this.updates.confirm(bundle.sha256);
  }

  /** What happened since the last call. */
  async events(): Promise<UpdateEvent[]> {
    const events: UpdateEvent[] = [];
    await this.updates.deliver((event) => events.push(event));
    return events;
  }
}

/** The bundle in use is this one, whole; and nothing was left behind beside the slots. */
export async function assertInUse({ stateDir }: UpdateSite, { sha256, files }: SmallBundle): Promise<void> {
  assert.equal(await currentBundleSha256(stateDir), sha256);
  const folder = currentBundleFolder(stateDir);
  assert.deepEqual((await readdir(folder)).sort(), [...files.keys()].sort());
  for (const [name, content] of files) assert.ok((await readFile(join(folder, name))).equals(content), name);
  const known = ["current", "factory", "previous", "slots", "trusted-keys", "updates"];
  assert.deepEqual(
    (await readdir(stateDir)).filter((name) => !known.includes(name)),
    [],
  );
}
