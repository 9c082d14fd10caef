// The commands that make a run: preparing a data set, training on it, and training again with more photos.
import type { Command } from "commander";
import { FacelatchError } from "../../device/errors/errors.ts";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { anyNumber, oneOf, printResult, wholeNumber } from "../../device/terminal/terminal.ts";
import { type BackboneName, backboneNames } from "../backbones/architectures.ts";
import { faceMarginRatio, inputPx } from "../classifier.ts";
import { type FramingKind, framingKinds } from "../dataset/frame-photo.ts";
import { type EngineName, engineNames } from "../engines/engine.ts";
import type { TuneRecipe } from "../fine-tune/tune-classifier.ts";
import { defaultHead, type HeadName, headNames, type Recipe, tuneCuts, tuneDefaults } from "../recipe.ts";
import type { RunRecord } from "../run/run-folder.ts";

/** What decides how a data set is prepared. */
interface DataFlags {
  readonly seed: number;
  readonly framing: FramingKind;
  readonly faceMargin: number;
  readonly holdOut: readonly string[];
  readonly json: boolean;
}

interface TrainFlags extends DataFlags {
  readonly data?: string;
  readonly owner?: string;
  readonly out?: string;
  readonly from?: string;
  readonly add?: string;
  readonly epochs: number;
  readonly patience: number;
  readonly backbone: BackboneName;
  readonly alpha: number;
  readonly weights: string;
  readonly engine: EngineName | "auto";
  readonly features?: string;
  readonly head: HeadName;
  readonly variants?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly dropout?: number;
  readonly batch?: number;
  readonly labelSmoothing?: number;
  readonly classWeights?: "balanced" | "none";
  readonly fineTune: boolean;
  readonly tuneFrom?: string;
  readonly tuneRate: number;
  readonly tuneEpochs: number;
  readonly quantize: "float32" | "auto";
}

function addDataOptions(command: Command): Command {
  return command
    .option("--seed <n>", "of the split, and of all else that is drawn", wholeNumber("--seed", 0, 2 ** 31), 1)
    .option(
      "--framing <kind>",
      "face: faces framed alike; whole, centre: whole photos, for comparison",
      oneOf("--framing", framingKinds),
      "face",
    )
    .option(
      "--face-margin <n>",
      "side of the framed square, in sides of the face box",
      anyNumber("--face-margin", 1, 4),
      faceMarginRatio,
    )
    .option(
      "--hold-out <path>",
      "below the data set's folder; never trained on, reported photo by photo (repeatable)",
      (path: string, before: string[]) => [...before, path.replace(/\/+$/, "")],
      [],
    )
    .option("--json", "print one JSON object", false);
}

export function registerPrepare(program: Command): void {
  const command = program
    .command("prepare")
    .description("find and frame the faces of a folder of photos, and split it; `train` does this by itself")
    .requiredOption("--data <dir>", "holds owner/, others/ and objects/")
    .requiredOption("--out <dir>", "the run's folder");
  addDataOptions(command)
    .addHelpText("after", "\nExample:\n  $ facelatch prepare --data photos --out run")
    .action(async (flags: DataFlags & { readonly data: string; readonly out: string }) => {
      const [{ prepareRun }, { describePrepared }] = await Promise.all([
        import("../run/prepare-run.ts"),
        import("./describe.ts"),
      ]);
      process.once("SIGINT", stopTraining);
      const progress = terminalProgress();
      const prepared = await prepareRun({
        ...{ dataDir: flags.data, runDir: flags.out, seed: flags.seed, progress },
        ...{ framing: flags.framing, faceMarginRatio: flags.faceMargin, heldOut: flags.holdOut, grow: false },
      });
      progress.end();
      printResult(flags.json, prepared, describePrepared(prepared));
    });
}

