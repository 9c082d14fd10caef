// `facelatch relay-off`: drives a line inactive that nobody owns any more, and leaves one alone that a guard owns.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { errorCodes } from "../../../device/errors/errors.ts";
import { packageRoot } from "../../../device/installation/installation.ts";
import { drivenPins } from "./fake-sysfs.ts";
import { ProcessLine } from "./process-line.ts";

const limits = { pulseMs: 10_000, pulseMaxMs: 10_000, gapMinMs: 0 };
let line: ProcessLine;

beforeEach(() => {
  line = new ProcessLine();
});

afterEach(() => line.close());

function relayOff(relay: string): Promise<{ readonly code: number; readonly text: string }> {
  const config = join(line.root, "facelatch.yaml");
  writeFileSync(config, `relay: ${relay}\n`);
  const args = [join(packageRoot, "dist/facelatch.js"), "relay-off", "--config", config];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: line.environment }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr });
    });
  });
}

const ownLine = () => `{ kind: onoff, chipLabel: ${line.chipLabel}, line: ${line.line} }`;

test("a line that a killed guard left active is driven inactive, and a second call does the same", async () => {
  const guard = line.forkGuard({ limits, heartbeatTimeoutMs: 10_000 });
  await once(guard, "message");
  guard.send({ version: 1, type: "pulse", seq: 1, pulseMs: 10_000 });
  await line.untilActive();
  const exited = once(guard, "exit");
  guard.kill("SIGKILL");
  await exited;
  assert.equal(line.isActive(), true, "the kernel keeps the level of a line whose process was killed");
  for (let call = 1; call <= 2; call++) {
    const { code, text } = await relayOff(ownLine());
    assert.equal(code, 0, text);
    assert.match(text, /is inactive/);
    assert.equal(line.isActive(), false);
  }
});

test("a line that a living guard owns is left to it, and that is a failure", async () => {
  const guard = line.forkGuard({ limits, heartbeatTimeoutMs: 60_000 });
  try {
    await once(guard, "message");
    const driven = drivenPins(line.root).length;
    const { code, text } = await relayOff(ownLine());
    assert.equal(code, errorCodes.RELAY_UNAVAILABLE.exitCode);
    assert.match(text, /a living relay guard.*RELAY_UNAVAILABLE/s);
    assert.equal(drivenPins(line.root).length, driven);
    const ended = relayOff(ownLine());
    guard.disconnect();
    assert.equal((await ended).code, 0, "a guard that is about to end is waited for");
  } finally {
    guard.kill("SIGKILL");
  }
});

test("a line that does not obey is a failure; a recorded relay has no line", async () => {
  line.failWrites = true;
  const { code, text } = await relayOff(ownLine());
  assert.equal(code, errorCodes.RELAY_UNAVAILABLE.exitCode);
  assert.match(text, /EIO/);
  line.failWrites = false;
  const recorded = await relayOff("{ kind: recorded }");
  assert.equal(recorded.code, 0, recorded.text);
  assert.equal(line.activations(), 0);
});
