// Retraining: a finished run with photos that came since, on the same test pictures, with features that are kept.
import { join, resolve } from "node:path";
import { FacelatchError } from "../device/errors/errors.ts";
import type { Progress } from "../device/terminal/progress.ts";
import type { EngineName } from "./engines/engine.ts";
import { joinDataSets, linkPrepared } from "./run/join-data-sets.ts";
import { type RunRecord, readOutcome, runFolder, writePredictions, writeRunRecord } from "./run/run-folder.ts";
import { train } from "./train.ts";
import { makeFolder } from "./write-file.ts";

export interface RetrainOptions {
  /** The folder of a finished run. */
  readonly fromDir: string;
  /** Holds any of owner/, others/, objects/ and household/. */
  readonly addDir: string;
  /** The new run's folder; beside the old one by default. */
  readonly runDir?: string;
  readonly engine?: EngineName | "auto";
  readonly quantize?: "float32" | "auto";
  readonly progress: Progress;
}

/**
 * Trains as the run before was trained, with more photos in its training split. The run before stays as it is.
 *
 * @throws FacelatchError INPUT_MISSING without a finished run, DATASET_INVALID without photos to add, what `train` throws
 */
export async function retrain(options: RetrainOptions): Promise<RunRecord> {
  const fromDir = resolve(options.fromDir);
  const runDir = resolve(options.runDir ?? `${fromDir}-retrained`);
  if (runDir === fromDir) {
    throw new FacelatchError("USAGE", {
      expected: "another folder for the new run",
      found: `--out ${fromDir}, which is the run that it is retrained from`,
      next: "Leave --out away, or name a new folder.",
    });
  }
  const outcome = await readOutcome(fromDir);
  const { record } = outcome;
  const dataDir = join(runDir, runFolder.data);
  await joinDataSets(dataDir, record.dataDir, options.addDir);
  await linkPrepared(join(fromDir, runFolder.prepared), join(runDir, runFolder.prepared));
  const beforeDir = join(runDir, runFolder.before);
  await makeFolder(beforeDir);
  await writeRunRecord(beforeDir, record);
  await writePredictions(beforeDir, outcome.predictions);
  return train({
    ...{ dataDir, runDir, before: { runDir: fromDir, outcome }, progress: options.progress },
    ...{ ownerLabel: record.ownerLabel, seed: record.seed, featuresDir: record.featuresDir },
    ...{ epochsMax: record.epochsMax, patience: record.patience },
    ...{ backbone: record.backboneShape, weights: record.weightsSource },
    ...{ framing: record.framing, faceMarginRatio: record.faceMarginRatio, heldOut: Object.keys(record.heldOut) },
    ...{ headName: record.headName, variants: record.variants, head: record.head, fineTune: record.fineTune },
    ...(options.engine === undefined ? {} : { engine: options.engine }),
    quantize: options.quantize ?? (record.precision === null ? "float32" : "auto"),
  });
}
