// The guarded relay with its real guard process: the contract, and what the daemon's side tells when a guard fails.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { GuardedRelay } from "../../../device/relay/guarded-relay.ts";
import type { RelayLimits } from "../../../device/relay/relay.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { ProcessLine } from "./process-line.ts";
import { describeRelay, type RelayRig } from "./relay-contract.ts";

const turnMs = 5;
/** Long enough that this process sees each pulse and each pause, however busy the machine is. */
const limits: RelayLimits = { pulseMs: 600, pulseMaxMs: 4_000, gapMinMs: 600 };
const waits = { heartbeatTimeoutMs: 5_000, answerTimeoutMs: 3_000, startTimeoutMs: 20_000 };
const backoff = { backoffFirstMs: 50, backoffMaxMs: 200 };

const nodeOptions = process.env["NODE_OPTIONS"];

before(() => {
  assert.equal(nodeOptions, undefined, "these tests need Node's options for themselves");
});

after(() => {
  delete process.env["NODE_OPTIONS"];
});

interface GuardedRig extends RelayRig {
  readonly relay: GuardedRelay;
  readonly line: ProcessLine;
}

function makeRig(
  activeLow: boolean,
  relayLimits: RelayLimits = limits,
  answerTimeoutMs = waits.answerTimeoutMs,
): GuardedRig {
  const line = new ProcessLine(activeLow);
  // The guard inherits it, as it does from a daemon.
  process.env["NODE_OPTIONS"] = line.nodeOptions;
  const { chipLabel, line: number } = line;
  const timings = { ...waits, ...backoff, answerTimeoutMs };
  const own = { kind: "onoff", chipLabel, line: number, activeLow, limits: relayLimits } as const;
  const relay = new GuardedRelay({ ...own, ...timings });
  return {
    relay,
    line,
    isEnergised: () => line.isActive(),
    breakLine: () => {
      line.failWrites = true;
    },
    nowMs: () => performance.now(),
    turn: async () => {
      await wait(turnMs);
      relay.heartbeat();
    },
    close: async () => {
      line.failWrites = false;
      await eventually(
        "a line that nobody doubts",
        () => relay.status().active,
        (active) => !active,
      );
      await relay.stop();
      line.close();
    },
  };
}

for (const activeLow of [false, true]) {
  const name = `a guarded relay, active ${activeLow ? "low" : "high"},`;
  describeRelay(name, (relayLimits) => makeRig(activeLow, relayLimits), limits);
}

async function withRig(
  run: (rig: GuardedRig) => Promise<void>,
  rig: GuardedRig = makeRig(false, { ...limits, pulseMs: 4_000 }),
): Promise<void> {
  try {
    await run(rig);
  } finally {
    await rig.close();
  }
}

function unavailable(pattern: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof FacelatchError && error.code === "RELAY_UNAVAILABLE" && pattern.test(error.message);
}

test("a guard killed in a pulse is replaced by one that drives the line inactive, and the pulse is told as failed", async () => {
  await withRig(async ({ relay, line }) => {
    await relay.start();
    const { pid } = relay.status().guard!;
    const failed = assert.rejects(relay.pulse(), unavailable(/SIGKILL/));
    await line.untilActive();
    process.kill(pid!, "SIGKILL");
    await failed;
    await line.inactiveAtMs();
    const status = await eventually(
      "a new guard",
      () => relay.status(),
      ({ fault }) => fault === null,
    );
    assert.equal(status.active, false);
    assert.equal(status.guard!.restarts, 1);
    assert.notEqual(status.guard!.pid, pid);
    await assert.rejects(
      relay.pulse(),
      (error) => error instanceof FacelatchError && error.code === "RELAY_REFUSED",
      "the pause after a pulse is kept, though the new guard knows nothing of it",
    );
  });
});

test("a guard that does not answer is killed and replaced", async () => {
  await withRig(async ({ relay, line }) => {
    await relay.start();
    process.kill(relay.status().guard!.pid!, "SIGSTOP");
    await assert.rejects(relay.pulse(), unavailable(/no answer to the pulse within 3000 ms/));
    const status = await eventually(
      "a new guard",
      () => relay.status(),
      ({ fault }) => fault === null,
    );
    assert.equal(status.guard!.restarts, 1);
    assert.equal(line.activations(), 0);
  });
});

test("while one guard owns the line, another relay cannot start, and says why", async () => {
  await withRig(async ({ relay, line }) => {
    await relay.start();
    const { chipLabel, line: number } = line;
    const second = new GuardedRelay({
      kind: "onoff",
      chipLabel,
      line: number,
      activeLow: false,
      limits,
      ...waits,
      ...backoff,
    });
    await assert.rejects(second.start(), unavailable(/a living relay guard/));
    assert.match(second.status().fault?.message ?? "", /a living relay guard/);
    await relay.stop();
    await second.start();
    assert.equal(second.status().fault, null);
    await second.stop();
  });
});

test("a daemon that was stopped itself does not take the answers that wait for it as missing", async () => {
  await withRig(
    async ({ relay, line }) => {
      await relay.start();
      const pulse = relay.pulse();
      await eventually(
        "a pulse",
        () => relay.status().pulses,
        (pulses) => pulses === 1,
      );
      // Beyond the pulse's end and the wait for its answer: nothing of this process runs.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, limits.pulseMs + 2_500);
      await pulse;
      assert.equal(relay.status().guard!.restarts, 0);
      assert.equal(line.isActive(), false);
    },
    makeRig(false, limits, 1_500),
  );
});
