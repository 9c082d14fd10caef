// Counts what the cuts came to, for `reports/power.json` and its like.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { packageRoot } from "../../device/installation/installation.ts";

/** What was found, in the words of the report. */
export class PowerReport {
  /** Cuts after which a new start was made. */
  points = 0;
  /** Of these, with a real process that was killed. */
  killedProcesses = 0;
  /** Of these, with the real daemon started on what was left. */
  daemonStarts = 0;
  readonly lostEvents: string[] = [];
  readonly neitherBundle: string[] = [];
  readonly unlocked: string[] = [];
  readonly #name: string;

  /** @param name of the file in `reports/`, without its extension */
  constructor(name = "power") {
    this.#name = name;
  }

  async write(): Promise<void> {
    const { points, killedProcesses, daemonStarts, lostEvents, neitherBundle, unlocked } = this;
    const figures = {
      points,
      ...{ lostEvents: lostEvents.length, neitherBundle: neitherBundle.length, unlocked: unlocked.length },
      ...{ killedProcesses, daemonStarts },
    };
    const folder = join(packageRoot, "reports");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${this.#name}.json`), `${JSON.stringify(figures, null, 2)}\n`);
  }
}
