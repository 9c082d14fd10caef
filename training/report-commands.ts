// The command that writes the report of a finished training.
import { join } from "node:path";
import type { Command } from "commander";
import { terminalProgress } from "../device/terminal/progress.ts";
import { printResult } from "../device/terminal/terminal.ts";

interface ReportFlags {
  readonly run: string;
  readonly before?: string;
  readonly data?: string;
  readonly json: boolean;
}

export function registerReportCommand(program: Command): void {
  program
    .command("report")
    .description("score a run's pictures with its .tflite, and write figures, plots and mistakes as one HTML page")
    .requiredOption("--run <dir>", "the run's folder; receives report.html and plots/")
    .option("--before <dir>", "the run that this one went on from: compared on the test photos of both")
    .option("--data <dir>", "the photos' folder, whose manifest.tsv names sources and licences")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch report --run run --before last-run")
    .action(async (flags: ReportFlags) => {
      const [{ reportRun }, { reportFiles }] = await Promise.all([
        import("./report/report-run.ts"),
        import("./report/training-report.ts"),
      ]);
      const progress = terminalProgress();
      const comparison = await reportRun({
        runDir: flags.run,
        beforeDir: flags.before ?? null,
        dataDir: flags.data ?? null,
        progress,
      });
      progress.end();
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
