// The record of what was measured in guests: a part of each machine, and all of them together in reports/guest.json.
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
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
  readonly passed: boolean;
}

interface Content {
  readonly killToInactiveMs: readonly KillTimes[];
  readonly faults: readonly FaultRow[];
}

const folder = join(packageRoot, "reports");

export class GuestReport {
  readonly #part: string;
  readonly #kills = new Map<string, KillTimes>();
  readonly #faults: FaultRow[] = [];

  constructor(machine: string) {
    this.#part = join(folder, `guest-${machine}.json`);
  }

  /** What an earlier run left of this machine counts no more. */
  async begin(): Promise<void> {
    await mkdir(folder, { recursive: true });
    await rm(this.#part, { force: true });
  }

  noteKill(name: string, kernel: string, tookMs: number): void {
    const key = `${name}/${kernel}`;
    const times = this.#kills.get(key) ?? { case: name, kernel, killToInactiveMs: [] };
    times.killToInactiveMs.push(tookMs);
    this.#kills.set(key, times);
  }

  noteFault(row: FaultRow): void {
    this.#faults.push(row);
  }

  get faults(): readonly FaultRow[] {
    return this.#faults;
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

  async write(): Promise<void> {
    await writeJson(this.#part, { killToInactiveMs: this.kills, faults: this.#faults });
    const parts: Content[] = [];
    for (const name of (await readdir(folder)).filter((each) => /^guest-.+\.json$/.test(each)).sort()) {
      parts.push(JSON.parse(await readFile(join(folder, name), "utf8")) as Content);
    }
    await writeJson(join(folder, "guest.json"), {
      killToInactiveMs: parts.flatMap(({ killToInactiveMs }) => killToInactiveMs),
      faults: parts.flatMap(({ faults }) => faults),
    });
  }
}

/** Whole or not at all: tests of other machines read it. */
async function writeJson(path: string, content: Content): Promise<void> {
  await writeFile(`${path}.${process.pid}`, `${JSON.stringify(content, null, 2)}\n`);
  await rename(`${path}.${process.pid}`, path);
}
