// The benchmarks that a workstation adds to the device's own.
import type { Command } from "commander";
import { terminalProgress } from "../device/terminal/progress.ts";
import { printResult, wholeNumber } from "../device/terminal/terminal.ts";

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
      const { benchInference, describeInferenceBench } = await import("./bench/inference.ts");
      const result = await benchInference({ inferences, progress: terminalProgress() });
      printResult(json, result, describeInferenceBench(result));
    });
}
