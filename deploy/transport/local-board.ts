// The board that this program runs on: the same engine as behind the daemon's API, on the state folder itself.
import { existsSync, mkdirSync } from "node:fs";
import { isAbsolute } from "node:path";
import { loadConfig } from "../../device/config/config.ts";
import { openDoorUpdates, targetOf } from "../../device/daemon/updates/door-updates.ts";
import { BundleDelivery } from "../../device/delivery/bundle-delivery.ts";
import type { Delivery, DeliveryStatus } from "../../device/delivery/delivery.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { thisTarget } from "../../device/slots/compatibility.ts";
import { openUpdates } from "../../device/slots/open-updates.ts";
import { trustedKeysFolder } from "../../device/slots/trusted-keys.ts";
import type { Updates } from "../../device/slots/updates.ts";
import { checkInChild } from "../../device/vision/check-in-child.ts";
import type { Archive } from "../flash/archive.ts";
import type { Board } from "./board.ts";

/** Whoever may write the state folder needs no smaller limits than the format's own. */
const limits = { archiveBytesMax: 512 * 1024 * 1024, uploadIdleMaxMs: 3_600_000 };

/** Which door of this machine is meant; with neither, the one that the usual configuration describes. */
export interface DoorPlace {
  /** The daemon's configuration: folder, owner, kind of board and trusted keys come from there. */
  readonly config?: string | undefined;
  /** A state folder alone, for a door that has no configuration yet: nothing says who its owner is. */
  readonly state?: string | undefined;
}

const usualConfig = "/etc/facelatch/facelatch.yaml";
const usualStateDir = "/var/lib/facelatch";

interface LocalDoor {
  readonly stateDir: string;
  /** A running daemon takes up what it puts in place. */
  readonly updates: Updates;
}

/** Throws USAGE for both, CONFIG_INVALID. */
async function openDoor({ config, state }: DoorPlace): Promise<LocalDoor> {
  if (config !== undefined && state !== undefined) {
    const next = "The configuration names its state folder: leave --state out.";
    throw new FacelatchError("USAGE", { expected: "--config or --state", found: "both", next });
  }
  const path = config ?? (state === undefined && existsSync(usualConfig) ? usualConfig : null);
  if (path === null) {
    const stateDir = state ?? usualStateDir;
    const trustedKeys = [trustedKeysFolder(stateDir)];
    const target = await thisTarget();
    return { stateDir, updates: openUpdates({ stateDir, trustedKeys, target, accept: checkInChild }) };
  }
  const settings = loadConfig(path);
  // Relative to the folder that the daemon is started in, which is not this one.
  if (!isAbsolute(settings.stateDir)) {
    throw new FacelatchError("CONFIG_INVALID", {
      expected: `an absolute path as stateDir in ${path}`,
      found: settings.stateDir,
      next: "Write it out, or name the folder with --state instead of --config.",
    });
  }
  return { stateDir: settings.stateDir, updates: openDoorUpdates(settings, await targetOf(settings)) };
}

/** What arrives through a session of SSH. Throws INPUT_MISSING without the state folder. */
export async function openLocalDelivery(place: DoorPlace): Promise<Delivery> {
  const door = await openDoor(place);
  if (!existsSync(door.stateDir)) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the daemon's state directory at ${door.stateDir}`,
      found: "nothing",
      next: "Name it with --state, or the daemon's configuration with --config.",
    });
  }
  return deliveryTo(door);
}

function deliveryTo({ stateDir, updates }: LocalDoor): Delivery {
  return new BundleDelivery({ stateDir, updates, limits, way: "ssh" });
}

export class LocalBoard implements Board {
  readonly address: string;
  readonly #updates: Updates;
  readonly #delivery: Delivery;

  private constructor(door: LocalDoor) {
    this.address = door.stateDir;
    this.#updates = door.updates;
    this.#delivery = deliveryTo(door);
  }

  /** Makes the folder where it is missing: the first bundle may come before the daemon's first start. */
  static async open(place: DoorPlace): Promise<LocalBoard> {
    const door = await openDoor(place);
    mkdirSync(door.stateDir, { recursive: true, mode: 0o750 });
    return new LocalBoard(door);
  }

  status(): Promise<DeliveryStatus> {
    return this.#delivery.status();
  }

  /** It lies on this machine already. */
  async send(archive: Archive, onSent: (bytes: number) => void): Promise<string> {
    onSent(archive.bytes);
    return archive.path;
  }

  async install(path: string): Promise<void> {
    await this.#updates.install(path);
  }

  rollback(): Promise<DeliveryStatus> {
    return this.#delivery.rollback();
  }

  async close(): Promise<void> {}
}
