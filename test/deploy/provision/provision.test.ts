// Provisioning of a mounted boot partition: what is found, what is written, and what is never written.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { provision } from "../../../deploy/provision/provision.ts";
import { bootFolder, passphrase, settings, sshKey } from "./first-boot-example.ts";

const payload = {
  release: new Uint8Array([0x1f, 0x8b, 1]),
  bundle: new Uint8Array([1, 2]),
  trustedKeys: new Map([["desk.pem", new Uint8Array([3])]]),
  configuration: "owner: { label: Markus }\n",
};

async function allText(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, "latin1")))).join("\n");
}

test("a card of Trixie gets cloud-init's files, which say what was asked for", async (t) => {
  const boot = await bootFolder(t, "trixie");
  const done = await provision({ target: { boot }, format: null, settings, payload: null });
  assert.equal(done.format, "cloud-init");
  assert.deepEqual(
    done.files.map(({ name }) => name),
    ["user-data", "meta-data", "network-config", "cmdline.txt"],
  );
  const userData = await readFile(join(boot, "user-data"), "utf8");
  assert.match(userData, /^#cloud-config\n/);
  const { users, runcmd, ...rest } = parse(userData) as { users: Record<string, unknown>[]; runcmd: unknown };
  assert.deepEqual(rest, {
    hostname: "door",
    manage_etc_hosts: true,
    timezone: "Europe/Berlin",
    ssh_pwauth: false,
    disable_root: true,
  });
  assert.equal(users.length, 1);
  assert.deepEqual(
    [users[0]!["name"], users[0]!["lock_passwd"], users[0]!["ssh_authorized_keys"]],
    ["anna", true, [sshKey]],
  );
  assert.deepEqual(runcmd, [["systemctl", "enable", "--now", "ssh.service"]]);
  const network = parse(await readFile(join(boot, "network-config"), "utf8")) as unknown;
  assert.deepEqual(network, {
    network: {
      version: 2,
      wifis: {
        wlan0: {
          dhcp4: true,
          optional: true,
          "regulatory-domain": "DE",
          "access-points": { "Zuhause: 5 GHz #1": { hidden: true, password: settings.wifi!.psk } },
        },
      },
    },
  });
});

test("the kernel's command line names the same instance as meta-data, once, however often a card is provisioned", async (t) => {
  const boot = await bootFolder(t, "trixie");
  const read = async () =>
    [
      await readFile(join(boot, "cmdline.txt"), "utf8"),
      (parse(await readFile(join(boot, "meta-data"), "utf8")) as Record<string, string>)["instance-id"]!,
    ] as const;
  await provision({ target: { boot }, format: null, settings, payload: null });
  const [first, firstId] = await read();
  await provision({ target: { boot }, format: null, settings: { ...settings, country: "AT" }, payload: null });
  const [second, secondId] = await read();
  assert.notEqual(firstId, secondId);
  assert.equal(
    second,
    `console=serial0,115200 console=tty1 root=PARTUUID=4d8fd085-02 rootfstype=ext4 fsck.repair=yes rootwait resize cfg80211.ieee80211_regdom=AT ds=nocloud;i=${secondId}\n`,
  );
  assert.ok(first.includes(`ds=nocloud;i=${firstId}`));
});

test("a card of Bookworm gets a script that systemd runs once, in words that a POSIX shell takes", async (t) => {
  const boot = await bootFolder(t, "bookworm");
  const done = await provision({ target: { boot }, format: null, settings, payload });
  assert.equal(done.format, "firstrun");
  const line = await readFile(join(boot, "cmdline.txt"), "utf8");
  assert.match(
    line,
    / cfg80211\.ieee80211_regdom=DE systemd\.run=\/boot\/firmware\/firstrun\.sh systemd\.run_success_action=reboot systemd\.unit=kernel-command-line\.target\n$/,
  );
  for (const script of ["firstrun.sh", "facelatch/first-boot.sh"]) {
    const { status, stderr } = spawnSync("/bin/sh", ["-n", join(boot, script)], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }
  await provision({ target: { boot }, format: null, settings, payload });
  assert.equal(await readFile(join(boot, "cmdline.txt"), "utf8"), line);
});

test("neither the passphrase nor any password is written, in either format", async (t) => {
  for (const image of ["trixie", "bookworm"] as const) {
    const boot = await bootFolder(t, image);
    await provision({ target: { boot }, format: null, settings, payload });
    const text = await allText(boot);
    assert.ok(!text.includes(passphrase));
    assert.doesNotMatch(text, /plain_text_passwd|chpasswd|hashed_passwd|passwd: \$|\$[156y]\$/);
    assert.ok(text.includes(settings.wifi!.psk));
  }
});

test("the payload lies in a folder of its own, with its digests in the script that installs it", async (t) => {
  const boot = await bootFolder(t, "trixie");
  const done = await provision({ target: { boot }, format: null, settings, payload });
  const names = done.files.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 5), [
    "facelatch/release.tar.gz",
    "facelatch/bundle.tar",
    "facelatch/keys/desk.pem",
    "facelatch/facelatch.yaml",
    "facelatch/first-boot.sh",
  ]);
  assert.equal(names.at(-1), "cmdline.txt");
  const script = await readFile(join(boot, "facelatch/first-boot.sh"), "utf8");
  const digest = createHash("sha256").update(payload.release).digest("hex");
  assert.ok(script.includes(`${digest}  release.tar.gz\n`));
  const { runcmd } = parse(await readFile(join(boot, "user-data"), "utf8")) as { runcmd: string[][] };
  assert.deepEqual(runcmd.at(-1), ["sh", "/boot/firmware/facelatch/first-boot.sh", "--start"]);
});

test("what is no boot partition, or an older system's, is refused, and nothing is written", async (t) => {
  const bullseye = await bootFolder(t, "bullseye");
  const before = await allText(bullseye);
  await assert.rejects(provision({ target: { boot: bullseye }, format: null, settings, payload }), {
    code: "BOOT_PARTITION_INVALID",
    message: /2023-05-03/,
  });
  assert.equal(await allText(bullseye), before);
  const other = await bootFolder(t, "bookworm");
  await rm(join(other, "config.txt"));
  await assert.rejects(provision({ target: { boot: other }, format: null, settings, payload }), {
    code: "BOOT_PARTITION_INVALID",
  });
  await writeFile(join(other, "cmdline.txt"), "no root here\n");
  await assert.rejects(provision({ target: { boot: other }, format: "firstrun", settings, payload }), {
    code: "BOOT_PARTITION_INVALID",
  });
});

test("the format that is asked for outweighs the one that is found", async (t) => {
  const boot = await bootFolder(t, "bookworm");
  const done = await provision({ target: { boot }, format: "cloud-init", settings, payload: null });
  assert.equal(done.format, "cloud-init");
});
