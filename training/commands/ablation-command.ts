// The command that measures what each step of the training's recipe brings, on photos of one's own.
import type { Command } from "commander";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { printResult, wholeNumber } from "../../device/terminal/terminal.ts";

interface AblationFlags {
  readonly data: string;
  readonly owner: string;
  readonly out: string;
  readonly seeds: number;
  readonly weights: string;
  readonly holdOut: readonly string[];
  readonly json: boolean;
}

export function registerAblation(program: Command): void {
  program
    .command("ablation")
    .description("train the recipe step by step, over several splits, and show what each step brings")
    .requiredOption("--data <dir>", "holds owner/, others/ and objects/")
    .requiredOption("--owner <name>", "the owner's label")
    .requiredOption("--out <dir>", "receives prepared pictures and features")
    .option("--seeds <n>", "splits of the photos, each trained anew", wholeNumber("--seeds", 1, 100), 3)
    .option("--weights <source>", "as `train` takes them", "npm")
    .option(
      "--hold-out <path>",
      "below the data set's folder; never trained on, reported photo by photo (repeatable)",
      (path: string, before: string[]) => [...before, path],
      [],
    )
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch ablation --data photos --owner Markus --out ablation --json")
    .action(async (flags: AblationFlags) => {
      const [{ ablate }, { describeAblation }] = await Promise.all([
        import("../ablation/ablation.ts"),
        import("../ablation/describe-ablation.ts"),
      ]);
      const ablation = await ablate({
        ...{ dataDir: flags.data, ownerLabel: flags.owner, outDir: flags.out, weights: flags.weights },
        ...{ heldOut: flags.holdOut, progress: terminalProgress() },
        seeds: Array.from({ length: flags.seeds }, (_, i) => i + 1),
      });
      printResult(flags.json, ablation, describeAblation(ablation));
    });
}
