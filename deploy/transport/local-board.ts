// The board that this program runs on: the same engine as behind the daemon's API, on the state folder itself.
import { existsSync, mkdirSync } from "node:fs";
import { BundleDelivery } from "../../device/delivery/bundle-delivery.ts";
import type { Delivery, DeliveryStatus } from "../../device/delivery/delivery.ts";
import { FacelatchError } from "../../device/errors/errors.ts";
import { openPlainUpdates } from "../../device/slots/plain-updates.ts";
import type { Updates } from "../../device/slots/updates.ts";
import { checkGoldenAnswers } from "../../device/vision/check-golden.ts";
import type { Archive } from "../flash/archive.ts";
import type { Board } from "./board.ts";

/** Whoever may write the state folder needs no smaller limits than the format's own. */
const limits = { archiveBytesMax: 512 * 1024 * 1024, uploadIdleMaxMs: 3_600_000 };

export function openLocalUpdates(stateDir: string): Updates {
  return openPlainUpdates({ stateDir, accept: checkGoldenAnswers });
}

/** What arrives through a session of SSH. Throws INPUT_MISSING without the state folder. */
export function openLocalDelivery(stateDir: string): Delivery {
  if (!existsSync(stateDir)) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the daemon's state directory at ${stateDir}`,
      found: "nothing",
      next: "Name it with --state.",
    });
  }
  return deliveryTo(stateDir, openLocalUpdates(stateDir));
}

function deliveryTo(stateDir: string, updates: Updates): Delivery {
  return new BundleDelivery({ stateDir, updates, limits, way: "ssh" });
}

export class LocalBoard implements Board {
  readonly address: string;
  readonly #updates: Updates;
  readonly #delivery: Delivery;

  constructor(stateDir: string) {
    // The first bundle may come before the daemon's first start.
    mkdirSync(stateDir, { recursive: true, mode: 0o750 });
    this.address = stateDir;
    this.#updates = openLocalUpdates(stateDir);
    this.#delivery = deliveryTo(stateDir, this.#updates);
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
