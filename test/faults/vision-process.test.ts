// The vision process is killed and stopped under the real daemon: the door stays locked, says why, and opens again.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { StoredEvent } from "../../device/events/events.ts";
import { eventually } from "../fixtures/eventually.ts";
import { makeWorkingSite, RealDaemon, writeConfig } from "../fixtures/real-daemon.ts";

/** Stops the vision process and waits until a frame is in flight in it, which then never comes back. */
async function stopMidFrame(daemon: RealDaemon): Promise<number> {
  const pid = (await daemon.status()).vision.pid;
  assert.ok(pid !== null);
  process.kill(pid, "SIGSTOP");
  const stopped = await daemon.status();
  await daemon.until("frames that the vision process does not answer", ({ camera, vision }) => {
    assert.equal(vision.framesAnalysed <= stopped.vision.framesAnalysed + 1, true);
    return camera.framesTotal >= stopped.camera.framesTotal + 4;
  });
  return pid;
}

/** Also false for a process that ended and that nobody has asked for its exit code yet. */
function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8") !== "";
  } catch {
    return false;
  }
}

/** What happened between the last fault of the vision process and its recovery. */
function eventsDuringFault(events: readonly StoredEvent[]): string[] {
  const types = events.map(({ type }) => type);
  const from = types.lastIndexOf("vision.fault");
  const to = types.indexOf("vision.recovered", from);
  assert.ok(from >= 0 && to > from, `no fault and recovery in ${types.join(", ")}`);
  return types.slice(from, to);
}

test("a vision process killed in the middle of a frame locks the door until its successor works", async (t) => {
  const daemon = RealDaemon.start(t, await makeWorkingSite(t));
  await daemon.untilUnlocked("the owner is let in before the fault");
  const pid = await stopMidFrame(daemon);
  process.kill(pid, "SIGKILL");
  const locked = await daemon.staysLocked("VISION_CRASHED", 8);
  assert.equal(locked.vision.state, "backoff");
  assert.match(locked.vision.fault?.message ?? "", /SIGKILL/);
  assert.equal(locked.decision?.reason, "vision_fault");
  const recovered = await daemon.untilUnlocked("the owner is let in again");
  assert.equal(recovered.vision.restarts, 1);
  assert.notEqual(recovered.vision.pid, pid);
  assert.deepEqual(recovered.causes, []);
  assert.ok(!eventsDuringFault(await daemon.events()).includes("unlock.granted"));
});

test("a vision process that hangs is killed after its timeout, and the door is locked until its successor works", async (t) => {
  const site = await makeWorkingSite(t);
  await writeConfig(site, { vision: { frameTimeoutMs: 1_000 } });
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before the fault");
  const pid = await stopMidFrame(daemon);
  await daemon.staysLocked("VISION_TIMEOUT", 8);
  await eventually(
    "the end of the process that hangs",
    () => isAlive(pid),
    (alive) => !alive,
  );
  const recovered = await daemon.untilUnlocked("the owner is let in again");
  assert.notEqual(recovered.vision.pid, pid);
  assert.ok(!eventsDuringFault(await daemon.events()).includes("unlock.granted"));
});

test("a daemon that is killed leaves no vision process behind, and a new one opens the door", async (t) => {
  const site = await makeWorkingSite(t);
  const daemon = RealDaemon.start(t, site);
  const { vision } = await daemon.untilUnlocked("the owner is let in before the fault");
  assert.ok(vision.pid !== null && isAlive(vision.pid));
  daemon.process.kill("SIGKILL");
  await eventually(
    "the end of the vision process",
    () => isAlive(vision.pid!),
    (alive) => !alive,
  );
  await RealDaemon.start(t, site).untilUnlocked("the owner is let in by the next daemon");
});
