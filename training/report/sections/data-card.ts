// The data card: what was trained on, what was left out, where it comes from, and with what it was made.
import { type ClassFolder, classFolders, type SplitName, splitNames } from "../../dataset/classes.ts";
import { readSourceList } from "../../dataset/source-list.ts";
import type { Cell } from "../../report-page/report-page.ts";
import type { ReportSection, ReportSubject } from "../report-section.ts";
import { countSources } from "../sources.ts";

const rowsShown = 200;

export async function dataSections(subject: ReportSubject): Promise<ReportSection[]> {
  return [
    countSection(subject),
    ...(await sourceSections(subject)),
    ...skippedSections(subject),
    originSection(subject),
  ];
}

function countSection({ record, labels }: ReportSubject): ReportSection {
  const of = (split: SplitName, folder: ClassFolder) => record.counts[split][folder];
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const rows = classFolders.map((folder, i): Cell[] => {
    const counts = splitNames.map((split) => of(split, folder));
    return [`${labels[i] ?? folder} (${folder}/)`, ...[...counts, sum(counts)].map(String)];
  });
  const totals = splitNames.map((split) => sum(classFolders.map((folder) => of(split, folder))));
  const { leaks } = record;
  return {
    heading: "Data",
    text: [
      "Prepared pictures of each class and split. Photos that belong together went to one split.",
      leaks === 0
        ? "No pair of photos in two splits shows the same."
        : `${leaks} pairs of photos in two splits show the same.`,
      ...record.notes,
    ].join(" "),
    table: {
      columns: ["class", ...splitNames, "all"],
      rows: [...rows, ["all", ...[...totals, sum(totals)].map(String)]],
    },
  };
}

async function sourceSections({ record: { dataDir } }: ReportSubject): Promise<ReportSection[]> {
  const sources = countSources(await readSourceList(dataDir), classFolders);
  if (sources.length === 0) return [];
  const left = sources.length - rowsShown;
  return [
    {
      heading: "Sources and licences",
      text: `As manifest.tsv says of the photos below ${classFolders.map((folder) => `${folder}/`).join(", ")}${left > 0 ? `; ${left} more sources are not shown` : ""}.`,
      table: {
        columns: ["source", "photos", "licence"],
        rows: sources
          .slice(0, rowsShown)
          .map(({ origin, licence, photos }) => [origin, String(photos), { text: licence, tone: "words" }]),
      },
    },
  ];
}

function skippedSections({ record: { skipped } }: ReportSubject): ReportSection[] {
  if (skipped.length === 0) return [];
  return [
    {
      heading: "Photos left out",
      text: `${skipped.length} could not be used${skipped.length > rowsShown ? `; the first ${rowsShown}, all are in run.json` : ""}.`,
      table: {
        columns: ["photo", "why"],
        rows: skipped.slice(0, rowsShown).map(({ path, reason }) => [path, { text: reason, tone: "words" }]),
      },
    },
  ];
}

function originSection({ record }: ReportSubject): ReportSection {
  const facts: [string, string][] = [
    ["trained at", record.createdAt],
    ["backbone", record.backbone],
    ["weights", record.weights],
    [
      "input",
      `${record.input.shape.join(" × ")} ${record.input.dtype}, mean ${record.input.mean}, scale ${record.input.scale}`,
    ],
    ["framing", `${record.faceMarginRatio} times the face's box`],
    ["engine", record.engine],
    ["seed", String(record.seed)],
    ["data set, SHA-256", record.datasetSha256],
    ["duration", `${record.durationS.toFixed(0)} s`],
    [
      ".tflite against the trained network",
      `largest difference of a score ${record.conversionMaxAbsDiff.toExponential(1)}`,
    ],
    ["photos left out", String(record.skipped.length)],
    ["pairs in two splits that show the same", String(record.leaks)],
  ];
  return {
    heading: "How it was made",
    text: "With the same data set, seed, weights and engine the training ends alike.",
    table: { columns: ["what", "value"], rows: facts.map(([name, value]) => [name, { text: value, tone: "words" }]) },
  };
}
