// The guard process by itself: what it does on each request, and that every doubt ends with an inactive line.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { afterEach, beforeEach, test } from "node:test";
import { errorCodes } from "../../../device/errors/errors.ts";
import { packageRoot } from "../../../device/installation/installation.ts";
import { type GuardReply, replyOf } from "../../../device/relay/guard-messages.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { drivenPins } from "./fake-sysfs.ts";
import { ProcessLine } from "./process-line.ts";

const limits = { pulseMs: 10_000, pulseMaxMs: 10_000, gapMinMs: 400 };
let line: ProcessLine;
const guards: ChildProcess[] = [];

beforeEach(() => {
  line = new ProcessLine();
});

afterEach(() => {
  for (const guard of guards.splice(0)) guard.kill("SIGKILL");
  line.close();
});

class Talk {
  readonly guard: ChildProcess;
  readonly replies: GuardReply[] = [];
  readonly exit: Promise<number | null>;

  constructor(heartbeatTimeoutMs = 60_000) {
    this.guard = line.forkGuard({ limits, heartbeatTimeoutMs });
    guards.push(this.guard);
    this.guard.on("message", (message) => {
      const reply = replyOf(message);
      assert.ok(reply !== null, `not a reply: ${JSON.stringify(message)}`);
      this.replies.push(reply);
    });
    this.exit = once(this.guard, "exit").then(([code]) => code as number | null);
  }

  send(message: unknown): void {
    this.guard.send(message as object);
  }

  pulse(seq: number, pulseMs: number): void {
    this.send({ version: 1, type: "pulse", seq, pulseMs });
  }

  until(type: GuardReply["type"], seq?: number): Promise<GuardReply> {
    const suits = (reply: GuardReply) =>
      reply.type === type && (seq === undefined || ("seq" in reply && reply.seq === seq));
    return eventually(
      `${type} ${seq ?? ""}`,
      () => this.replies.find(suits),
      (reply) => reply !== undefined,
    ) as Promise<GuardReply>;
  }

  async intoPulse(): Promise<void> {
    await this.until("ready");
    this.pulse(1, 10_000);
    await this.until("active", 1);
    assert.equal(line.isActive(), true);
  }

  /** Asserts that the guard ended with the code and the words, its line inactive. */
  async endsWith(code: number, words: RegExp): Promise<void> {
    assert.equal(await this.exit, code);
    assert.equal(line.isActive(), false);
    const last = this.replies.at(-1);
    assert.ok(last?.type === "ended", `the last reply is ${last?.type}`);
    assert.match(last.message, words);
    assert.ok(!this.replies.some(({ type }) => type === "over"), "a pulse that was cut is not told as over");
  }
}

test("the line is inactive before the guard is ready, and a pulse goes by the guard's own clock", async () => {
  const talk = new Talk();
  await talk.until("ready");
  assert.deepEqual([line.isActive(), drivenPins(line.root).length > 0], [false, true]);
  talk.pulse(1, 200);
  await talk.until("over", 1);
  const [on, off] = drivenPins(line.root).slice(-2);
  assert.ok(on!.high && !off!.high && off!.atMs - on!.atMs >= 199, `${off!.atMs - on!.atMs} ms`);
  assert.deepEqual(
    talk.replies.map(({ type }) => type),
    ["ready", "active", "over"],
  );
});

test("a pulse beyond the maximum, during another one or in the pause after it is refused, and nothing is driven", async () => {
  const talk = new Talk();
  await talk.until("ready");
  for (const [seq, pulseMs] of [10_001, 1e300, 0].entries()) {
    talk.pulse(seq + 1, pulseMs);
    const reply = await talk.until("failed", seq + 1);
    assert.ok(reply.type === "failed" && reply.code === "RELAY_REFUSED", JSON.stringify(reply));
  }
  assert.equal(line.activations(), 0);
  talk.pulse(4, 100);
  talk.pulse(5, 100);
  await talk.until("failed", 5);
  await talk.until("over", 4);
  let seq = 6;
  for (; !talk.replies.some((reply) => reply.type === "over" && reply.seq === seq - 1 && seq > 6); seq++) {
    talk.pulse(seq, 100);
    await eventually(
      "an answer",
      () => talk.replies.some((reply) => "seq" in reply && reply.seq === seq && reply.type !== "active"),
      Boolean,
    );
  }
  assert.ok(seq > 7, "the first request after the pulse is refused");
  const [, off, on] = drivenPins(line.root).slice(-4);
  assert.ok(!off!.high && on!.high && on!.atMs - off!.atMs >= limits.gapMinMs - 1, "the pause is kept");
  assert.equal(line.activations(), 2);
});

