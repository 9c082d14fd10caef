// A store that cannot write or cannot be opened, under the real daemon: no unlock without its record.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, existsSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { mkdir, realpath, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext, test } from "node:test";
import { currentBundleFolder } from "../../device/slots/slots.ts";
import { eventually } from "../fixtures/eventually.ts";
import {
  causesOf,
  goodBundle,
  install,
  makeSite,
  makeWorkingSite,
  RealDaemon,
  writeConfig,
} from "../fixtures/real-daemon.ts";

/** The camera shows the owner in so many frames before a fault counts as survived. */
const frames = 30;

/**
 * The kernel refuses writes beyond a limit on the size of files (EFBIG, as Node.js ignores SIGXFSZ), which a process
 * may be given while it runs, and without root.
 */
function limitFiles({ process: { pid } }: RealDaemon, bytes: number | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
}

test("a disk that refuses writes keeps the door locked, and the door opens again once it takes them", async (t) => {
  const daemon = RealDaemon.start(t, await makeWorkingSite(t));
  await daemon.untilUnlocked("the owner is let in before the fault");
  limitFiles(daemon, 0);
  const before = await daemon.until("the store's fault", (status) => causesOf(status).includes("STORE_UNAVAILABLE"));
  const status = await daemon.staysLocked("STORE_UNAVAILABLE", frames);
  assert.equal(status.decision?.reason, "audit_unavailable");
  assert.equal(status.store.lastSeq, before.store.lastSeq);
  limitFiles(daemon, "unlimited");
  await daemon.untilUnlocked("the owner is let in again");
});

/** Runs the daemon with its state on a small disk, in a mount namespace of its own, where nobody needs to be root. */
const smallDisk = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"] as const;
const mountAndRun = (mib: number) =>
  `mount -t tmpfs -o size=${mib}m none "$0" && ln -s "$1" "$0/current" && shift && exec "$@"`;

/** Why this machine lets nobody make such a disk; null where it does. */
function smallDiskRefusal(): string | null {
  try {
    execFileSync(smallDisk[0], [...smallDisk.slice(1), "mount -t tmpfs none /mnt"], { stdio: "pipe" });
    return null;
  } catch (error) {
    return `unprivileged mount namespaces are not allowed here: ${error instanceof Error ? error.message : error}`;
  }
}

/** Writes until the disk is full; returns the file that took the space. */
function fill(folder: string, name = "filler"): string {
  const path = join(folder, name);
  const file = openSync(path, "w");
  const block = new Uint8Array(4_096).fill(1);
  assert.throws(
    () => {
      for (;;) writeSync(file, block);
    },
    { code: "ENOSPC" },
  );
  closeSync(file);
  return path;
}

const refusal = smallDiskRefusal();

// Where the tests decide, whatever is missing fails.
const smallDiskOptions = { skip: process.env["CI"] === undefined && refusal !== null ? refusal : false };

/** A daemon with its state on a disk of its own; the folder leads there from outside of its namespace. */
async function onSmallDisk(t: TestContext, mib: number, reserveBytes: number) {
  const site = await makeWorkingSite(t);
  const slot = await realpath(currentBundleFolder(site.stateDir));
  const disk = join(site.folder, "disk");
  await mkdir(disk);
  const small = { ...site, stateDir: disk };
  await writeConfig(small, { store: { reserveBytes } });
  const daemon = RealDaemon.start(t, small, [...smallDisk, mountAndRun(mib), disk, slot]);
  await daemon.untilUnlocked("the owner is let in before the fault");
  return { daemon, folder: join("/proc", String(daemon.process.pid), "root", disk) };
}

test("a full disk keeps the door locked, and the door opens again once there is space", smallDiskOptions, async (t) => {
  const { daemon, folder } = await onSmallDisk(t, 1, 0);
  const filler = fill(folder);
  const status = await daemon.staysLocked("STORE_FULL", frames);
  assert.equal(status.decision?.reason, "audit_unavailable");
  assert.match(status.store.fault?.message ?? "", /SQLITE_FULL/);
  rmSync(filler);
  await daemon.untilUnlocked("the owner is let in again");
});

test("a full disk takes openings on its reserve, until that is full too", smallDiskOptions, async (t) => {
  const reserveBytes = 2 * 1024 ** 2;
  const { daemon, folder } = await onSmallDisk(t, 12, reserveBytes);
  const reserve = join(folder, "facelatch.reserve");
  const isKept = () => statSync(reserve, { throwIfNoEntry: false })?.size === reserveBytes;
  await eventually("the reserve is kept", isKept, Boolean);
  const filler = fill(folder);
  const low = await daemon.until("the status names it", (status) => causesOf(status).includes("STORE_LOW"));
  assert.equal(existsSync(reserve), false);
  const { pulses } = low.relay;
  await daemon.until("two more openings", (status) => status.relay.pulses >= pulses + 2);
  assert.deepEqual(causesOf(await daemon.status()), ["STORE_LOW"]);
  const second = fill(folder, "second-filler");
  const status = await daemon.staysLocked("STORE_FULL", frames);
  assert.equal(status.decision?.reason, "audit_unavailable");
  for (const file of [filler, second]) rmSync(file);
  await daemon.untilUnlocked("the owner is let in again");
  await eventually("the reserve is kept again", isKept, Boolean);
});

// Both wait for the daemon's next attempt, so they wait together.
describe("a store that cannot be opened", { concurrency: true }, () => {
  it("because its file is a folder keeps the door locked until it can be opened", async (t) => {
    const site = await makeWorkingSite(t);
    const database = join(site.stateDir, "facelatch.sqlite");
    await mkdir(database);
    const daemon = RealDaemon.start(t, site);
    const status = await daemon.staysLocked("STORE_UNAVAILABLE", frames);
    assert.equal(status.relay.pulses, 0);
    assert.equal(status.store.state, "failed");
    await daemon.until(
      "an unlock that could not be recorded",
      ({ decision }) => decision?.reason === "audit_unavailable",
    );
    await rmdir(database);
    const recovered = await daemon.untilUnlocked("the owner is let in");
    assert.equal(recovered.bootId, status.bootId);
  });

  it("because its folder cannot be made keeps the door locked until it can be made", async (t) => {
    const site = await makeSite(t);
    await writeFile(site.stateDir, "a file where the folder should be");
    const daemon = RealDaemon.start(t, site);
    const status = await daemon.staysLocked("STORE_UNAVAILABLE", frames);
    assert.equal(status.relay.pulses, 0);
    await daemon.until("the missing bundle is named too", (now) => causesOf(now).includes("BUNDLE_MISSING"));
    await rm(site.stateDir);
    await install(site, await goodBundle());
    await daemon.untilUnlocked("the owner is let in");
  });
});
