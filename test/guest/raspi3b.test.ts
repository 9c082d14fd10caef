// The relay's guard on the real driver of a Raspberry Pi 3, in both of its kernel's settings, its pin watched from outside.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { newestKernel } from "./debian.ts";
import { Guest, type GuestMessage } from "./guest.ts";
import { requirePrograms } from "./host-command.ts";
import { killCases } from "./inside/kill-cases.ts";
import { raspi3bMachine } from "./machines.ts";
import { elapsedMs, PinWatch } from "./pin-watch.ts";
import { type BoardImage, makeBoardImage } from "./raspi3b-image.ts";
import { GuestReport } from "./report.ts";

const rounds = Number(process.env["FACELATCH_ROUNDS"] ?? "1");
const timeoutMs = Number(process.env["FACELATCH_GUEST_TIMEOUT_MS"] ?? "1800000");
const [relayPin, markerPin] = [17, 27];
const inactiveWithinMs = 1_000;
/** Each look halts the board for a moment. */
const lookEveryMs = 10;

/** What the pins did from the power-on to the end. */
interface Watched {
  readonly activeBeforeStart: boolean;
  /** From each mark to a line that rests, in their order; null where it was still driven when the mark ended. */
  readonly inactiveAfterMs: (number | null)[];
}

async function watchPins(path: string, messages: readonly GuestMessage[]): Promise<Watched> {
  const watch = await PinWatch.open(path, relayPin, markerPin);
  const inactiveAfterMs: (number | null)[] = [];
  let activeBeforeStart = false;
  let markedAtUs: number | null = null;
  const said = (...types: readonly string[]) => messages.some(({ type }) => types.includes(type));
  try {
    while (!said("done", "failed")) {
      const { atUs, marked, relayDriven } = await watch.read();
      if (relayDriven && !said("starting")) activeBeforeStart = true;
      if (marked && markedAtUs === null) {
        markedAtUs = atUs;
        inactiveAfterMs.push(null);
      } else if (!marked) markedAtUs = null;
      const last = inactiveAfterMs.length - 1;
      if (markedAtUs !== null && !relayDriven) inactiveAfterMs[last] ??= elapsedMs(markedAtUs, atUs);
      await wait(lookEveryMs);
    }
  } finally {
    watch.close();
  }
  return { activeBeforeStart, inactiveAfterMs };
}

/** @param persist what the kernel is told of the outputs of a process that has ended: to keep them, or to release them */
async function testBoard(t: TestContext, image: BoardImage, persist: boolean): Promise<void> {
  const kernel = kernelOf(persist);
  const messages: GuestMessage[] = [];
  const report = new GuestReport(`raspi3b-${persist ? 1 : 0}`);
  await report.begin();
  const monitor = join(dirname(image.initrd), `monitor-${persist ? 1 : 0}`);
  const guest = new Guest({
    program: "qemu-system-aarch64",
    args: raspi3bMachine(image, persist, monitor),
    timeoutMs,
    onMessage: (message) => {
      messages.push(message);
      t.diagnostic(JSON.stringify(message));
    },
  });
  t.after(() => guest.end());
  const watched = await watchPins(monitor, messages);
  // The board has no way to switch itself off.
  guest.end();
  const injected = messages.filter(({ type }) => type === "injecting");
  watched.inactiveAfterMs.forEach((tookMs, index) => {
    if (tookMs !== null) report.noteKill(String(injected[index]?.["case"]), kernel, tookMs);
  });
  report.noteFault({
    fault: `power-on, ${kernel}`,
    expected: "the line is not driven before the first unlock",
    seen: watched.activeBeforeStart ? "driven" : "not driven",
    recoveryMs: null,
    passed: !watched.activeBeforeStart,
  });
  await report.write();
  for (const line of report.lines()) t.diagnostic(line);
  assert.ok(
    messages.some(({ type }) => type === "done"),
    guest.console,
  );
  assert.equal(watched.activeBeforeStart, false, "the pin was driven between power-on and the first pulse");
  assert.equal(watched.inactiveAfterMs.length, rounds * killCases.length);
  for (const [index, tookMs] of watched.inactiveAfterMs.entries())
    assert.ok(tookMs !== null && tookMs <= inactiveWithinMs, `${injected[index]?.["case"]}: ${tookMs} ms`);
}

const kernelOf = (persist: boolean) => `pinctrl-bcm2835, persist_gpio_outputs=${persist ? 1 : 0}`;

describe("a Raspberry Pi 3", { concurrency: true }, () => {
  let folder: string;
  let image: BoardImage;

  before(async () => {
    requirePrograms({ "qemu-system-aarch64": "qemu-system-arm", mmdebstrap: "mmdebstrap", cpio: "cpio" });
    folder = await mkdtemp(join(tmpdir(), "facelatch-guest-"));
    image = await makeBoardImage(folder, await newestKernel(), rounds);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const persist of [false, true]) {
    test(`${kernelOf(persist)}: locked from power-on, and after each kill in a pulse inactive within a second`, (t) =>
      testBoard(t, image, persist));
  }
});
