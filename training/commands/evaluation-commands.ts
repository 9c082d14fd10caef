// The commands that measure a bundle: evaluate it, calibrate its threshold, judge a household.
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { printResult, wholeNumber } from "../../device/terminal/terminal.ts";
import { parseFar } from "../evaluation/far.ts";

export function registerEvaluationCommands(program: Command): void {
  registerEvaluate(program);
  registerCalibrate(program);
  registerFamily(program);
}

interface EvaluateFlags {
  readonly bundle: string;
  readonly data: string;
  readonly enrol?: string;
  readonly negatives?: string;
  readonly probe: ReadonlyMap<string, string>;
  readonly sequences?: string;
  readonly seed: number;
  readonly report?: string;
  readonly json: boolean;
}

function registerEvaluate(program: Command): void {
  program
    .command("evaluate")
    .description("measure a bundle on a folder of photos: the verifier by itself, and who opens the door")
    .requiredOption("--bundle <file>", "the bundle's file")
    .requiredOption("--data <dir>", "holds any of owner_test/ (else owner/), others/ and objects/")
    .option("--enrol <dir>", "photos of the owner, for templates instead of the bundle's")
    .option("--negatives <dir>", "a subfolder for each household member, enrolled instead of the bundle's")
    .option("--probe <name=dir>", "a further folder with figures of its own; may be repeated", addProbe, new Map())
    .option("--sequences <dir>", "folders of frames that followed one another")
    .option("--seed <n>", "of the order of photos in door trials", wholeNumber("--seed", 0, 2 ** 31), 1)
    .option("--report <file>", "write figures, plots and the worst mistakes as one HTML page")
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      `
Examples:
  $ facelatch evaluate --bundle markus.tar --data test-photos --json
  $ facelatch evaluate --bundle markus.tar --data test-photos --negatives enrolled --probe brother=others/ben --report out.html
Who is on a photo is told by its folder, or by the columns path and identity of a manifest.tsv above it. Folders may hold links.`,
    )
    .action(async (flags: EvaluateFlags) => {
      const [{ evaluate }, { describeEvaluation }, { withUnpacked }] = await Promise.all([
        import("../evaluation/evaluate.ts"),
        import("../evaluation/describe-evaluation.ts"),
        import("../bundle/verify-bundle.ts"),
      ]);
      const evaluated = await withUnpacked(flags.bundle, (bundle) =>
        evaluate(bundle, {
          dataDir: flags.data,
          enrolDir: flags.enrol ?? null,
          negativesDir: flags.negatives ?? null,
          probes: flags.probe,
          sequencesDir: flags.sequences ?? null,
          seed: flags.seed,
          progress: terminalProgress(),
        }),
      );
      if (flags.report !== undefined) {
        const { renderEvaluation } = await import("../evaluation/evaluation-report.ts");
        await writeReport(flags.report, await renderEvaluation(evaluated));
      }
      printResult(flags.json, evaluated.evaluation, describeEvaluation(evaluated.evaluation));
    });
}

/** Throws USAGE. */
function addProbe(text: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, name, folder] = /^([^=]{1,40})=(.+)$/.exec(text) ?? [];
  if (name !== undefined && folder !== undefined && !before.has(name)) return new Map([...before, [name, folder]]);
  throw new FacelatchError("USAGE", {
    expected: "--probe NAME=DIR, each name once",
    found: JSON.stringify(text),
    next: "See `facelatch help evaluate`.",
  });
}

interface CalibrateFlags {
  readonly bundle: string;
  readonly far: number;
  readonly cohort: string;
  readonly ownerPhotos?: string;
  readonly report?: string;
  readonly json: boolean;
}

function registerCalibrate(program: Command): void {
  program
    .command("calibrate")
    .description("find the threshold for a false acceptance rate, or say what is missing to support it")
    .requiredOption("--bundle <file>", "the bundle's file")
    .requiredOption("--far <rate>", "how often a stranger may be accepted: 1/50000, 0.002% or 2e-5", parseFar)
    .requiredOption("--cohort <dir>", "photos of other persons, a subfolder for each or with a manifest.tsv")
    .option("--owner-photos <dir>", "photos of the owner that are not enrolled, to say how often he is refused")
    .option("--report <file>", "write the most alike persons as pictures, on one HTML page")
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      `
Example:
  $ facelatch calibrate --bundle markus.tar --far 1/10000 --cohort others --owner-photos more-of-me
Each pair of persons is one trial, whatever the number of their photos; a rate needs three times as many as one error stands for.`,
    )
    .action(async (flags: CalibrateFlags) => {
      const [{ calibrateBundle, describeCalibration, renderCalibration }, { withUnpacked }] = await Promise.all([
        import("../evaluation/calibrate.ts"),
        import("../bundle/verify-bundle.ts"),
      ]);
      const { calibrated, name } = await withUnpacked(flags.bundle, async (bundle) => ({
        name: bundle.manifest.name,
        calibrated: await calibrateBundle(bundle, {
          far: flags.far,
          cohortDir: flags.cohort,
          ownerDir: flags.ownerPhotos ?? null,
          progress: terminalProgress(),
        }),
      }));
      if (flags.report !== undefined) await writeReport(flags.report, await renderCalibration(calibrated, name));
      const { calibration, bundleScoreMin } = calibrated;
      printResult(flags.json, { ...calibration, bundleScoreMin }, describeCalibration(calibrated));
    });
}

interface FamilyFlags {
  readonly bundle: string;
  readonly household: string;
  readonly report?: string;
  readonly json: boolean;
}

function registerFamily(program: Command): void {
  program
    .command("family")
    .description("tell how near each household member comes to opening the door")
    .requiredOption("--bundle <file>", "the bundle's file")
    .requiredOption("--household <dir>", "a subfolder of photos for each member, other photos than were enrolled")
    .option("--report <file>", "write the table and the nearest photo of each as one HTML page")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch family --bundle markus.tar --household family")
    .action(async (flags: FamilyFlags) => {
      const [{ judgeHousehold, renderHousehold }, { describeFamily }, { withUnpacked }] = await Promise.all([
        import("../evaluation/household.ts"),
        import("../evaluation/family.ts"),
        import("../bundle/verify-bundle.ts"),
      ]);
      const { household, name } = await withUnpacked(flags.bundle, async (bundle) => ({
        name: bundle.manifest.name,
        household: await judgeHousehold(bundle, flags.household, terminalProgress()),
      }));
      if (flags.report !== undefined) await writeReport(flags.report, await renderHousehold(household, name));
      printResult(flags.json, household.report, describeFamily(household.report));
    });
}

async function writeReport(path: string, page: string): Promise<void> {
  try {
    await writeFile(path, page);
  } catch (cause) {
    throw new FacelatchError("INPUT_INVALID", {
      expected: `a report that can be written at ${path}`,
      found: messageOf(cause),
      next: "Name a file in a folder that exists.",
      cause,
    });
  }
}
