// Provisioning of an image: only its boot partition changes, and what is written passes the tools that will read it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { provision } from "../../deploy/provision/provision.ts";
import { bootFiles, type Image, passphrase, settings, sshKey } from "../deploy/provision/first-boot-example.ts";
import { facelatch } from "../fixtures/facelatch-command.ts";

const mebibyte = 1024 * 1024;
/** As in Raspberry Pi OS: the boot partition begins at 4 MiB; the root lies behind it. */
const boot = { offset: 4 * mebibyte, bytes: 64 * mebibyte };
const imageBytes = boot.offset + boot.bytes + 8 * mebibyte;

function tool(command: string, args: readonly string[], input?: string): string {
  const env = { ...process.env, MTOOLS_SKIP_CHECK: "1", PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    input,
    env,
    timeout: 120_000,
  });
  assert.equal(status, 0, `${command} ${args.join(" ")}: ${error?.message ?? ""}${stdout}${stderr}`);
  return stdout;
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-image-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An image with a real partition table and a real FAT; every other byte of it is random. */
function makeImage(t: TestContext, image: Image, bootSectors = boot.bytes / 512): string {
  const folder = temporaryFolder(t);
  const path = join(folder, "raspios.img");
  const fat = join(folder, "boot.fat");
  writeFileSync(fat, new Uint8Array(boot.bytes));
  tool("mkfs.vfat", ["-F", "32", "-s", "1", "-n", "BOOTFS", fat]);
  for (const [name, bytes] of bootFiles(image)) {
    writeFileSync(join(folder, "file"), bytes);
    tool("mcopy", ["-i", fat, join(folder, "file"), `::${name}`]);
  }
  writeFileSync(path, randomBytes(imageBytes));
  tool("dd", [`if=${fat}`, `of=${path}`, "bs=1M", `seek=${boot.offset / mebibyte}`, "conv=notrunc"]);
  const table = `label: dos\nstart=8192, size=${bootSectors}, type=c\nstart=${(boot.offset + boot.bytes) / 512}, size=16384, type=83\n`;
  tool("sfdisk", ["--quiet", "--no-reread", "--wipe=never", "--wipe-partitions=never", path], table);
  return path;
}

function digestAround(path: string): string {
  const bytes = readFileSync(path);
  assert.equal(bytes.length, imageBytes);
  return createHash("sha256")
    .update(bytes.subarray(0, boot.offset))
    .update(bytes.subarray(boot.offset + boot.bytes))
    .digest("hex");
}

function readFromImage(t: TestContext, path: string, name: string): string {
  const to = join(temporaryFolder(t), "file");
  tool("mcopy", ["-i", `${path}@@${boot.offset}`, `::${name}`, to]);
  return readFileSync(to, "utf8");
}

const payload = {
  release: randomBytes(20 * mebibyte).fill(Uint8Array.of(0x1f, 0x8b), 0, 2),
  bundle: randomBytes(mebibyte),
  trustedKeys: new Map<string, Uint8Array>(),
  configuration: null,
};

for (const image of ["trixie", "bookworm"] as const) {
  test(`every byte outside the boot partition of an image of ${image} stays, and its FAT is sound`, async (t) => {
    const path = makeImage(t, image);
    const before = digestAround(path);
    const done = await provision({ target: { image: path }, format: null, settings, payload });
    assert.equal(digestAround(path), before);
    const fat = join(temporaryFolder(t), "boot.fat");
    tool("dd", [
      `if=${path}`,
      `of=${fat}`,
      "bs=1M",
      `skip=${boot.offset / mebibyte}`,
      `count=${boot.bytes / mebibyte}`,
    ]);
    tool("fsck.vfat", ["-n", fat]);
    for (const { name, bytes, sha256 } of done.files) {
      const to = join(temporaryFolder(t), "file");
      tool("mcopy", ["-i", fat, `::${name}`, to]);
      const found = readFileSync(to);
      assert.deepEqual([found.length, createHash("sha256").update(found).digest("hex")], [bytes, sha256], name);
    }
    // What the image had, and is not ours, is as it was.
    assert.equal(readFromImage(t, path, "kernel8.img"), "not a kernel");
    await provision({ target: { image: path }, format: null, settings, payload });
    assert.equal(digestAround(path), before);
  });
}

