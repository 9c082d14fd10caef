// The command that writes the report of a finished training.
import { join } from "node:path";
import type { Command } from "commander";
import { printResult } from "../../device/terminal/terminal.ts";

interface ReportFlags {
  readonly run: string;
  readonly before?: string;
  readonly json: boolean;
}

export function registerReportCommand(program: Command): void {
  program
    .command("report")
    .description("write a run's figures, plots and mistakes anew as one HTML page; `train` does it by itself")
    .requiredOption("--run <dir>", "the run's folder; receives report.html and plots/")
    .option(
      "--before <dir>",
      "another run, compared on the test photos of both; by default the one it was retrained from",
    )
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch report --run run --before last-run")
    .action(async (flags: ReportFlags) => {
      const [{ reportRun }, { reportFiles }] = await Promise.all([
        import("../report/report-run.ts"),
        import("../report/training-report.ts"),
      ]);
      const comparison = await reportRun(flags.run, flags.before ?? null);
      const page = join(flags.run, reportFiles.page);
      const verdict =
        comparison === null
          ? ""
          : comparison.worse.length === 0
            ? `: not worse than before on ${comparison.shared} test photos of both`
            : `: WORSE than before in ${comparison.worse.join("; ")}`;
      printResult(flags.json, { page, comparison }, `${page}${verdict}`);
    });
}
