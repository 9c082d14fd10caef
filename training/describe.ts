// What a training says to people at its end.
import { classFolders, type Prepared } from "./dataset/prepare.ts";
import { splitNames } from "./dataset/split.ts";
import type { Rate } from "./metrics.ts";
import type { RunRecord } from "./run-folder.ts";

const skippedShown = 10;

function percent({ value, low, high, n }: Rate): string {
  const show = (share: number) => (100 * share).toFixed(1);
  return `${show(value)} % (${show(low)} to ${show(high)}, n = ${n})`;
}

export function describePrepared({ counts, skipped }: Prepared): string {
  const lines = [["", ...classFolders].map((name) => name.padStart(11)).join("")];
  for (const split of splitNames) {
    lines.push(
      [split, ...classFolders.map((folder) => String(counts[split][folder]))].map((cell) => cell.padStart(11)).join(""),
    );
  }
  if (skipped.length > 0) {
    lines.push(`${skipped.length} photos skipped:`);
    for (const { path, reason } of skipped.slice(0, skippedShown)) lines.push(`  ${path}: ${reason}`);
    if (skipped.length > skippedShown) lines.push(`  and ${skipped.length - skippedShown} more, all in run.json`);
  }
  return lines.join("\n");
}

export function describeRun(record: RunRecord): string {
  return [
    describePrepared(record),
    `validation ${percent(record.validationAccuracy)}`,
    `test       ${percent(record.testAccuracy)}`,
    ...record.labels.map((label) => {
      const figures = record.perClass[label]!;
      return `${label}: precision ${percent(figures.precision)}, recall ${percent(figures.recall)}`;
    }),
    `owner's threshold ${record.threshold.scoreMin.toFixed(3)}; the .tflite differs by at most ${record.conversionMaxAbsDiff.toExponential(1)}`,
    `${record.durationS.toFixed(0)} s, ${record.engine}`,
  ].join("\n");
}
