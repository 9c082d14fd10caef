// Settings of an invented door, and what an image of Raspberry Pi OS holds on its boot partition.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Settings } from "../../../deploy/provision/settings.ts";
import { wpaPsk } from "../../../deploy/provision/wpa-psk.ts";

/** Made for this test; its private half was never written down. */
export const sshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHkCm1vT0sZ4e5n8rWq3yYb6dJx2cLk9pQvFgHhUiOaS it's a desk";

export const passphrase = "correct horse battery";

export const settings: Settings = {
  hostname: "door",
  user: "anna",
  sshKeys: [sshKey],
  timezone: "Europe/Berlin",
  country: "DE",
  wifi: { ssid: "Zuhause: 5 GHz #1", hidden: true, psk: wpaPsk("Zuhause: 5 GHz #1", passphrase) },
};

export const cmdline =
  "console=serial0,115200 console=tty1 root=PARTUUID=4d8fd085-02 rootfstype=ext4 fsck.repair=yes rootwait resize\n";

export type Image = "trixie" | "bookworm" | "bullseye";

const dates: Readonly<Record<Image, string>> = { trixie: "2025-10-01", bookworm: "2024-11-19", bullseye: "2023-05-03" };

/** The files that tell what it is; Trixie's own templates of cloud-init among them. */
export function bootFiles(image: Image): Map<string, Uint8Array> {
  const texts: [string, string][] = [
    ["cmdline.txt", cmdline],
    ["config.txt", "arm_64bit=1\n"],
    ["issue.txt", `Raspberry Pi reference ${dates[image]}\nGenerated using pi-gen\n`],
    ["kernel8.img", "not a kernel"],
  ];
  if (image === "trixie") texts.push(["user-data", "#cloud-config\n"], ["meta-data", "instance_id: rpios-image\n"]);
  return new Map(texts.map(([name, text]) => [name, new TextEncoder().encode(text)]));
}

export async function bootFolder(t: { after(end: () => Promise<void>): void }, image: Image): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-boot-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, bytes] of bootFiles(image)) await writeFile(join(folder, name), bytes);
  return folder;
}
