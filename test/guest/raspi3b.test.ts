// The relay's guard on the real driver of a Raspberry Pi 3, in both of its kernel's settings, its pin watched from outside.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { newestKernel } from "./debian.ts";
import { Guest, type GuestMessage } from "./guest.ts";
import { requirePrograms } from "./host-command.ts";
import { killCases } from "./inside/kill-cases.ts";
import { raspi3bMachine } from "./machines.ts";
import { Monitor } from "./monitor.ts";
import { type PinState, RestClock, readPins } from "./pin-watch.ts";
import { type BoardImage, makeBoardImage, makeCard } from "./raspi3b-image.ts";
import { type FaultRow, GuestReport } from "./report.ts";

/** So often each case is injected. */
const rounds = Number(process.env["FACELATCH_ROUNDS"] ?? "5");
/** After so many, the board goes on to another pulse. */
const roundsOfPulse = 5;
const timeoutMs = Number(process.env["FACELATCH_GUEST_TIMEOUT_MS"] ?? "3600000");
const inactiveWithinMs = 1_000;
/** Each look halts the board for a moment. */
const lookEveryMs = 10;
/** On this machine's clock, whose seconds are shorter than the board's. */
const stepMaxMs = 300_000;

/** A board that runs: what its pins do is looked at all the time, and kept. */
class Board {
  readonly messages: readonly GuestMessage[];
  readonly #guest: Guest;
  readonly #monitor: Monitor;
  readonly rest = new RestClock();

  private constructor(guest: Guest, monitor: Monitor, messages: readonly GuestMessage[]) {
    this.#guest = guest;
    this.#monitor = monitor;
    this.messages = messages;
  }

  static async start(t: TestContext, image: BoardImage, folder: string, persist: boolean): Promise<Board> {
    const name = join(folder, `board-${persist ? 1 : 0}`);
    const board = { ...image, card: await makeCard(`${name}.qcow2`) };
    const messages: GuestMessage[] = [];
    const guest = new Guest({
      program: "qemu-system-aarch64",
      args: raspi3bMachine(board, persist, `${name}.monitor`),
      timeoutMs,
      onMessage: (message) => {
        messages.push(message);
        if (message.type !== "injecting") t.diagnostic(JSON.stringify(message));
      },
    });
    t.after(() => guest.end());
    const monitor = await Monitor.open(`${name}.monitor`);
    t.after(() => monitor.close());
    return new Board(guest, monitor, messages);
  }

  said(type: string): number {
    return this.messages.filter((message) => message.type === type).length;
  }

