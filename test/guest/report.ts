// The record of what was measured in guests: reports/guest.json.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../device/installation/installation.ts";

export interface KillTimes {
  readonly case: string;
  /** The chip, and what its kernel was told. */
  readonly kernel: string;
  readonly killToInactiveMs: number[];
}

export interface FaultRow {
  readonly fault: string;
  readonly expected: string;
  readonly seen: string;
  readonly recoveryMs: number | null;
}

export class GuestReport {
  readonly #kills = new Map<string, KillTimes>();
  readonly #faults: FaultRow[] = [];

  noteKill(name: string, kernel: string, tookMs: number): void {
    const key = `${name}/${kernel}`;
    const times = this.#kills.get(key) ?? { case: name, kernel, killToInactiveMs: [] };
    times.killToInactiveMs.push(tookMs);
    this.#kills.set(key, times);
  }

  noteFault(row: FaultRow): void {
    this.#faults.push(row);
  }

  get kills(): readonly KillTimes[] {
    return [...this.#kills.values()];
  }

  /** Each case in a line: how often, and how long it took. */
  lines(): string[] {
    return this.kills.map(({ case: name, kernel, killToInactiveMs }) => {
      const times = killToInactiveMs.toSorted((a, b) => a - b);
      const at = (share: number) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))]!);
      return `${name}, ${kernel}: ${times.length} times, ms: least ${at(0)}, median ${at(0.5)}, most ${at(1)}`;
    });
  }

  async write(name: string): Promise<void> {
    const folder = join(packageRoot, "reports");
    await mkdir(folder, { recursive: true });
    const content = { killToInactiveMs: this.kills, faults: this.#faults };
    await writeFile(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  }
}
