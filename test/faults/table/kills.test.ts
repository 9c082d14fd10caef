// The rows of the fault table in which a process is killed: daemon, vision and guard, each in the middle of its work.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ProcessLine } from "../../device/relay/process-line.ts";
import { FaultReport } from "../../fixtures/fault-report.ts";
import { opensAgain } from "../../fixtures/injected-fault.ts";
import { causesOf, makeWorkingSite, RealDaemon, type Site, writeConfig } from "../../fixtures/real-daemon.ts";

const report = new FaultReport("kills");
/** A busy machine must not end the pulse before the test does. */
const guard = { heartbeatTimeoutMs: 10_000, answerTimeoutMs: 10_000 };

async function makeDoor(t: TestContext): Promise<{ line: ProcessLine; site: Site }> {
  const line = new ProcessLine();
  t.after(() => line.close());
  const site = await makeWorkingSite(t);
  const { chipLabel, line: number } = line;
  await writeConfig(site, { relay: { kind: "onoff", chipLabel, line: number, pulseMs: 8_000, guard } });
  return { line, site };
}

const start = (t: TestContext, site: Site, line: ProcessLine) =>
  RealDaemon.start(t, site, ["env", `NODE_OPTIONS=${line.nodeOptions}`]);

/** Waits until the line is driven, and tells the guard's process. */
async function intoPulse(daemon: RealDaemon, line: ProcessLine): Promise<number> {
  const { relay } = await daemon.until("an open door", (status) => status.relay.active, 60_000);
  await line.untilActive();
  assert.ok(relay.guard?.pid);
  return relay.guard.pid;
}

test("the daemon, in a pulse: the line is inactive, and the next daemon opens", async (t) => {
  const { line, site } = await makeDoor(t);
  const daemon = start(t, site, line);
  await intoPulse(daemon, line);
  const killedAtMs = performance.now();
  daemon.process.kill("SIGKILL");
  await line.inactiveAtMs(4_000);
  const next = start(t, site, line);
  await intoPulse(next, line);
  const recoveryMs = Math.round(performance.now() - killedAtMs);
  const started = (await next.events()).find(({ type }) => type === "daemon.started");
  assert.ok(started !== undefined);
  const expected = "line inactive; a new daemon opens";
  report.note({ fault: "SIGKILL of the daemon, in a pulse", expected, seen: expected, recoveryMs });
  next.process.kill("SIGTERM");
  await line.inactiveAtMs();
});

test("the guard, in a pulse: the line is inactive, and its successor opens", async (t) => {
  const { line, site } = await makeDoor(t);
  const daemon = start(t, site, line);
  const pid = await intoPulse(daemon, line);
  const pulses = line.activations();
  const killedAtMs = performance.now();
  process.kill(pid, "SIGKILL");
  await line.inactiveAtMs(4_000);
  await daemon.until("the next opening", () => line.activations() > pulses, 60_000);
  const recoveryMs = Math.round(performance.now() - killedAtMs);
  const fault = (await daemon.events()).find(({ type }) => type === "relay.fault");
  assert.match(fault?.message ?? "", /SIGKILL/);
  const expected = "line inactive, event relay.fault RELAY_UNAVAILABLE";
  const seen = `line inactive, event relay.fault ${fault?.reason}`;
  report.note({ fault: "SIGKILL of the guard, in a pulse", expected, seen, recoveryMs });
});

test("the vision process: the door stays locked until its successor works", async (t) => {
  const daemon = RealDaemon.start(t, await makeWorkingSite(t));
  const { vision } = await daemon.untilUnlocked("before the kill", 60_000);
  assert.ok(vision.pid !== null);
  const killedAtMs = performance.now();
  process.kill(vision.pid, "SIGKILL");
  const named = await daemon.staysLocked("VISION_CRASHED", 4);
  const seen = [named.state, ...causesOf(named), named.decision?.reason].join(", ");
  await opensAgain(daemon, "the vision process was killed");
  const recoveryMs = Math.round(performance.now() - killedAtMs);
  report.note({
    fault: "SIGKILL of the vision process",
    expected: "degraded, VISION_CRASHED, vision_fault",
    seen,
    recoveryMs,
  });
});
