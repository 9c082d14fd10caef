// A training's report: one page that needs nothing else, and its plots as PNG.
import assert from "node:assert/strict";
import { join } from "node:path";
import { accuracyOf, confusionOf, precisionOf, rateOf, recallOf } from "../metrics.ts";
import { plotToPng } from "../report-page/png.ts";
import { type Notice, renderReport, type Tile } from "../report-page/report-page.ts";
import { compareRuns, type RunComparison } from "../run/compare-runs.ts";
import { makeFolder, replaceFile } from "../write-file.ts";
import { interval, tileShare } from "./figures.ts";
import type { ReportData } from "./report-data.ts";
import type { ReportSection, ReportSubject } from "./report-section.ts";
import { classSections } from "./sections/classes.ts";
import { comparisonNotice, comparisonSection } from "./sections/comparison.ts";
import { dataSections } from "./sections/data-card.ts";
import { learningSections } from "./sections/learning.ts";
import { notebookSection } from "./sections/notebook.ts";
import { ownerSection } from "./sections/owner.ts";
import { hardSections, mistakeSections } from "./sections/pictures.ts";
import { reliabilitySection } from "./sections/reliability.ts";

export const reportFiles = { page: "report.html", plots: "plots" } as const;

/**
 * Writes `report.html` and `plots/*.png` into a run's folder; those that are there are replaced.
 *
 * @returns how the run compares with the one before; null without one
 */
export async function writeTrainingReport(runDir: string, data: ReportData): Promise<RunComparison | null> {
  const subject = subjectOf(runDir, data);
  const comparison =
    data.before === null ? null : compareRuns(data.before.predictions.test, data.predictions.test, subject.owner);
  const sections = await sectionsOf(subject, comparison);
  const notice: { notice?: Notice } = comparison === null ? {} : { notice: comparisonNotice(comparison) };
  const { record } = data;
  const page = renderReport({
    title: `Training of ${record.ownerLabel}'s door`,
    subtitle: `${record.backbone}, ${record.createdAt.slice(0, 16).replace("T", " ")} UTC, seed ${record.seed}. Figures of test photos, which nothing was learnt from or chosen by, unless they say otherwise.`,
    ...notice,
    tiles: tilesOf(subject),
    sections,
  });
  const folder = join(runDir, reportFiles.plots);
  await makeFolder(folder);
  for (const { file, svg } of sections.flatMap(({ plots = [] }) => plots)) {
    await replaceFile(join(folder, `${file}.png`), await plotToPng(svg));
  }
  await replaceFile(join(runDir, reportFiles.page), page);
  return comparison;
}

/** Throws where the data is not of one run: a defect of the caller. */
function subjectOf(runDir: string, data: ReportData): ReportSubject {
  const { labels, ownerLabel } = data.record;
  const owner = labels.indexOf(ownerLabel);
  assert.ok(owner !== -1, `${ownerLabel} is none of ${labels.join(", ")}`);
  const all = [...Object.values(data.predictions), ...Object.values(data.before?.predictions ?? {})].flat();
  for (const { picture, truth, scores } of all) {
    assert.ok(scores.length === labels.length && labels[truth] !== undefined, `${picture} has other classes`);
  }
  for (const { picture, scores } of data.hard) {
    assert.equal(scores.length, labels.length, `${picture} has other classes`);
  }
  return { ...data, labels, owner, runDir };
}

async function sectionsOf(subject: ReportSubject, comparison: RunComparison | null): Promise<ReportSection[]> {
  return [
    ...(comparison === null || subject.before === null ? [] : [comparisonSection(subject.before.record, comparison)]),
    ...(await learningSections(subject)),
    ...(await classSections(subject)),
    await ownerSection(subject),
    await reliabilitySection(subject),
    ...(await mistakeSections(subject)),
    ...(await hardSections(subject)),
    notebookSection(subject),
    ...(await dataSections(subject)),
  ];
}

function tilesOf({ predictions: { test }, labels, owner }: ReportSubject): Tile[] {
  const confusion = confusionOf(test, labels.length);
  const ownerLabel = labels[owner]!;
  const strangers = test.filter(({ truth }) => truth !== owner).length;
  const asOwner = confusion.reduce((sum, row, truth) => sum + (truth === owner ? 0 : row[owner]!), 0);
  const tile = (label: string, rate: Parameters<typeof interval>[0]): Tile => ({
    label,
    value: tileShare(rate),
    note: interval(rate),
  });
  return [
    tile("test accuracy", accuracyOf(confusion)),
    tile(`${ownerLabel}: recall`, recallOf(confusion, owner)),
    tile(`${ownerLabel}: precision`, precisionOf(confusion, owner)),
    {
      ...tile(`taken for ${ownerLabel}`, rateOf(asOwner, strangers)),
      tone: strangers === 0 ? "plain" : asOwner > 0 ? "bad" : "good",
    },
  ];
}
