// Within the power guest: works on a disk whose every write the kernel notes, and marks in the same notes what was acknowledged.
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { BanFile } from "../../../device/door/ban-file.ts";
import { type DaemonUpdates, openUpdates } from "../../../device/slots/open-updates.ts";
import { openSqliteStore, type SqliteStore } from "../../../device/store/sqlite-store.ts";
import { storeFileName } from "../../../device/store/store.ts";
import type { PowerMark, PowerWork } from "../power-marks.ts";
import { say } from "./speak.ts";
import { run } from "./system.ts";

const material = "/opt/door";
const stateDir = "/var/lib/facelatch";
const device = "door";
const steps = Number(process.env["ROUNDS"] ?? "1");

/** The state folder's disk, through the kernel's own recorder of writes. */
function mountRecorded(): void {
  run("modprobe", "dm-log-writes");
  const sectors = readFileSync("/sys/class/block/vdb/size", "utf8").trim();
  run("dmsetup", "create", device, "--table", `0 ${sectors} log-writes /dev/vdb /dev/vdc`);
  mkdirSync(stateDir, { recursive: true });
  run("mount", "-t", "ext4", `/dev/mapper/${device}`, stateDir);
}

/** A device's message is one line of words. */
function mark(content: PowerMark): void {
  run("dmsetup", "message", device, "0", "mark", Buffer.from(JSON.stringify(content)).toString("base64url"));
}

function openStore(bootId: string): SqliteStore {
  const retention = { ageMaxDays: 90, eventsMax: 150, logLinesMax: 200 };
  return openSqliteStore({ path: join(stateDir, storeFileName), bootId, retention, wallClock: () => new Date() });
}

function openEngine({ target }: PowerWork): DaemonUpdates {
  return openUpdates({
    ...{ stateDir, target, trustedKeys: [join(material, "keys")], accept: async () => {} },
  });
}

async function work(plan: PowerWork): Promise<void> {
  let store = openStore("boot-0");
  const updates = openEngine(plan);
  const tokens = new TokenFolder(stateDir);
  const lockdown = new BanFile(stateDir, "lockdown");
  let installed = 0;
  let isLockedDown = false;
  for (let step = 0; step < steps; step++) {
    const message = `The door stayed locked, for the ${step}th time.`;
    store.log({ level: "info", source: "power", text: message });
    const { seq } = store.append({
      ...{ type: "unlock.refused", monotonicMs: performance.now(), reason: "others", message },
      data: { step },
    });
    mark({ kind: "event", seq, hash: store.status().headHash! });
    if (step % 8 === 3) {
      mark({ kind: "lockdown", on: !isLockedDown, done: false });
      if (isLockedDown) await lockdown.remove();
      else await lockdown.write({ sinceAt: new Date().toISOString(), by: `step ${step}` });
      isLockedDown = !isLockedDown;
      mark({ kind: "lockdown", on: isLockedDown, done: true });
    }
    if (step % 20 === 5) {
      const { text } = await tokens.make({ name: `step ${step}`, scopes: ["read"], expiresAt: null });
      mark({ kind: "token", text });
    }
    const sha256 = plan.bundles[installed];
    if (sha256 !== undefined && step % plan.installEvery === plan.installEvery - 1) {
      mark({ kind: "bundle", sha256, done: false });
      await updates.install(join(material, `bundle-${installed + 1}.tar`));
      mark({ kind: "bundle", sha256, done: true });
      await updates.confirm(sha256);
      await updates.deliver((event) => void store.append({ ...event, monotonicMs: performance.now() }));
      installed++;
    }
    store.sweep();
    if (step % 50 === 49) {
      store.close();
      store = openStore(`boot-${step}`);
    }
  }
  store.close();
}

async function main(): Promise<void> {
  say("up");
  mountRecorded();
  const plan = JSON.parse(readFileSync(join(material, "work.json"), "utf8")) as PowerWork;
  await work(plan);
  run("umount", stateDir);
  run("dmsetup", "remove", device);
}

main().then(
  () => say("done"),
  (error: unknown) => {
    say("failed", { message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
  },
);
