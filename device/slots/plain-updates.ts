// Updates without a trial: a bundle that passes every check counts as confirmed at once.
import { FacelatchError } from "../errors/errors.ts";
import { type OpenedBundle, openBundle } from "./open-bundle.ts";
import { currentBundleFolder, installBundle } from "./slots.ts";
import type { BundleSummary, UpdateStatus, Updates } from "./updates.ts";

export interface PlainUpdatesOptions {
  readonly stateDir: string;
  readonly accept: (bundle: OpenedBundle) => Promise<void>;
}

export function openPlainUpdates({ stateDir, accept }: PlainUpdatesOptions): Updates {
  let confirmed = false;
  const status = async (): Promise<UpdateStatus> => ({
    state: confirmed ? "confirmed" : "idle",
    current: await currentSummary(stateDir),
    previous: null,
    factory: null,
    floorSeq: 0,
    trial: null,
    reverted: null,
  });
  return {
    status,
    async install(archivePath) {
      await installBundle(stateDir, archivePath, accept);
      confirmed = true;
      return status();
    },
    async rollback() {
      const detail = { expected: "a bundle before this one", found: "none", next: "Flash the one you want." };
      throw new FacelatchError("NOTHING_TO_ROLL_BACK_TO", detail);
    },
  };
}

async function currentSummary(stateDir: string): Promise<BundleSummary | null> {
  try {
    const { sha256, manifest } = await openBundle(currentBundleFolder(stateDir));
    return { sha256, name: manifest.name, seq: 0 };
  } catch (error) {
    if (error instanceof FacelatchError) return null;
    throw error;
  }
}
