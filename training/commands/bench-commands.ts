// The benchmarks that a workstation adds to the device's own.
import type { Command } from "commander";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { printResult, wholeNumber } from "../../device/terminal/terminal.ts";

/** Adds to `facelatch bench`, which the device's commands have registered. */
export function registerBenchCommands(program: Command): void {
  const bench = program.commands.find((command) => command.name() === "bench");
  if (bench === undefined) throw new Error("the command bench is not registered yet");
  bench
    .command("inference")
    .description("compare inference engines: time, memory and model size, each in a process of its own, in turns")
    .option("--inferences <n>", "of every engine and model", wholeNumber("--inferences", 5, 100_000), 100)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExample:\n  $ facelatch bench inference --json\nEngines that are not installed, or cannot run a model, are listed as absent.",
    )
    .action(async (_flags: unknown, command: Command) => {
      // The option --json belongs to `bench` as well, which takes it wherever it stands.
      const { inferences, json } = command.optsWithGlobals<{ inferences: number; json: boolean }>();
      const { benchInference, describeInferenceBench } = await import("../bench/inference.ts");
      const result = await benchInference({ inferences, progress: terminalProgress() });
      printResult(json, result, describeInferenceBench(result));
    });
  bench
    .command("training")
    .description("compare training engines: features and the head's training, in turns, against plain tfjs wasm")
    .option("--rounds <n>", "turns of every engine", wholeNumber("--rounds", 1, 1_000), 5)
    .option("--turn <ms>", "how long a turn is", wholeNumber("--turn", 100, 600_000), 2_000)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExample:\n  $ facelatch bench training --json\nEngines that are not installed, or do not work here, are listed as absent with the reason.",
    )
    .action(async (_flags: unknown, command: Command) => {
      const { rounds, turn, json } = command.optsWithGlobals<{ rounds: number; turn: number; json: boolean }>();
      const { benchTraining, describeTrainingBench } = await import("../bench/training.ts");
      const result = await benchTraining({ rounds, turnMs: turn, progress: terminalProgress() });
      printResult(json, result, describeTrainingBench(result));
    });
}
