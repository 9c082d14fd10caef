// Within the emulated Raspberry Pi 3: the relay's guard and relay-off under the unit, killed in a pulse again and again.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as wait } from "node:timers/promises";
import type { CdevAddon } from "../../../device/gpio/gpio.ts";
import { killCases, restore } from "./kill-cases.ts";
import { say } from "./speak.ts";
import { doorProcesses, run, unit, until } from "./system.ts";

const rounds = Number(process.env["ROUNDS"] ?? "1");
const [relayLine, markerLine] = [17, 27];
/** What is seen from outside must have come to rest by then. */
const restMs = 1_200;
const addon = createRequire(import.meta.url)(
  "/opt/facelatch/current/device/gpio/cdev/build/Release/gpio_cdev.node",
) as CdevAddon;

/**
 * The other cores wait in a loop and are never idle to the emulator: while this core is, time goes on by what they do, hundreds of
 * times too slowly. So it never is, for a process that has the rest of the time.
 */
function keepBusy(): void {
  const busy = spawn("nice", ["-n", "19", process.execPath, "-e", "for (;;);"], { stdio: "ignore" });
  busy.unref();
}

/** Whether a living process drives the line high; a line that nobody owns does not show. */
function isPulsing(): boolean {
  return /facelatch-relay.*out hi/.test(readFileSync("/sys/kernel/debug/gpio", "utf8"));
}

async function killInPulse(each: (typeof killCases)[number], marker: number, round: number): Promise<void> {
  await until("a pulse", isPulsing, Boolean, { pollMs: 20, deadlineMs: 180_000 });
  const processes = await until("all processes", doorProcesses, ({ vision }) => vision !== null);
  await wait(40 + ((round * 97) % 300));
  say("injecting", { case: each.name, round, pulsing: isPulsing(), processes });
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

async function main(): Promise<void> {
  say("up", { cmdline: readFileSync("/proc/cmdline", "utf8").trim() });
  keepBusy();
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
  say("starting");
  run("systemctl", "start", unit);
  // Round by round, so that each case has as many as the others when the time is over.
  for (let round = 0; round < rounds; round++) {
    for (const each of killCases) await killInPulse(each, marker, round);
  }
}

main().then(
  () => say("done"),
  (error: unknown) => {
    say("failed", { message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    try {
      process.stdout.write(`${run("journalctl", "-u", unit, "-o", "cat", "-n", "40", "--no-pager")}\n`);
    } finally {
      process.exitCode = 1;
    }
  },
);