  /** Looks at the pins until it suits; throws, with the console, where it does not come to that. */
  async lookUntil(what: string, suits: () => boolean, onLook: (pins: PinState) => void = () => {}): Promise<void> {
    const startMs = performance.now();
    while (!suits()) {
      const pins = await readPins(this.#monitor);
      this.rest.note(pins);
      onLook(pins);
      const isLost = this.said("failed") > 0 || performance.now() - startMs > stepMaxMs;
      if (isLost) throw new Error(`it did not come to ${what}:\n${this.#guest.console}`);
      await wait(lookEveryMs);
    }
  }

  async untilPoised(times: number): Promise<void> {
    await this.lookUntil("a pulse to interrupt", () => this.said("poised") >= times);
    await this.#monitor.keep();
  }

  /** Injects from where the board was kept. @returns how long the relay stayed driven, in ms of the board's clock */
  async injectFromKept(index: number, delayMs: number): Promise<number> {
    await this.#monitor.goBack();
    this.#guest.send(`${index} ${delayMs}`);
    await this.lookUntil("a rest of before", () => !this.rest.isMarked);
    await this.lookUntil("the injection", () => this.rest.isMarked);
    assert.ok(this.rest.wasDriven, "the pulse was over before the injection");
    await this.lookUntil("a line at rest", () => this.rest.restAfterMs !== null);
    return this.rest.restAfterMs!;
  }

  async goOnToNextPulse(): Promise<void> {
    const times = this.said("poised") + 1;
    await this.#monitor.goBack();
    this.#guest.send("next");
    await this.untilPoised(times);
  }
}

/** @param persist what the kernel is told of the outputs of a process that has ended: to keep them, or to release them */
async function testBoard(t: TestContext, image: BoardImage, folder: string, persist: boolean): Promise<void> {
  const kernel = `pinctrl-bcm2835, persist_gpio_outputs=${persist ? 1 : 0}`;
  const report = new GuestReport(`raspi3b-${persist ? 1 : 0}`);
  await report.begin();
  try {
    const board = await Board.start(t, image, folder, persist);
    let [wasDriven, ledWasDriven, ledIsDriven] = [false, false, false];
    const look = ({ relayDriven, ledDriven }: PinState): void => {
      wasDriven ||= relayDriven;
      ledWasDriven ||= ledDriven;
      ledIsDriven = ledDriven;
    };
    await board.lookUntil("its start", () => board.said("chip") > 0, look);
    await board.lookUntil("the end of pulses that the kernel times", () => board.said("timed") > 0, look);
    await board.lookUntil("the unit's start", () => board.said("starting") > 0, look);
    report.noteFault({
      fault: `power-on, ${kernel}`,
      expected: "the line is not driven before the first unlock",
      seen: wasDriven ? "driven" : "not driven",
      recoveryMs: null,
      passed: !wasDriven,
    });
    const pulses = board.messages.filter(({ type }) => type === "fault") as unknown as readonly FaultRow[];
    for (const row of pulses) report.noteFault({ ...row, fault: `${row.fault}, ${kernel}` });
    const pin = `${ledWasDriven ? "driven" : "never driven"}; ${ledIsDriven ? "still driven" : "at rest"}`;
    const seenOutside = { expected: "driven; at rest", seen: pin, recoveryMs: null, passed: pin === "driven; at rest" };
    report.noteFault({ fault: `the pin of pulses that the kernel times, ${kernel}`, ...seenOutside });
    await killAndRestore(board, kernel, report);
    await killFromKept(board, kernel, report);
    assert.equal(wasDriven, false, "the pin was driven between power-on and the first pulse");
  } finally {
    await report.write();
    for (const line of report.lines()) t.diagnostic(line);
  }
  assert.equal(report.kills.length, killCases.length);
  for (const { case: name, killToInactiveMs } of report.kills) {
    assert.equal(killToInactiveMs.length, rounds, name);
    assert.ok(Math.max(...killToInactiveMs) <= inactiveWithinMs, `${name}: ${killToInactiveMs.join(" ")} ms`);
  }
  for (const { fault, expected, seen, passed } of report.faults) assert.ok(passed, `${fault}: ${expected}; ${seen}`);
  assert.equal(report.faults.length, 4);
}

/** Each case once, after which the door has to work again: only then the next pulse comes. */
async function killAndRestore(board: Board, kernel: string, report: GuestReport): Promise<void> {
  for (const { name } of killCases) {
    await board.lookUntil(name, () => board.rest.isMarked);
    assert.ok(board.rest.wasDriven, `${name}: the pulse was over before the injection`);
    await board.lookUntil("the end of the mark", () => !board.rest.isMarked);
    assert.ok(board.rest.restAfterMs !== null, `${name}: the line was still driven`);
    report.noteKill(name, kernel, board.rest.restAfterMs);
  }
  await board.untilPoised(1);
}

/** All others begin with the whole board as it was in the middle of a pulse, each at another moment of it. */
async function killFromKept(board: Board, kernel: string, report: GuestReport): Promise<void> {
  for (let round = 1; round < rounds; round++) {
    if (round % roundsOfPulse === 0) await board.goOnToNextPulse();
    for (const [index, { name }] of killCases.entries()) {
      const delayMs = 10 + ((round * 97 + index * 41) % 400);
      report.noteKill(name, kernel, await board.injectFromKept(index, delayMs));
    }
  }
}

describe("a Raspberry Pi 3", { concurrency: true }, () => {
  let folder: string;
  let image: BoardImage;

  before(async () => {
    requirePrograms({
      ...{ "qemu-system-aarch64": "qemu-system-arm", "qemu-img": "qemu-utils", fdtput: "device-tree-compiler" },
      ...{ mmdebstrap: "mmdebstrap", cpio: "cpio" },
    });
    folder = await mkdtemp(join(tmpdir(), "facelatch-guest-"));
    image = await makeBoardImage(folder, await newestKernel());
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const persist of [false, true]) {
    const setting = `persist_gpio_outputs=${persist ? 1 : 0}`;
    test(`${setting}: locked from power-on, and after each kill in a pulse inactive within a second`, (t) =>
      testBoard(t, image, folder, persist));
  }
});
