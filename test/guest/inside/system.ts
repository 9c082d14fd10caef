// The guest's system as its test sees it: units, processes, and waiting by the guest's own clock.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

export const unit = "facelatch.service";

export function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: "utf8", timeout: 300_000 }).trim();
}

export function property(name: string, of = unit): string {
  return run("systemctl", "show", "--value", "-p", name, of);
}

/** Asks until it suits; what it waited for is in the error. */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  suits: (answer: T) => boolean,
  { pollMs = 50, deadlineMs = 120_000 } = {},
): Promise<T> {
  const startMs = performance.now();
  for (;;) {
    const answer = await ask();
    if (suits(answer)) return answer;
    if (performance.now() - startMs > deadlineMs)
      throw new Error(`not within ${deadlineMs} ms: ${what}; ${JSON.stringify(answer)}`);
    await wait(pollMs);
  }
}

/** Earlier ends of the unit, which the test brought about, count no more. */
export function forgetEnds(of = unit): void {
  try {
    run("systemctl", "reset-failed", of);
  } catch {
    // A unit that was not started yet has nothing to forget.
  }
}

export interface DoorProcesses {
  readonly daemon: number;
  readonly guard: number | null;
  readonly vision: number | null;
}

export function doorProcesses(): DoorProcesses {
  const daemon = Number(property("MainPID"));
  let guard: number | null = null;
  let vision: number | null = null;
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const parent = / \(.*\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1];
      if (Number(parent) !== daemon) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      if (command.includes("relay-guard")) guard = Number(name);
      if (command.includes("vision-worker")) vision = Number(name);
    } catch {
      // It has ended meanwhile.
    }
  }
  return { daemon, guard, vision };
}

export interface DoorStatus {
  readonly state: string;
  readonly locked: boolean;
  readonly causes: readonly { readonly code: string }[];
  readonly camera: { readonly framesTotal: number };
  readonly counters: { readonly framesAnalysed: number };
  readonly vision: { readonly engine: string | null };
  readonly door: {
    readonly contact: string | null;
    readonly exitButton: string | null;
    readonly tamper: string | null;
  };
  readonly relay: { readonly pulses: number; readonly fault: unknown };
}

/** Null while the API does not answer. */
export async function doorStatus(): Promise<DoorStatus | null> {
  try {
    const response = await fetch("http://127.0.0.1:8780/v1/status", { signal: AbortSignal.timeout(10_000) });
    return response.ok ? ((await response.json()) as DoorStatus) : null;
  } catch {
    return null;
  }
}
