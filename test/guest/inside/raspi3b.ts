// Within the emulated Raspberry Pi 3: the relay's guard and line-off under the unit, killed in a pulse again and again.
import { constants, createReadStream, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import type { CdevAddon } from "../../../device/gpio/gpio.ts";
import { timePulses } from "./kernel-pulse.ts";
import { type KillCase, killCases, restore } from "./kill-cases.ts";
import { say } from "./speak.ts";
import { type DoorProcesses, doorProcesses, run, unit, until } from "./system.ts";

const [relayLine, markerLine] = [17, 27];
/** What is seen from outside must have come to rest by then. */
const restMs = 1_200;
const addon = createRequire(import.meta.url)(
  "/opt/facelatch/current/device/gpio/cdev/build/Release/gpio_cdev.node",
) as CdevAddon;

/** Whether a living process drives the line high; a line that nobody owns does not show. */
function isPulsing(): boolean {
  return /facelatch-relay.*out hi/.test(readFileSync("/sys/kernel/debug/gpio", "utf8"));
}

/** At the beginning of a pulse. */
async function untilPulse(): Promise<DoorProcesses> {
  await until("the end of a pulse", isPulsing, (pulsing) => !pulsing, { pollMs: 20, deadlineMs: 180_000 });
  await until("a pulse", isPulsing, Boolean, { pollMs: 20, deadlineMs: 180_000 });
  return until("all processes", doorProcesses, ({ vision }) => vision !== null);
}

/** One after another, each followed by a door that works again. */
async function killAndRestore(each: KillCase, marker: number): Promise<void> {
  const processes = await untilPulse();
  say("injecting", { case: each.name, pulsing: isPulsing(), processes });
  // A line on the console takes its time.
  await wait(100);
  addon.setActive(marker, 1);
  each.inject(processes);
  await wait(restMs);
  addon.setActive(marker, 0);
  if (each.name.startsWith("SIGSTOP")) process.kill(processes.daemon, "SIGCONT");
  await wait(50);
  restore(processes);
}

/** In the middle of a pulse. */
async function poise(): Promise<DoorProcesses> {
  const processes = await untilPulse();
  await wait(50);
  say("poised", { processes });
  return processes;
}

/**
 * Does what the console asks for: a line "CASE DELAY" kills so many ms later; "next" waits for another pulse. Whoever asks
 * brings the board back to where it was before each.
 */
async function obeyConsole(marker: number): Promise<never> {
  const input = createReadStream("", { fd: openSync("/dev/ttyS1", constants.O_RDONLY | constants.O_NOCTTY) });
  let processes = await poise();
  for await (const asked of createInterface({ input })) {
    if (asked === "next") {
      processes = await poise();
      continue;
    }
    const [index, delayMs] = asked.split(" ").map(Number);
    await wait(delayMs);
    addon.setActive(marker, 1);
    killCases[index!]!.inject(processes);
  }
  throw new Error("the console has ended");
}

/** A failure here must not keep the kills from being measured. */
async function timeKernelPulses(): Promise<void> {
  try {
    for (const row of await timePulses()) say("fault", { ...row });
  } catch (error) {
    say("fault", { fault: "pulses that the kernel times", expected: "an LED", seen: String(error), passed: false });
  }
}

async function main(): Promise<void> {
  say("up", { cmdline: readFileSync("/proc/cmdline", "utf8").trim() });
  if (!existsSync("/sys/kernel/debug/gpio")) run("mount", "-t", "debugfs", "none", "/sys/kernel/debug");
  run("udevadm", "settle");
  const chip = addon.chipInfo("/dev/gpiochip0");
  const persist = readFileSync("/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs", "utf8").trim();
  say("chip", { ...chip, persist, group: run("stat", "-c", "%G %a", "/dev/gpiochip0") });
  const marker = addon.requestOutput("/dev/gpiochip0", markerLine, false, "guest-marker");
  mkdirSync("/etc/facelatch", { recursive: true });
  writeFileSync(
    "/etc/facelatch/facelatch.yaml",
    `relay: { kind: gpio-cdev, line: ${relayLine}, pulseMs: 8000, gapMinMs: 0 }\n`,
  );
  run("chown", "root:facelatch", "/etc/facelatch/facelatch.yaml");
  run("chmod", "640", "/etc/facelatch/facelatch.yaml");
  await timeKernelPulses();
  say("timed");
  say("starting");
  run("systemctl", "start", unit);
  for (const each of killCases) await killAndRestore(each, marker);
  await obeyConsole(marker);
}

main().catch((error: unknown) => {
  say("failed", { message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  try {
    process.stdout.write(`${run("journalctl", "-u", unit, "-o", "cat", "-n", "40", "--no-pager")}\n`);
  } finally {
    process.exitCode = 1;
  }
});