test("heartbeats keep a pulse; their lack ends it", async () => {
  const talk = new Talk(700);
  await talk.intoPulse();
  const startMs = performance.now();
  for (let seq = 2; performance.now() - startMs < 1_400; seq++) {
    talk.send({ version: 1, type: "heartbeat", seq });
    await talk.until("alive", seq);
  }
  assert.equal(line.isActive(), true);
  await talk.endsWith(errorCodes.NOT_READY.exitCode, /no heartbeat for 700 ms/);
});

test("silence without a pulse ends nothing", async () => {
  const talk = new Talk(200);
  await talk.until("ready");
  talk.pulse(1, 100);
  await talk.until("over", 1);
  const readyMs = performance.now();
  await eventually("three timeouts of silence", () => performance.now() - readyMs > 600, Boolean);
  talk.send({ version: 1, type: "heartbeat", seq: 2 });
  await talk.until("alive", 2);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} in a pulse ends it and the guard`, async () => {
    const talk = new Talk();
    await talk.intoPulse();
    talk.guard.kill(signal);
    await talk.endsWith(0, new RegExp(signal));
  });
}

test("the end of the channel in a pulse ends it and the guard", async () => {
  const talk = new Talk();
  await talk.intoPulse();
  talk.guard.disconnect();
  assert.equal(await talk.exit, 0);
  assert.equal(line.isActive(), false);
});

for (const [name, message] of [
  ["an unknown type", { version: 1, type: "open", seq: 2 }],
  ["another version", { version: 2, type: "heartbeat", seq: 2 }],
  ["a further key", { version: 1, type: "heartbeat", seq: 2, pulseMs: 5 }],
  ["a pulse without its length", { version: 1, type: "pulse", seq: 2 }],
  ["a text", "pulse"],
] as const) {
  test(`a message with ${name} ends the pulse and the guard`, async () => {
    const talk = new Talk();
    await talk.intoPulse();
    talk.send(message);
    await talk.endsWith(errorCodes.REQUEST_INVALID.exitCode, /none of this version/);
  });
}

test("a repeated or skipped number ends the pulse and the guard", async () => {
  for (const seq of [1, 3]) {
    const talk = new Talk();
    await talk.intoPulse();
    talk.send({ version: 1, type: "heartbeat", seq });
    await talk.endsWith(errorCodes.REQUEST_INVALID.exitCode, new RegExp(`message ${seq} came after 1`));
  }
});

test("bytes that are no message end the pulse, as every defect does", async () => {
  const settings = { chipLabel: line.chipLabel, line: line.line, activeLow: false, limits, heartbeatTimeoutMs: 60_000 };
  const guard = spawn(
    process.execPath,
    [join(packageRoot, "dist/device/relay/relay-guard.js"), JSON.stringify(settings)],
    { stdio: ["ignore", "ignore", "ignore", "pipe"], env: { ...line.environment, NODE_CHANNEL_FD: "3" } },
  );
  guards.push(guard);
  const exited = once(guard, "exit");
  const channel = guard.stdio[3] as Writable;
  channel.on("error", () => undefined);
  channel.write(`${JSON.stringify({ version: 1, type: "pulse", seq: 1, pulseMs: 10_000 })}\n`);
  await line.untilActive();
  channel.write("no message\n");
  assert.deepEqual(await exited, [errorCodes.INTERNAL.exitCode, null]);
  assert.equal(line.isActive(), false);
});

test("a second guard neither takes nor drives a line that a living one owns", async () => {
  const first = new Talk();
  await first.intoPulse();
  const driven = drivenPins(line.root).length;
  const second = new Talk();
  assert.equal(await second.exit, errorCodes.RELAY_UNAVAILABLE.exitCode);
  const [ended] = second.replies;
  assert.ok(ended?.type === "ended");
  assert.match(ended.message, /a living relay guard/);
  assert.equal(drivenPins(line.root).length, driven);
  assert.equal(line.isActive(), true);
});

test("a line that does not obey at a pulse's end is tried again, and the guard says that it gave up", async () => {
  const talk = new Talk();
  await talk.until("ready");
  talk.pulse(1, 300);
  await talk.until("active", 1);
  line.failWrites = true;
  assert.equal(await talk.exit, errorCodes.RELAY_UNAVAILABLE.exitCode);
  const failed = talk.replies.find(({ type }) => type === "failed");
  assert.ok(failed?.type === "failed" && failed.code === "RELAY_UNAVAILABLE");
  line.failWrites = false;
  const next = new Talk();
  await next.until("ready");
  assert.equal(line.isActive(), false);
});