test("cloud-init and netplan themselves take what is written", async (t) => {
  const path = makeImage(t, "trixie");
  await provision({ target: { image: path }, format: null, settings, payload });
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "user-data"), readFromImage(t, path, "user-data"));
  tool("cloud-init", ["schema", "--config-file", join(folder, "user-data")]);
  mkdirSync(join(folder, "etc/netplan"), { recursive: true });
  writeFileSync(join(folder, "etc/netplan/50-cloud-init.yaml"), readFromImage(t, path, "network-config"), {
    mode: 0o600,
  });
  tool("netplan", ["generate", "--root-dir", folder]);
  const supplicant = readFileSync(join(folder, "run/netplan/wpa-wlan0.conf"), "utf8");
  // Without quotes it is a key, as wpa_supplicant reads it, and no passphrase.
  assert.match(supplicant, new RegExp(`^  psk=${settings.wifi!.psk}$`, "m"));
  assert.match(supplicant, /^country=DE$/m);
});

test("shellcheck has nothing to say of the scripts of a first boot, nor of the installer", async (t) => {
  const path = makeImage(t, "bookworm");
  await provision({ target: { image: path }, format: null, settings, payload });
  const folder = temporaryFolder(t);
  const scripts = ["firstrun.sh", "facelatch/first-boot.sh"].map((name) => {
    const file = join(folder, name.replace("/", "-"));
    writeFileSync(file, readFromImage(t, path, name));
    return file;
  });
  const installer = join(import.meta.dirname, "../../../deploy/release/install.sh");
  tool("shellcheck", ["--shell=sh", ...scripts, installer]);
});

test("a file system that reaches beyond its partition, a full one, and this machine's own disk are refused untouched", async (t) => {
  const beyond = makeImage(t, "trixie", boot.bytes / 512 - 2048);
  const before = readFileSync(beyond);
  const run = (image: string, bytes: Uint8Array) =>
    provision({ target: { image }, format: null, settings, payload: { ...payload, release: bytes } });
  await assert.rejects(run(beyond, payload.release), { code: "BOOT_PARTITION_INVALID" });
  assert.ok(readFileSync(beyond).equals(before));
  const full = makeImage(t, "trixie");
  const untouched = readFileSync(full);
  await assert.rejects(run(full, new Uint8Array(70 * mebibyte)), { code: "BOOT_PARTITION_FULL" });
  assert.ok(readFileSync(full).equals(untouched));
  const rootDevice = tool("findmnt", ["-n", "-o", "SOURCE", "--nofsroot", "/"]).trim();
  if (rootDevice.startsWith("/dev/"))
    await assert.rejects(run(rootDevice, payload.release), { code: "DEVICE_REFUSED" });
});

test("the command takes the passphrase from a file, writes an image and says what it wrote", async (t) => {
  const image = makeImage(t, "trixie");
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "keys.pub"), `${sshKey}\n`);
  writeFileSync(join(folder, "passphrase"), `${passphrase}\n`);
  const { exitCode, stdout, stderr } = await facelatch(
    ...["provision", "--image", image, "--hostname", "door", "--user", "anna", "--ssh-key", join(folder, "keys.pub")],
    ...["--wifi", "Home", "--country", "DE", "--wifi-passphrase-file", join(folder, "passphrase")],
  );
  assert.equal(exitCode, 0, stderr);
  assert.match(stdout, /for cloud-init \(Trixie\)/);
  assert.match(stdout, /network-config {2}\d+ bytes, SHA-256/);
  assert.ok(!`${stdout}${stderr}`.includes(passphrase));
});
