import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Watchdog } from "../../../device/watchdog/watchdog.ts";

let folder = "";
let command = "";
let record = "";
let gate = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "facelatch-watchdog-"));
  command = join(folder, "systemd-notify");
  record = join(folder, "record");
  gate = join(folder, "gate");
  // Records what it was called with, then waits as long as the gate is there.
  const script = `#!/bin/sh\nprintf '%s %s\\n' "$NOTIFY_SOCKET" "$*" >> ${record}\nwhile [ -e ${gate} ]; do :; done\n`;
  await writeFile(command, script, { mode: 0o755 });
});

afterEach(async () => {
  for (const path of [record, gate]) await rm(path, { force: true });
});

after(() => rm(folder, { recursive: true }));

function sent(): string[] {
  return existsSync(record) ? readFileSync(record, "utf8").trim().split("\n") : [];
}

async function untilSent(count: number): Promise<void> {
  const startMs = performance.now();
  while (sent().length < count) {
    assert.ok(performance.now() - startMs < 10_000, `${sent().length} of ${count} notifications`);
    await wait(2);
  }
}

/** Lets the notification that a frame caused come to its end: the next one is sent in its turn. */
async function settled(dog: Watchdog): Promise<void> {
  await dog.status("settled");
}

const environment = { PATH: process.env["PATH"], NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "20000000" };

test("readiness, status and shutdown are told through the command", async () => {
  const dog = new Watchdog({ environment, command });
  await dog.ready();
  await dog.status("3 frames/s\nWATCHDOG=1\tand more");
  await dog.stopping();
  assert.deepEqual(sent(), [
    "/run/notify READY=1",
    "/run/notify STATUS=3 frames/s WATCHDOG=1 and more",
    "/run/notify STOPPING=1",
  ]);
  assert.equal(dog.fault, null);
});

test("frames feed the watchdog, at most once in a quarter of its period", async () => {
  let nowMs = 0;
  const dog = new Watchdog({ environment, command, nowMs: () => nowMs });
  dog.turnCompleted();
  await untilSent(1);
  await settled(dog);
  for (nowMs of [100, 2_500, 4_000, 4_999]) {
    dog.turnCompleted();
    await settled(dog);
  }
  assert.equal(sent().filter((line) => line.endsWith("WATCHDOG=1")).length, 1);
  nowMs = 5_000;
  while (sent().filter((line) => line.endsWith("WATCHDOG=1")).length < 2) {
    dog.turnCompleted();
    await wait(2);
  }
  await settled(dog);
  assert.equal(sent().filter((line) => line.endsWith("WATCHDOG=1")).length, 2);
});

test("without frames nothing is sent, however much time passes", async () => {
  let nowMs = 0;
  const dog = new Watchdog({ environment, command, nowMs: () => nowMs });
  await dog.ready();
  nowMs = 1_000_000;
  await settled(dog);
  assert.ok(!sent().some((line) => line.includes("WATCHDOG")));
});

test("while one notification is under way, frames start no other", async () => {
  let nowMs = 0;
  await writeFile(gate, "");
  const dog = new Watchdog({ environment, command, nowMs: () => nowMs });
  dog.turnCompleted();
  await untilSent(1);
  for (let i = 0; i < 5; i++) {
    nowMs += 10_000;
    dog.turnCompleted();
  }
  await rm(gate);
  await settled(dog);
  assert.equal(sent().filter((line) => line.endsWith("WATCHDOG=1")).length, 1);
});

test("outside of systemd, or for another process, nothing is fed", async () => {
  const none = new Watchdog({ environment: { WATCHDOG_USEC: "20000000" }, command });
  none.turnCompleted();
  await none.ready();
  await none.status("x");
  await none.stopping();
  assert.deepEqual(sent(), []);
  for (const other of [
    { WATCHDOG_PID: String(process.pid + 1) },
    { WATCHDOG_USEC: "0" },
    { WATCHDOG_USEC: "soon" },
    { WATCHDOG_USEC: undefined },
  ]) {
    const dog = new Watchdog({ environment: { ...environment, ...other }, command });
    dog.turnCompleted();
    await settled(dog);
  }
  assert.ok(!sent().some((line) => line.includes("WATCHDOG")));
  const own = new Watchdog({ environment: { ...environment, WATCHDOG_PID: String(process.pid) }, command });
  own.turnCompleted();
  await untilSent(5);
  assert.ok(sent().some((line) => line.includes("WATCHDOG")));
});

test("a notification that fails never throws; it is a fault until one succeeds", async () => {
  const missing = new Watchdog({ environment, command: join(folder, "nothing") });
  await missing.ready();
  assert.match(missing.fault ?? "", /ENOENT/);
  const dog = new Watchdog({ environment, command });
  await dog.status("\0 is no reason to fail");
  assert.equal(dog.fault, null);
  await writeFile(command, "#!/bin/sh\nexit 1\n");
  await dog.ready();
  assert.notEqual(dog.fault, null);
});
