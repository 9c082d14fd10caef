// One release by the real command, and what is true of every one.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import type { Release } from "../../deploy/release/release.ts";
import { type Arch, targets } from "../../deploy/release/target.ts";
import { facelatch } from "../fixtures/facelatch-command.ts";

export async function makeRelease(
  t: { after(end: () => Promise<void>): void },
  arch: Arch,
  ...more: string[]
): Promise<Release> {
  const out = await mkdtemp("/var/tmp/facelatch-made-");
  t.after(() => rm(out, { recursive: true, force: true }));
  const { exitCode, stdout, stderr } = await facelatch("release", "--arch", arch, "--out", out, "--json", ...more);
  assert.equal(exitCode, 0, stderr);
  return JSON.parse(stdout) as Release;
}

/** Size, machine and contents, as the release itself tells them. */
export function assertSound(release: Release, arch: Arch): void {
  assert.ok(release.archive.bytes <= 120_000_000, `${release.archive.bytes} bytes packed`);
  assert.ok(release.bytes <= 150_000_000, `${release.bytes} bytes unpacked`);
  const paths = release.natives.map(({ path }) => path);
  for (const part of [
    ...["bin/node", "bin/line-off", "node_modules/better-sqlite3/build/Release/better_sqlite3.node"],
    ...[
      "node_modules/tfjs-tflite-node/build/Release/node_tflite_binding.node",
      "node_modules/epoll/build/Release/epoll.node",
    ],
    ...["device/vision/xnnpack/build/Release/libxnnpack_delegate.so", "device/gpio/cdev/build/Release/gpio_cdev.node"],
  ]) {
    assert.ok(paths.includes(part), part);
  }
  assert.ok(paths.some((path) => path.includes("libtensorflowlite_c.so")));
  assert.ok(paths.some((path) => path.includes("libvips-cpp.so")));
  for (const { path, machine } of release.natives) assert.equal(machine, targets[arch].elfMachine, path);
}
