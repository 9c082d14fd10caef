// Each way to lose a process in the middle of a pulse, and how long the line then stays active.
import { writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { type DoorProcesses, doorProcesses, forgetEnds, property, run, unit, until } from "./system.ts";

export interface KillCase {
  readonly name: string;
  readonly inject: (processes: DoorProcesses) => void;
}

const kill = (signal: NodeJS.Signals, ...pids: (number | null)[]) => {
  for (const pid of pids) if (pid !== null) process.kill(pid, signal);
};

/** The kernel's own killer, which takes the process that counts most; what it takes otherwise depends on all the others. */
const killForMemory = (pid: number | null) => {
  if (pid === null) return;
  writeFileSync(`/proc/${pid}/oom_score_adj`, "1000");
  writeFileSync("/proc/sysrq-trigger", "f");
};

export const killCases: readonly KillCase[] = [
  { name: "kill -9 of the daemon", inject: ({ daemon }) => kill("SIGKILL", daemon) },
  { name: "kill -9 of the vision process", inject: ({ vision }) => kill("SIGKILL", vision) },
  { name: "kill -9 of the guard", inject: ({ guard }) => kill("SIGKILL", guard) },
  // The guard first: whoever is alive a moment longer must not be able to drive the line.
  { name: "kill -9 of all at once", inject: ({ guard, daemon, vision }) => kill("SIGKILL", guard, daemon, vision) },
  { name: "SIGSTOP of the daemon", inject: ({ daemon }) => kill("SIGSTOP", daemon) },
  { name: "OOM kill of the daemon", inject: ({ daemon }) => killForMemory(daemon) },
  { name: "OOM kill of the vision process", inject: ({ vision }) => killForMemory(vision) },
];

export interface Line {
  isActive(): boolean;
  /** Told of the moment before each injection. */
  mark?(): void;
}

const inactiveDeadlineMs = 20_000;

/** How long the line stayed active after the injection, in ms; the door works again when it returns. */
export async function killInPulse({ name, inject }: KillCase, line: Line, round: number): Promise<number> {
  await until("a pulse", () => line.isActive(), Boolean, { pollMs: 5, deadlineMs: 180_000 });
  const processes = doorProcesses();
  // Not always at the same moment of the pulse.
  await wait(40 + ((round * 97) % 300));
  if (!line.isActive()) throw new Error(`${name}: the pulse was over before the injection`);
  line.mark?.();
  const startMs = performance.now();
  inject(processes);
  await until(
    `an inactive line after ${name}`,
    () => line.isActive(),
    (active) => !active,
    {
      pollMs: 2,
      deadlineMs: inactiveDeadlineMs,
    },
  );
  const tookMs = performance.now() - startMs;
  if (name.startsWith("SIGSTOP")) kill("SIGCONT", processes.daemon);
  restore(processes);
  return tookMs;
}

/** Starts the daemon at once where it was lost: the pause before systemd's restart is not what is measured. */
export function restore({ daemon }: DoorProcesses): void {
  if (Number(property("MainPID")) === daemon && property("ActiveState") === "active") return;
  run("systemctl", "stop", unit);
  forgetEnds();
  run("systemctl", "start", unit);
}
