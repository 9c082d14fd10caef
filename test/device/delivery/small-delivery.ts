// A delivery to a folder that goes away with the test, with an engine that installs what passes its checks.
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BundleDelivery } from "../../../device/delivery/bundle-delivery.ts";
import type { DeliveryLimits } from "../../../device/delivery/delivery.ts";
import { openUpdates } from "../../../device/slots/open-updates.ts";
import { trustedKeysFolder } from "../../../device/slots/trusted-keys.ts";
import type { Ending } from "../api/fake-device.ts";
import { testTarget } from "../slots/update-site.ts";

const smallLimits: DeliveryLimits = { archiveBytesMax: 1024 * 1024, uploadIdleMaxMs: 3_600_000 };

export function stateFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-delivery-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function deliveryTo(stateDir: string, limits: Partial<DeliveryLimits> = {}): BundleDelivery {
  const updates = openUpdates({
    stateDir,
    trustedKeys: [trustedKeysFolder(stateDir)],
    target: testTarget,
    accept: async () => undefined,
  });
  return new BundleDelivery({ stateDir, updates, limits: { ...smallLimits, ...limits }, way: "http" });
}

export interface Content {
  readonly bytes: Buffer;
  readonly sha256: string;
}

export function contentOf(bytes: Buffer): Content {
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

export function randomContent(length: number): Content {
  return contentOf(randomBytes(length));
}
