// A staged rollout: one door, then a share, then all; it stops at the first door that does not confirm.
import { codeOf, FacelatchError, messageOf } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { Archive } from "../flash/archive.ts";
import { flash } from "../flash/flash.ts";
import { openBoard } from "../transport/open-board.ts";
import type { Door, Inventory } from "./inventory.ts";
import { type RolloutState, readRolloutState, writeRolloutState } from "./rollout-state.ts";

/** Doors of one stage that are updated at the same time. */
const atOnceMax = 4;

export interface RolloutOptions {
  readonly statePath: string;
  /** Told one line at each step. */
  readonly say: (line: string) => void;
  readonly wallClock: () => Date;
}

export interface RolledOut {
  readonly bundleSha256: string;
  readonly stages: number;
  readonly stagesDone: number;
  readonly confirmed: readonly string[];
  /** What stopped it. */
  readonly failed: readonly { readonly door: string; readonly code: string; readonly message: string }[];
  /** Doors that were not touched. */
  readonly pending: readonly string[];
}

/** Rolls a bundle out, leaving alone the doors that an earlier run of the same rollout has confirmed. Never throws for a door. */
export async function rollOut(
  { doors, stageSizes }: Inventory,
  archive: Archive,
  options: RolloutOptions,
): Promise<RolledOut> {
  const record = new RolloutRecord(await readRolloutState(options.statePath), archive, options);
  let begun = 0;
  let stagesDone = 0;
  for (const size of stageSizes) {
    const stage = doors.slice(begun, begun + size);
    begun += size;
    const left = stage.filter(({ name }) => !record.isConfirmed(name));
    options.say(`stage ${stagesDone + 1} of ${stageSizes.length}: ${stage.map(({ name }) => name).join(", ")}`);
    await updateAll(left, archive, record, options);
    if (record.failed(stage).length > 0) break;
    stagesDone++;
  }
  const failed = record.failed(doors.slice(0, begun));
  const settled = new Set([
    ...failed.map(({ door }) => door),
    ...doors.map(({ name }) => name).filter(record.isConfirmed),
  ]);
  return {
    bundleSha256: archive.bundleSha256,
    stages: stageSizes.length,
    stagesDone,
    confirmed: doors.map(({ name }) => name).filter(record.isConfirmed),
    failed,
    pending: doors.map(({ name }) => name).filter((name) => !settled.has(name)),
  };
}

/** A few at a time; after a failure no further one is begun, and those under way are waited for. */
async function updateAll(
  doors: readonly Door[],
  archive: Archive,
  record: RolloutRecord,
  options: RolloutOptions,
): Promise<void> {
  const waiting = [...doors];
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (let door = waiting.shift(); door !== undefined && !hasFailed; door = waiting.shift()) {
      const failure = await updateDoor(door, archive, options);
      await record.note(door.name, failure);
      if (failure !== null) hasFailed = true;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnceMax, doors.length) }, worker));
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

async function updateDoor({ name, reach }: Door, archive: Archive, { say }: RolloutOptions): Promise<Failure | null> {
  try {
    const board = await openBoard(reach);
    try {
      const settings = { dryRun: false, wait: true, progress: quiet, agree: async () => true };
      const { outcome } = await flash(board, archive, settings);
      say(`${name}: ${outcome === "unchanged" ? "runs it already" : outcome}`);
      return null;
    } finally {
      await board.close();
    }
  } catch (error) {
    // A defect here is no fault of the door, and must not be recorded as one.
    if (!(error instanceof FacelatchError)) throw error;
    say(`${name}: ${messageOf(error)} [${codeOf(error)}]`);
    return { code: codeOf(error), message: messageOf(error) };
  }
}

const nothing = () => undefined;
const quiet: Progress = { step: nothing, advance: nothing, say: nothing, end: nothing };

/** What is known of each door, on the disk after every change. */
class RolloutRecord {
  readonly #options: RolloutOptions;
  readonly #state: RolloutState;
  #writing: Promise<void> = Promise.resolve();

  /** What was done with another bundle says nothing about this one. */
  constructor(before: RolloutState | null, { bundleSha256, figures }: Archive, options: RolloutOptions) {
    this.#options = options;
    const isSame = before?.bundleSha256 === bundleSha256;
    this.#state = { bundleSha256, bundleName: figures.name, doors: isSame ? before.doors : {} };
  }

  readonly isConfirmed = (name: string): boolean => this.#state.doors[name]?.outcome === "confirmed";

  failed(doors: readonly Door[]): { door: string; code: string; message: string }[] {
    return doors.flatMap(({ name }) => {
      const known = this.#state.doors[name];
      if (known?.outcome !== "failed") return [];
      return [{ door: name, code: known.code ?? "INTERNAL", message: known.message ?? "" }];
    });
  }

  note(name: string, failure: Failure | null): Promise<void> {
    this.#state.doors[name] = {
      outcome: failure === null ? "confirmed" : "failed",
      at: this.#options.wallClock().toISOString(),
      code: failure?.code ?? null,
      message: failure?.message ?? null,
    };
    this.#writing = this.#writing.then(() => writeRolloutState(this.#options.statePath, this.#state));
    return this.#writing;
  }
}
