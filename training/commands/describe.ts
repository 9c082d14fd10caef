// What a training says to people at its end.

import type { LayerSnr } from "../convert/layer-snr.ts";
import { classFolders, splitNames } from "../dataset/classes.ts";
import type { Prepared } from "../dataset/prepare.ts";
import type { Rate } from "../metrics.ts";
import type { GateVerdict } from "../model-files/accuracy-gate.ts";
import type { FileConversion } from "../model-files/convert-file.ts";
import type { RunRecord } from "../run/run-folder.ts";

const skippedShown = 10;

/** A rate for people, with its interval and its trials. */
export function percent({ value, low, high, n }: Rate): string {
  const show = (share: number) => (100 * share).toFixed(1);
  return `${show(value)} % (${show(low)} to ${show(high)}, n = ${n})`;
}

export function describePrepared({
  counts,
  skipped,
  notes,
  leaks,
}: Pick<Prepared, "counts" | "skipped" | "notes" | "leaks">): string {
  const lines = [["", ...classFolders].map((name) => name.padStart(11)).join("")];
  for (const split of splitNames) {
    lines.push(
      [split, ...classFolders.map((folder) => String(counts[split][folder]))].map((cell) => cell.padStart(11)).join(""),
    );
  }
  lines.push(...notes);
  if (leaks > 0) lines.push(`${leaks} pairs of nearly the same pictures lie in different splits: the figures flatter`);
  if (skipped.length > 0) {
    lines.push(`${skipped.length} photos skipped:`);
    for (const { path, reason } of skipped.slice(0, skippedShown)) lines.push(`  ${path}: ${reason}`);
    if (skipped.length > skippedShown) lines.push(`  and ${skipped.length - skippedShown} more, all in run.json`);
  }
  return lines.join("\n");
}

const layersShown = 8;

export function describeLayers(layers: readonly LayerSnr[]): string[] {
  return layers
    .slice(0, layersShown)
    .map(
      ({ name, kind, snrDb, lostDb }) => `  ${lostDb.toFixed(1)} dB lost, ${snrDb.toFixed(1)} dB left: ${kind} ${name}`,
    );
}

function describeGate({ chosen, agreement, far, reasons }: GateVerdict): string[] {
  return [
    `int8 agrees with float32 on ${percent(agreement)}`,
    ...(far === null ? [] : [`lets others in: int8 ${percent(far.int8)}, float32 ${percent(far.float32)}`]),
    chosen === "int8" ? "the gate lets int8 through" : `the gate chose float32: ${reasons.join("; ")}`,
  ];
}

export function describeConversion(path: string, conversion: FileConversion): string {
  const { bytes, durationMs, maxAbsDiff, chosen, int8 } = conversion;
  return [
    ...(int8 === null ? [] : [...describeGate(int8), "layers that lose most as int8:", ...describeLayers(int8.layers)]),
    `${path}: ${chosen}, ${bytes} bytes in ${durationMs.toFixed(0)} ms, largest difference ${maxAbsDiff.toExponential(1)}`,
  ].join("\n");
}

function describeRetraining({ retraining }: RunRecord): string[] {
  if (retraining === null) return [];
  const { added, figures, shared, worse } = retraining;
  return [
    `pictures added: ${classFolders.map((folder) => `${folder} ${added[folder]}`).join(", ")}; on the ${shared} test pictures of both:`,
    ...figures.map(({ name, before, after }) => `  ${name}: ${percent(before)}, now ${percent(after)}`),
    worse.length > 0 ? `  WORSE than ${retraining.from} in: ${worse.join("; ")}` : "  not worse than the run before",
  ];
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
    ...Object.entries(record.heldOut).map(([path, { asOwner }]) => `${path} taken for the owner: ${percent(asOwner)}`),
    `owner's threshold ${record.threshold.scoreMin.toFixed(3)}; the .tflite differs by at most ${record.conversionMaxAbsDiff.toExponential(1)}`,
    ...(record.precision === null
      ? []
      : [...describeGate(record.precision), ...describeLayers(record.precision.layers)]),
    ...describeRetraining(record),
    `${record.durationS.toFixed(0)} s; ${record.engine}`,
  ].join("\n");
}
