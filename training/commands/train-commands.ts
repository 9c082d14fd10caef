// The commands that make a run: preparing a data set, training on it, and training again with more photos.
import type { Command } from "commander";
import { FacelatchError } from "../../device/errors/errors.ts";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { printResult } from "../../device/terminal/terminal.ts";
import { inputPx } from "../classifier-input.ts";
import type { TuneRecipe } from "../fine-tune/tune-classifier.ts";
import { type Recipe, tuneCuts, tuneDefaults } from "../recipe.ts";
import type { RunRecord } from "../run/run-folder.ts";
import {
  addDataOptions,
  addHeadOptions,
  addNetworkOptions,
  addTuneOptions,
  type DataFlags,
  type TrainFlags,
} from "./train-options.ts";

export function registerPrepare(program: Command): void {
  const command = program
    .command("prepare")
    .description("find and frame the faces of a folder of photos, and split it; `train` does this by itself")
    .requiredOption("--data <dir>", "holds owner/, others/ and objects/")
    .requiredOption("--out <dir>", "the run's folder");
  addDataOptions(command)
    .addHelpText("after", "\nExample:\n  $ facelatch prepare --data photos --out run")
    .action(async (flags: DataFlags & { readonly data: string; readonly out: string }) => {
      const [{ prepareRun }, { describePrepared }, { readHeldOutPaths }] = await Promise.all([
        import("../run/prepare-run.ts"),
        import("./describe.ts"),
        import("../dataset/held-out-paths.ts"),
      ]);
      process.once("SIGINT", stopTraining);
      const progress = terminalProgress();
      const prepared = await prepareRun({
        ...{ dataDir: flags.data, runDir: flags.out, seed: flags.seed, progress },
        heldOut: await readHeldOutPaths(flags.data, flags.holdOut),
        ...{ framing: flags.framing, faceMarginRatio: flags.faceMargin, grow: false },
      });
      progress.end();
      printResult(flags.json, prepared, describePrepared(prepared));
    });
}

export function registerTrain(program: Command): void {
  const command = program
    .command("train")
    .description("train the three-class network on a folder of photos, or a finished run further")
    .option("--data <dir>", "holds owner/, others/ and objects/")
    .option("--owner <name>", "the owner's label")
    .option("--out <dir>", "the run's folder; with --from, RUN-retrained where it is left out")
    .option("--from <run>", "a finished run to train again, as it was trained, on the same test pictures")
    .option("--add <dir>", "with --from: holds the photos that came since, in owner/, others/ or objects/");
  addNetworkOptions(command);
  addHeadOptions(command);
  addTuneOptions(command);
  addDataOptions(command)
    .addHelpText(
      "after",
      "\nExamples:\n  $ facelatch train --data photos --owner Markus --out run\n  $ facelatch train --from run --add retrain --out run-2\nA training that was stopped goes on with the same command. Rates left out are the head's own.",
    )
    .action(async (flags: TrainFlags) => {
      process.once("SIGINT", stopTraining);
      if (flags.from !== undefined) refuseOthers(command);
      const record = await (flags.from === undefined ? trainAnew(flags) : trainAgain(flags, flags.from));
      const { describeRun } = await import("./describe.ts");
      printResult(flags.json, record, describeRun(record));
    });
}

async function trainAnew(flags: TrainFlags): Promise<RunRecord> {
  const { data: dataDir, owner: ownerLabel, out: runDir } = flags;
  if (dataDir === undefined || ownerLabel === undefined || runDir === undefined || flags.add !== undefined) {
    throw new FacelatchError("USAGE", {
      expected: "--data DIR, --owner NAME and --out RUN, or --from RUN and --add DIR",
      found: flags.add === undefined ? "not all of them" : "--add without --from",
      next: "See `facelatch train --help`.",
    });
  }
  const { train } = await import("../train.ts");
  return train({
    ...{ dataDir, ownerLabel, runDir, seed: flags.seed, epochsMax: flags.epochs, patience: flags.patience },
    backbone: { name: flags.backbone, alpha: flags.alpha, sizePx: inputPx },
    ...{ weights: flags.weights, engine: flags.engine },
    ...{ framing: flags.framing, faceMarginRatio: flags.faceMargin, heldOut: flags.holdOut },
    ...{ headName: flags.head, variants: flags.variants, head: recipeOf(flags), fineTune: tuningOf(flags) },
    ...(flags.features === undefined ? {} : { featuresDir: flags.features }),
    ...(flags.quantize === undefined ? {} : { quantize: flags.quantize }),
    progress: terminalProgress(),
  });
}

/** What was said about the head, and nothing about what was not. */
function recipeOf(flags: TrainFlags): Partial<Recipe["head"]> {
  const said = {
    ...{ learningRate: flags.learningRate, weightDecay: flags.weightDecay, dropout: flags.dropout },
    ...{ batchSize: flags.batch, labelSmoothing: flags.labelSmoothing, classWeights: flags.classWeights },
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function tuningOf({ fineTune, tuneFrom, tuneRate, tuneEpochs, backbone }: TrainFlags): TuneRecipe | null {
  if (!fineTune) return null;
  return {
    ...tuneDefaults,
    cut: tuneFrom ?? tuneCuts[backbone],
    ...{ learningRate: tuneRate, epochsMax: tuneEpochs },
  };
}

/** A retraining trains as the run before did: what else is said would be done by nobody. */
const retrainingOptions = new Set(["from", "add", "out", "engine", "quantize", "json"]);

function refuseOthers(command: Command): void {
  const said = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === "cli");
  const others = said.filter((option) => !retrainingOptions.has(option.attributeName()));
  if (others.length === 0) return;
  throw new FacelatchError("USAGE", {
    expected: "--from with --add, --out, --engine and --quantize at most, as all else is the run's",
    found: others.map(({ long }) => long).join(", "),
    next: "Leave them out, or train anew with --data.",
  });
}

async function trainAgain(flags: TrainFlags, fromDir: string): Promise<RunRecord> {
  const { add: addDir, out: runDir, engine, quantize } = flags;
  if (addDir === undefined) {
    throw new FacelatchError("USAGE", {
      expected: "--from RUN with --add DIR",
      found: "no --add",
      next: "See `facelatch train --help`.",
    });
  }
  const { retrain } = await import("../retrain.ts");
  return retrain({
    fromDir,
    addDir,
    engine,
    ...(runDir === undefined ? {} : { runDir }),
    ...(quantize === undefined ? {} : { quantize }),
    progress: terminalProgress(),
  });
}

/** Nothing needs to be saved: what is finished lies on the disk already. */
function stopTraining(): never {
  process.stderr.write("\nStopped. The same command goes on from here.\n");
  process.exit(130);
}
