// The real daemon with its real guard on a stood-in line: killed or stopped in a pulse, the door is locked soon.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { nowMs } from "../device/relay/fake-sysfs.ts";
import { ProcessLine } from "../device/relay/process-line.ts";
import { makeWorkingSite, RealDaemon, type Site, writeConfig } from "../fixtures/real-daemon.ts";

/** It takes a second at most; a busy machine may take longer, and the pulse would take 8 s. */
const inactiveWithinMs = 4_000;
/** A busy machine starts the models slowly. */
const openDeadlineMs = 60_000;

async function makeDoor(t: TestContext, guard: Readonly<Record<string, number>> = {}) {
  const line = new ProcessLine();
  t.after(() => line.close());
  const site = await makeWorkingSite(t);
  const { chipLabel, line: number } = line;
  await writeConfig(site, { relay: { kind: "onoff", chipLabel, line: number, pulseMs: 8_000, guard } });
  return { line, site, daemon: startDaemon(t, site, line) };
}

function startDaemon(t: TestContext, site: Site, line: ProcessLine): RealDaemon {
  return RealDaemon.start(t, site, ["env", `NODE_OPTIONS=${line.nodeOptions}`]);
}

/** Waits until the owner is let in, and returns the guard's process. */
async function intoPulse(daemon: RealDaemon, line: ProcessLine): Promise<number> {
  const { relay, locked } = await daemon.until("an open door", (status) => status.relay.active, openDeadlineMs);
  assert.equal(locked, false);
  assert.ok(relay.guard?.pid, "the status names the guard's process");
  await line.untilActive();
  return relay.guard.pid;
}

async function assertInactiveSoon(line: ProcessLine, sinceMs: number, t: TestContext): Promise<void> {
  const tookMs = (await line.inactiveAtMs()) - sinceMs;
  t.diagnostic(`inactive after ${tookMs.toFixed(0)} ms`);
  assert.ok(tookMs < inactiveWithinMs, `${tookMs} ms`);
}

test("a daemon killed in a pulse leaves the line inactive, and the next one opens the door again", async (t) => {
  // A busy machine must not end the pulse before the test does.
  const { line, site, daemon } = await makeDoor(t, { heartbeatTimeoutMs: 10_000, answerTimeoutMs: 10_000 });
  await intoPulse(daemon, line);
  const killedAtMs = nowMs();
  daemon.process.kill("SIGKILL");
  await assertInactiveSoon(line, killedAtMs, t);
  const next = startDaemon(t, site, line);
  await intoPulse(next, line);
  next.process.kill("SIGTERM");
  await line.inactiveAtMs();
});

test("a daemon stopped in a pulse leaves the line inactive, and goes on when it is let", async (t) => {
  const { line, daemon } = await makeDoor(t);
  await intoPulse(daemon, line);
  const stoppedAtMs = nowMs();
  daemon.process.kill("SIGSTOP");
  await assertInactiveSoon(line, stoppedAtMs, t);
  daemon.process.kill("SIGCONT");
  const pulses = line.activations();
  await daemon.until(
    "an open door once more",
    ({ relay }) => relay.active && line.activations() > pulses,
    openDeadlineMs,
  );
});

test("a vision process killed in a pulse ends it, as nobody judges who stands there", async (t) => {
  const { line, daemon } = await makeDoor(t);
  await intoPulse(daemon, line);
  const { vision } = await daemon.status();
  const killedAtMs = nowMs();
  process.kill(vision.pid!, "SIGKILL");
  await assertInactiveSoon(line, killedAtMs, t);
  const pulses = line.activations();
  await daemon.until("an open door once more", () => line.activations() > pulses, openDeadlineMs);
});

test("a guard killed in a pulse is replaced, and the fault is an event", async (t) => {
  const { line, daemon } = await makeDoor(t, { heartbeatTimeoutMs: 10_000, answerTimeoutMs: 10_000 });
  const pid = await intoPulse(daemon, line);
  process.kill(pid, "SIGKILL");
  await line.inactiveAtMs();
  const { relay } = await daemon.until("another guard", (status) => status.relay.guard?.restarts === 1);
  assert.notEqual(relay.guard?.pid, pid);
  await daemon.until("no cause", ({ causes }) => causes.length === 0);
  const fault = (await daemon.events()).find(({ type }) => type === "relay.fault");
  assert.equal(fault?.reason, "RELAY_UNAVAILABLE");
  assert.match(fault.message, /SIGKILL/);
});
