// What systemd makes of a daemon that hangs, and of one that ends again and again.
import { existsSync } from "node:fs";
import type { Line } from "./kill-cases.ts";
import { forgetEnds, property, run, unit, until } from "./system.ts";

export interface Fault {
  readonly fault: string;
  readonly expected: string;
  readonly seen: string;
  /** From the fault, or from its end where it has one, to a door that works. */
  readonly recoveryMs: number | null;
  readonly passed: boolean;
}

const alarm = "facelatch-alarm.service";
const crashes = 5;
/** Long enough for a restart that must not come: the unit's RestartSec is 5 s. */
const quietMs = 15_000;

/** What asks systemd keeps the emulated processor busy; whoever asks often waits for minutes. */
const seldom = { pollMs: 500 };

const mainPid = () => Number(property("MainPID"));
const isUp = (pid: number) => mainPid() !== pid && property("ActiveState") === "active";

/** A daemon that does nothing any more is ended within WatchdogSec, and works again after RestartSec and a start. */
export async function hang(line: Line): Promise<Fault> {
  const watchdogMs = Number(property("WatchdogUSec").replace(/s$/, "")) * 1000;
  const pid = mainPid();
  await until(
    "a locked door",
    () => line.isActive(),
    (active) => !active,
  );
  const startMs = performance.now();
  process.kill(pid, "SIGSTOP");
  await until(
    "the end of a daemon that hangs",
    () => existsSync(`/proc/${pid}`),
    (lives) => !lives,
  );
  const endedMs = performance.now() - startMs;
  await until("a daemon that works again", () => isUp(pid), Boolean, seldom);
  const recoveryMs = Math.round(performance.now() - startMs);
  const isInTime = endedMs <= watchdogMs;
  return {
    fault: "the daemon hangs (SIGSTOP)",
    expected: `ended within WatchdogSec, ${watchdogMs} ms; started again`,
    seen: `${isInTime ? "ended" : "ended too late,"} after ${Math.round(endedMs)} ms; started again`,
    recoveryMs,
    passed: isInTime,
  };
}

/** The fifth end within a minute is the last: locked and alarmed. */
export async function crashLoop(line: Line): Promise<Fault> {
  run("systemctl", "stop", unit);
  forgetEnds();
  const startMs = performance.now();
  run("systemctl", "start", "--no-block", unit);
  let pid = 0;
  for (let crash = 0; crash < crashes; crash++) {
    pid = await until(`start ${crash + 1}`, mainPid, (found) => found !== 0 && found !== pid, seldom);
    process.kill(pid, "SIGKILL");
  }
  const tookMs = Math.round(performance.now() - startMs);
  const state = () => `${property("ActiveState")}; alarm ${property("ActiveState", alarm)}`;
  const given = "failed; alarm active";
  const expected = `${given}; line inactive; said so`;
  await until("a daemon that was given up", state, (found) => found === given, { ...seldom, deadlineMs: 60_000 });
  const restarts = property("NRestarts");
  await until(
    "quiet",
    () => performance.now() - startMs,
    (ms) => ms > tookMs + quietMs,
    { ...seldom, deadlineMs: 2 * quietMs },
  );
  const isLoop = property("NRestarts") !== restarts || mainPid() !== 0;
  const said = run("journalctl", "-u", alarm, "-p", "crit", "-o", "cat", "--no-pager").includes(
    "The door stays locked",
  );
  const seen = [state(), line.isActive() ? "line active" : "line inactive", said ? "said so" : "silent"];
  if (isLoop) seen.push("started again");
  // Whoever starts it again ends the alarm.
  run("systemctl", "stop", alarm);
  forgetEnds();
  return {
    fault: `${crashes} crashes in ${Math.round(tookMs / 1000)} s`,
    expected,
    seen: seen.join("; "),
    recoveryMs: null,
    passed: seen.join("; ") === expected,
  };
}