function addNetworkOptions(command: Command): void {
  command
    .option("--backbone <name>", "the frozen network", oneOf("--backbone", backboneNames), "mobilenet-v2")
    .option("--alpha <n>", "width of MobileNetV2", anyNumber("--alpha", 0.1, 2), 1)
    .option("--weights <source>", "keras, npm, an .h5 file, or a folder of .npy files with TF-slim's names", "npm")
    .option(
      "--engine <name>",
      `auto, ${engineNames.join(", ")}`,
      oneOf("--engine", ["auto", ...engineNames] as const),
      "auto",
    )
    .option("--features <dir>", "where features are kept for other runs; by default in the run's folder")
    .option(
      "--quantize <kind>",
      "float32, or auto: int8 where the accuracy gate allows it",
      oneOf("--quantize", ["float32", "auto"]),
      "float32",
    );
}

function addHeadOptions(command: Command): void {
  command
    .option("--epochs <n>", "at most", wholeNumber("--epochs", 1, 10_000), 200)
    .option(
      "--patience <n>",
      "epochs without improvement before training ends",
      wholeNumber("--patience", 1, 10_000),
      20,
    )
    .option("--head <kind>", headNames.join(", "), oneOf("--head", headNames), defaultHead)
    .option("--variants <n>", "of each training picture, itself among them", wholeNumber("--variants", 1, 100))
    .option("--learning-rate <n>", "of the head", anyNumber("--learning-rate", 1e-7, 1))
    .option("--weight-decay <n>", "of the head's kernels, times the learning rate", anyNumber("--weight-decay", 0, 10))
    .option("--dropout <n>", "share of units that each step leaves out", anyNumber("--dropout", 0, 0.9))
    .option("--batch <n>", "rows of one step", wholeNumber("--batch", 1, 4_096))
    .option(
      "--label-smoothing <n>",
      "share of each label for all classes alike",
      anyNumber("--label-smoothing", 0, 0.9),
    )
    .option(
      "--class-weights <kind>",
      "balanced: each class counts the same; none",
      oneOf("--class-weights", ["balanced", "none"]),
    );
}

function addTuneOptions(command: Command): void {
  command
    .option("--fine-tune", "train the end of the backbone further, after the head", false)
    .option("--tune-from <layer>", "the last layer that stays frozen, such as block_12_add")
    .option(
      "--tune-rate <n>",
      "learning rate of fine-tuning",
      anyNumber("--tune-rate", 1e-8, 1),
      tuneDefaults.learningRate,
    )
    .option(
      "--tune-epochs <n>",
      "of fine-tuning, at most",
      wholeNumber("--tune-epochs", 1, 10_000),
      tuneDefaults.epochsMax,
    );
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
    ...{ weights: flags.weights, engine: flags.engine, quantize: flags.quantize },
    ...{ framing: flags.framing, faceMarginRatio: flags.faceMargin, heldOut: flags.holdOut },
    ...{ headName: flags.head, variants: flags.variants, head: recipeOf(flags), fineTune: tuningOf(flags) },
    ...(flags.features === undefined ? {} : { featuresDir: flags.features }),
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

async function trainAgain(flags: TrainFlags, fromDir: string): Promise<RunRecord> {
  const { add: addDir, out: runDir, engine } = flags;
  if (addDir === undefined || flags.data !== undefined || flags.owner !== undefined) {
    throw new FacelatchError("USAGE", {
      expected: "--from RUN with --add DIR, whose data set and owner are the run's",
      found: addDir === undefined ? "no --add" : "--data or --owner",
      next: "See `facelatch train --help`.",
    });
  }
  const { retrain } = await import("../retrain.ts");
  return retrain({
    fromDir,
    addDir,
    engine,
    ...(runDir === undefined ? {} : { runDir }),
    progress: terminalProgress(),
  });
}

/** Nothing needs to be saved: what is finished lies on the disk already. */
function stopTraining(): never {
  process.stderr.write("\nStopped. The same command goes on from here.\n");
  process.exit(130);
}
