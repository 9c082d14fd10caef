// The board that this program runs on: the same engine as behind the daemon's API, on the state folder itself.
import { existsSync, mkdirSync } from "node:fs";
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

/** The engine of this machine. A running daemon takes up what it puts in place. */
export async function openLocalUpdates(stateDir: string): Promise<Updates> {
  const trustedKeys = [trustedKeysFolder(stateDir)];
  return openUpdates({ stateDir, trustedKeys, target: await thisTarget(), accept: checkInChild });
}

/** What arrives through a session of SSH. Throws INPUT_MISSING without the state folder. */
export async function openLocalDelivery(stateDir: string): Promise<Delivery> {
  if (!existsSync(stateDir)) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the daemon's state directory at ${stateDir}`,
      found: "nothing",
      next: "Name it with --state.",
    });
  }
  return deliveryTo(stateDir, await openLocalUpdates(stateDir));
}

function deliveryTo(stateDir: string, updates: Updates): Delivery {
  return new BundleDelivery({ stateDir, updates, limits, way: "ssh" });
}

export class LocalBoard implements Board {
  readonly address: string;
  readonly #updates: Updates;
  readonly #delivery: Delivery;

  private constructor(stateDir: string, updates: Updates) {
    this.address = stateDir;
    this.#updates = updates;
    this.#delivery = deliveryTo(stateDir, updates);
  }

  /** Makes the folder where it is missing: the first bundle may come before the daemon's first start. */
  static async open(stateDir: string): Promise<LocalBoard> {
    mkdirSync(stateDir, { recursive: true, mode: 0o750 });
    return new LocalBoard(stateDir, await openLocalUpdates(stateDir));
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
