// Each way in which a pulse may lose its daemon or its guard, with real processes: the line is inactive soon after.
// FACELATCH_ROUNDS says how often each is tried; how long the line took is printed.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { parseConfig } from "../../../device/config/config.ts";
import { packageRoot } from "../../../device/installation/installation.ts";
import { type GuardReply, replyOf } from "../../../device/relay/guard-messages.ts";
import type { GuardedRelayOptions } from "../../../device/relay/guarded-relay.ts";
import type { RelayStatus } from "../../../device/relay/relay.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { nowMs } from "./fake-sysfs.ts";
import { ProcessLine } from "./process-line.ts";
import type { SmallDaemonOrder } from "./small-daemon.ts";

const rounds = Number(process.env["FACELATCH_ROUNDS"] ?? "1");
/** It takes a second at most; a busy machine may take longer, and the pulse would take 10 s. */
const inactiveWithinMs = 4_000;
const { relay } = parseConfig("relay: { kind: onoff }", "the defaults");
assert.ok(relay.kind === "onoff");
const { guard } = relay;
const limits = { pulseMs: 10_000, pulseMaxMs: 10_000, gapMinMs: 0 };

/** A pulse that is under way, and what can be done to it. */
interface Pulse {
  readonly daemon: ChildProcess | null;
  readonly guard: { readonly pid: number; kill(signal: NodeJS.Signals): void };
  /** Says something to whoever the test talks to: the daemon, or the guard where there is no daemon. */
  say(message: object): void;
  closeChannel(): void;
  /** The newest status of the daemon. */
  status(): RelayStatus | null;
  end(): void;
}

async function pulseOfDaemon(line: ProcessLine): Promise<Pulse> {
  const { chipLabel, line: number, activeLow, environment } = line;
  const options: GuardedRelayOptions = { kind: "onoff", chipLabel, line: number, activeLow, limits, ...guard };
  const file = join(packageRoot, "dist/test/device/relay/small-daemon.js");
  const daemon = fork(file, [JSON.stringify(options)], { env: environment, execArgv: [] });
  let status: RelayStatus | null = null;
  daemon.on("message", (message) => {
    status = message as RelayStatus;
  });
  await eventually(
    "a guard",
    () => status?.guard?.pid ?? null,
    (pid) => pid !== null,
  );
  const pid = status!["guard"]!.pid!;
  daemon.send({ type: "pulse" } satisfies SmallDaemonOrder);
  await line.untilActive();
  return {
    daemon,
    guard: { pid, kill: (signal) => process.kill(pid, signal) },
    say: (message) => daemon.send(message),
    closeChannel: () => daemon.disconnect(),
    status: () => status,
    end: () => daemon.kill("SIGKILL"),
  };
}

/** The pulse of a guard whose daemon is the test, which sends no heartbeats. */
async function pulseOfGuard(line: ProcessLine): Promise<Pulse> {
  const process = line.forkGuard({ limits, heartbeatTimeoutMs: guard.heartbeatTimeoutMs });
  let reply: GuardReply | null = null;
  process.on("message", (message) => {
    reply = replyOf(message);
  });
  await eventually("a guard that is ready", () => reply?.type === "ready", Boolean);
  process.send({ version: 1, type: "pulse", seq: 1, pulseMs: limits.pulseMs });
  await line.untilActive();
  return {
    daemon: null,
    guard: { pid: process.pid!, kill: (signal) => process.kill(signal) },
    say: (message) => process.send(message),
    closeChannel: () => process.disconnect(),
    status: () => null,
    end: () => process.kill("SIGKILL"),
  };
}

interface Fault {
  readonly name: string;
  readonly begin: (line: ProcessLine) => Promise<Pulse>;
  readonly inject: (pulse: Pulse) => void;
}

const block: SmallDaemonOrder = { type: "block", durationMs: 3_000 };
const faults: readonly Fault[] = [
  { name: "kill -9 of the daemon", begin: pulseOfDaemon, inject: ({ daemon }) => daemon!.kill("SIGKILL") },
  { name: "SIGSTOP of the daemon", begin: pulseOfDaemon, inject: ({ daemon }) => daemon!.kill("SIGSTOP") },
  { name: "a blocked loop of the daemon", begin: pulseOfDaemon, inject: ({ say }) => say(block) },
  { name: "kill -9 of the guard", begin: pulseOfDaemon, inject: (pulse) => pulse.guard.kill("SIGKILL") },
  {
    name: "SIGSTOP of the guard",
    begin: pulseOfDaemon,
    inject: (pulse) => pulse.guard.kill("SIGSTOP"),
  },
  { name: "SIGTERM of the guard", begin: pulseOfDaemon, inject: (pulse) => pulse.guard.kill("SIGTERM") },
  { name: "the channel's end", begin: pulseOfGuard, inject: ({ closeChannel }) => closeChannel() },
  { name: "no heartbeat", begin: pulseOfGuard, inject: () => undefined },
  {
    name: "a message that is none",
    begin: pulseOfGuard,
    inject: ({ say }) => say({ version: 1, type: "open", seq: 2 }),
  },
];

async function timeToInactiveMs({ begin, inject }: Fault): Promise<number> {
  const line = new ProcessLine();
  try {
    const pulse = await begin(line);
    try {
      const injectedAtMs = nowMs();
      inject(pulse);
      return (await line.inactiveAtMs(8_000)) - injectedAtMs;
    } finally {
      pulse.end();
    }
  } finally {
    line.close();
  }
}

for (const fault of faults) {
  test(`${fault.name} in a pulse leaves the line inactive soon`, async (t) => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(Math.round(await timeToInactiveMs(fault)));
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
    t.diagnostic(
      `${fault.name}: ${rounds} rounds, ms: least ${at(0)}, median ${at(0.5)}, most ${at(1)}; ${times.join(" ")}`,
    );
    assert.ok(at(1) < inactiveWithinMs, `${at(1)} ms`);
  });
}
