// The relay's rows of the fault table: a line that somebody else has, and one that cannot be driven, under the real daemon.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { claimLine } from "../../../device/relay/line-claim.ts";
import { ProcessLine } from "../../device/relay/process-line.ts";
import { FaultReport } from "../../fixtures/fault-report.ts";
import { opensAgain } from "../../fixtures/injected-fault.ts";
import { causesOf, makeWorkingSite, RealDaemon, writeConfig } from "../../fixtures/real-daemon.ts";

const report = new FaultReport("relay");
/** A busy machine must not end what the test does not. */
const guard = { heartbeatTimeoutMs: 10_000, answerTimeoutMs: 10_000 };

interface Door {
  readonly line: ProcessLine;
  readonly start: () => RealDaemon;
}

async function makeDoor(t: TestContext): Promise<Door> {
  const line = new ProcessLine();
  t.after(() => line.close());
  const site = await makeWorkingSite(t);
  const { chipLabel, line: number, nodeOptions } = line;
  await writeConfig(site, { relay: { kind: "onoff", chipLabel, line: number, guard } });
  return { line, start: () => RealDaemon.start(t, site, ["env", `NODE_OPTIONS=${nodeOptions}`]) };
}

/** The door stays locked, by the line itself, while the owner stands before it and the cause is named. */
async function staysUnopened(daemon: RealDaemon, line: ProcessLine): Promise<string> {
  const named = await daemon.until("the status names the relay", (now) => causesOf(now).includes("RELAY_UNAVAILABLE"));
  const { pulses } = named.relay;
  await daemon.until("forty more frames", (status) => {
    assert.equal(line.isActive(), false);
    assert.equal(status.relay.pulses, pulses);
    return status.camera.framesTotal >= named.camera.framesTotal + 40;
  });
  return [named.state, ...causesOf(named)].join(", ");
}

async function note(fault: string, seen: string, daemon: RealDaemon, mend: () => void): Promise<void> {
  mend();
  const mendedAtMs = performance.now();
  await opensAgain(daemon, fault);
  const recoveryMs = Math.round(performance.now() - mendedAtMs);
  report.note({ fault, expected: "degraded, RELAY_UNAVAILABLE", seen, recoveryMs });
}

test("a line that another process has, until that gives it free", async (t) => {
  const { line, start } = await makeDoor(t);
  const claim = await claimLine(line);
  t.after(() => claim.close());
  const daemon = start();
  await note("GPIO busy: another guard has the line", await staysUnopened(daemon, line), daemon, () => claim.close());
});

test("a line that the kernel has given to a driver (EBUSY)", async (t) => {
  const { line, start } = await makeDoor(t);
  line.isBusy = true;
  const daemon = start();
  await note("GPIO busy (EBUSY)", await staysUnopened(daemon, line), daemon, () => {
    line.isBusy = false;
  });
});

test("a line that fails to be driven (EIO)", async (t) => {
  const { line, start } = await makeDoor(t);
  const daemon = start();
  await daemon.untilUnlocked("before the fault", 60_000);
  await line.inactiveAtMs();
  line.failWrites = true;
  const seen = await staysUnopened(daemon, line);
  assert.ok((await daemon.events()).some(({ type, message }) => type === "relay.fault" && /EIO/.test(message)));
  await note("GPIO EIO", seen, daemon, () => {
    line.failWrites = false;
  });
});
