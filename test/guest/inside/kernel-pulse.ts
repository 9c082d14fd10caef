// A pulse that the kernel times, on the real driver and as the daemon's user: nobody is left to end it, and it ends.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { run, until } from "./system.ts";
import type { Fault } from "./unit-ends.ts";

const pulseMs = 3_000;
/** The kernel's timers may be an eighth late; and this process sees begin and end a moment later. */
const lateMaxMs = pulseMs / 8 + 100;
const led = "/sys/class/leds/facelatch";

const read = (name: string) => readFileSync(join(led, name), "utf8").trim();
const isOn = () => read("brightness") !== "0";
const soon = { pollMs: 5, deadlineMs: 60_000 };

interface Pulsing {
  readonly daemon: ChildProcess;
  readonly guard: number;
  readonly beganAtMs: number;
}

/** As the daemon runs: its user, and the group to which udev gave the files. */
async function beginPulse(): Promise<Pulsing> {
  const [uid, gid] = [Number(run("id", "-u", "facelatch")), Number(run("stat", "-c", "%g", "/dev/gpiochip0"))];
  const program = join(import.meta.dirname, "small-kernel-pulse.js");
  const daemon = spawn(process.execPath, [program, String(pulseMs)], { uid, gid, stdio: ["ignore", "pipe", "pipe"] });
  let [said, complaint] = ["", ""];
  daemon.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  daemon.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const ended = () => daemon.exitCode !== null;
  await until("a pulse that the kernel times", () => isOn() || ended(), Boolean, soon);
  const beganAtMs = performance.now();
  await until("the guard", () => said.includes("\n") || ended(), Boolean, soon);
  if (ended()) throw new Error(`it ended: ${complaint}`);
  return { daemon, guard: Number(said), beganAtMs };
}

async function untilOff(): Promise<void> {
  await until("the pulse's end", isOn, (on) => !on, soon);
}

/** Both killed at once: the line goes inactive by itself, not sooner and not later than the pulse would have. */
async function killAll(): Promise<Omit<Fault, "fault">> {
  const { daemon, guard, beganAtMs } = await beginPulse();
  await wait(300);
  process.kill(guard, "SIGKILL");
  daemon.kill("SIGKILL");
  const killedAtMs = performance.now();
  await once(daemon, "exit");
  await untilOff();
  const lengthMs = Math.round(performance.now() - beganAtMs);
  return {
    expected: `the line goes inactive by itself ${pulseMs} ms after it went active, or up to an eighth later`,
    seen: `after ${lengthMs} ms`,
    recoveryMs: Math.round(performance.now() - killedAtMs),
    passed: lengthMs >= pulseMs - 100 && lengthMs <= pulseMs + lateMaxMs,
  };
}

/** The next guard works, and ends a pulse early: the trigger goes and comes back, and udev gives its files again. */
async function endEarly(): Promise<Omit<Fault, "fault">> {
  const { daemon, beganAtMs } = await beginPulse();
  await wait(300);
  daemon.kill("SIGTERM");
  await untilOff();
  const lengthMs = Math.round(performance.now() - beganAtMs);
  await once(daemon, "exit");
  const groupOf = () => run("stat", "-c", "%G", join(led, "shot"));
  const group = await until("udev's rule", groupOf, (found) => found === "gpio", soon);
  const trigger = /\[oneshot\]/.test(read("trigger")) ? "oneshot" : read("trigger");
  return {
    expected: "the line goes inactive at once; the trigger is oneshot again; the group gpio may use it",
    seen: `after ${lengthMs} ms; ${trigger}; ${group}`,
    recoveryMs: null,
    passed: lengthMs < pulseMs / 2 && trigger === "oneshot" && group === "gpio",
  };
}

/** Whatever comes of the first, the second is tried too. */
export async function timePulses(): Promise<Fault[]> {
  run("modprobe", "-a", "leds-gpio", "ledtrig-oneshot");
  run("udevadm", "settle");
  const rows: Fault[] = [];
  const cases = { "kill -9 of all in a pulse that the kernel times": killAll, "SIGTERM in one": endEarly };
  for (const [fault, inject] of Object.entries(cases)) {
    const failed = (error: unknown) => ({
      ...{ expected: "a pulse", recoveryMs: null, passed: false },
      seen: error instanceof Error ? error.message : String(error),
    });
    rows.push({ fault, ...(await inject().catch(failed)) });
  }
  return rows;
}
