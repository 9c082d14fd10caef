// The first run of Bookworm's format, in a plain Debian: the script itself, with a release and a bundle.
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { provision } from "../../deploy/provision/provision.ts";
import type { Release } from "../../deploy/release/release.ts";
import { packArchive } from "../../device/slots/bundle-archive.ts";
import { bootFiles, cmdline, settings, sshKey } from "../deploy/provision/first-boot-example.ts";
import { type Ending, goodBundle } from "../fixtures/real-daemon.ts";
import { testKey } from "../fixtures/test-keys.ts";
import type { BareRoot } from "./bare-root.ts";

export async function checkFirstRun(_t: Ending, root: BareRoot, release: Release): Promise<void> {
  const boot = join(root.folder, "boot/firmware");
  await mkdir(boot, { recursive: true });
  for (const [name, bytes] of bootFiles("bookworm")) await writeFile(join(boot, name), bytes);
  await root.mustRun("useradd", "--create-home", "--uid", "1000", "pi");
  const bundle = await goodBundle();
  const signer = createPublicKey(testKey(1));
  const payload = {
    release: await readFile(release.archive.path),
    bundle: await packArchive(bundle.files),
    trustedKeys: new Map([["desk.pem", Buffer.from(signer.export({ type: "spki", format: "pem" }))]]),
    configuration: "owner: { label: Markus }\n",
  };
  await provision({ target: { boot }, format: null, settings: { ...settings, timezone: "UTC" }, payload });
  await root.mustRun("sh", "/boot/firmware/firstrun.sh");
  const at = (path: string): string => join(root.folder, path);
  const log = readFileSync(at("var/log/facelatch-firstrun.log"), "utf8");
  const steps = [...log.matchAll(/^(\w+): (done|failed)$/gm)].map(([, step, end]) => `${step} ${end}`);
  // A plain Debian without tzdata has no time zones; every other step must succeed.
  assert.deepEqual(
    steps.filter((step) => !step.startsWith("set_timezone")),
    ["set_hostname", "set_user", "set_ssh", "set_country", "set_wifi", "install_facelatch"].map(
      (step) => `${step} done`,
    ),
    `${log}${existsSync(at("var/log/facelatch-first-boot.log")) ? readFileSync(at("var/log/facelatch-first-boot.log"), "utf8") : ""}`,
  );
  assert.equal(readFileSync(at("etc/hostname"), "utf8"), "door\n");
  assert.equal(readFileSync(at("home/anna/.ssh/authorized_keys"), "utf8"), `${sshKey}\n`);
  assert.match(readFileSync(at("etc/shadow"), "utf8"), /^anna:\*:/m);
  const connection = at("etc/NetworkManager/system-connections/preconfigured.nmconnection");
  assert.equal(statSync(connection).mode & 0o777, 0o600);
  assert.match(readFileSync(connection, "utf8"), new RegExp(`^psk=${settings.wifi!.psk}$`, "m"));
  // It has taken itself and what it installed out of the boot partition.
  assert.equal(readFileSync(join(boot, "cmdline.txt"), "utf8"), `${cmdline.trim()} cfg80211.ieee80211_regdom=DE\n`);
  assert.ok(!existsSync(join(boot, "firstrun.sh")) && !existsSync(join(boot, "facelatch")));
  await root.mustRun("sh", "-c", "[ -e /var/lib/facelatch/current/manifest.json ]");
  await root.mustRun("sh", "-c", '[ -z "$(find /var/lib/facelatch ! -user facelatch)" ]');
}
