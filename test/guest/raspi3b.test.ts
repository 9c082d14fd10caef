// The relay's guard on the real driver of a Raspberry Pi 3, in both of its kernel settings, its pin watched from outside.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { newestKernel } from "./debian.ts";
import { Guest, type GuestMessage } from "./guest.ts";
import { requirePrograms } from "./host-command.ts";
import { raspi3bMachine } from "./machines.ts";
import { elapsedMs, PinWatch } from "./pin-watch.ts";
import { makeBoardImage } from "./raspi3b-image.ts";
import { GuestReport } from "./report.ts";

const rounds = Number(process.env["FACELATCH_ROUNDS"] ?? "1");
const timeoutMs = Number(process.env["FACELATCH_GUEST_TIMEOUT_MS"] ?? "1200000");
const [relayPin, markerPin] = [17, 27];
const inactiveWithinMs = 1_000;
const cases = 4;

/** What the pins did from the power-on to the end: activations before the first order, and the time from each mark to rest. */
interface Watched {
  readonly activeBeforeStart: boolean;
  /** In the order of the marks; null where the line was still driven when the mark ended. */
  readonly inactiveAfterMs: (number | null)[];
}

async function watchPins(path: string, messages: readonly GuestMessage[]): Promise<Watched> {
  const watch = await PinWatch.open(path, relayPin, markerPin);
  const inactiveAfterMs: (number | null)[] = [];
  let activeBeforeStart = false;
  let markedAtUs: number | null = null;
  try {
    for (;;) {
      const { atUs, marked, relayDriven } = await watch.read();
      const hasStarted = messages.some(({ type }) => type === "starting");
      if (relayDriven && !hasStarted) activeBeforeStart = true;
      if (marked && markedAtUs === null) {
        markedAtUs = atUs;
        inactiveAfterMs.push(null);
      } else if (!marked) markedAtUs = null;
      const last = inactiveAfterMs.length - 1;
      if (markedAtUs !== null && !relayDriven && inactiveAfterMs[last] === null) {
        inactiveAfterMs[last] = elapsedMs(markedAtUs, atUs);
      }
      if (messages.some(({ type }) => type === "done" || type === "failed")) break;
    }
  } finally {
    watch.close();
  }
  return { activeBeforeStart, inactiveAfterMs };
}

for (const persist of [false, true]) {
  const kernel = `pinctrl-bcm2835, persist_gpio_outputs=${persist ? 1 : 0}`;
  test(`${kernel}: after each kill in a pulse the pin is inactive within a second`, async (t) => {
    requirePrograms({
      "qemu-system-aarch64": "qemu-system-arm",
      "aarch64-linux-gnu-gcc": "gcc-aarch64-linux-gnu",
      mmdebstrap: "mmdebstrap",
      cpio: "cpio",
    });
    const folder = await mkdtemp(join(tmpdir(), "facelatch-guest-"));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const image = await makeBoardImage(folder, await newestKernel(), rounds);
    const messages: GuestMessage[] = [];
    const monitor = join(folder, "monitor");
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
    const report = new GuestReport();
    watched.inactiveAfterMs.forEach((tookMs, index) => {
      if (tookMs !== null) report.noteKill(String(injected[index]?.["case"]), kernel, tookMs);
    });
    await report.write(`guest-raspi3b-${persist ? 1 : 0}.json`);
    for (const line of report.lines()) t.diagnostic(line);
    assert.ok(
      messages.some(({ type }) => type === "done"),
      guest.console,
    );
    assert.equal(watched.activeBeforeStart, false, "the pin was driven between power-on and the first pulse");
    assert.equal(watched.inactiveAfterMs.length, rounds * cases);
    for (const tookMs of watched.inactiveAfterMs)
      assert.ok(tookMs !== null && tookMs <= inactiveWithinMs, `${tookMs} ms`);
  });
}
