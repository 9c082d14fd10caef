// The options of preparing and training, and what they come to.
import type { Command } from "commander";
import { anyNumber, oneOf, wholeNumber } from "../../device/terminal/terminal.ts";
import { type BackboneName, backboneNames } from "../backbones/architectures.ts";
import { faceMarginRatio } from "../classifier-input.ts";
import { type FramingKind, framingKinds } from "../dataset/frame-photo.ts";
import { type EngineName, engineNames } from "../engines/engine.ts";
import { defaultHead, type HeadName, headNames, tuneDefaults } from "../recipe.ts";

/** What decides how a data set is prepared. */
export interface DataFlags {
  readonly seed: number;
  readonly framing: FramingKind;
  readonly faceMargin: number;
  readonly holdOut: readonly string[];
  readonly json: boolean;
}

export interface TrainFlags extends DataFlags {
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
  /** Undefined for what holds where nobody says otherwise. */
  readonly quantize?: "float32" | "auto";
}

export function addDataOptions(command: Command): Command {
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
      (path: string, before: string[]) => [...before, path],
      [],
    )
    .option("--json", "print one JSON object", false);
}

export function addNetworkOptions(command: Command): void {
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
      "float32 (default), or auto: int8 where the accuracy gate allows it; with --from as the run before",
      oneOf("--quantize", ["float32", "auto"]),
    );
}

export function addHeadOptions(command: Command): void {
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

export function addTuneOptions(command: Command): void {
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
