// Before and after a retraining, on the same test pictures: better, or worse and for what reasons.
import type { classFolders } from "./dataset/classes.ts";
import type { Prepared } from "./dataset/prepare.ts";
import { accuracyOf, confusionOf, precisionOf, type Rate, recallOf } from "./metrics.ts";
import type { Prediction, Predictions, RetrainingRecord, RunOutcome, TestFigures } from "./run-folder.ts";

/** A run and where it lies. */
export interface EarlierRun {
  /** Absolute. */
  readonly runDir: string;
  readonly outcome: RunOutcome;
}

/** How a retrained run compares with the one before; the owner's label is the first. */
export function compareRuns(
  { runDir, outcome }: EarlierRun,
  prepared: Pick<Prepared, "counts">,
  predictions: Pick<Predictions, "test">,
  labels: readonly string[],
): RetrainingRecord {
  // Whoever deleted a test picture since means it: neither run is measured on it.
  const shared = sharedPictures(outcome.predictions.test, predictions.test);
  const before = figuresOn(outcome.predictions.test, shared, labels);
  const after = figuresOn(predictions.test, shared, labels);
  const reasons = reasonsAgainst(before, after, labels[0]!);
  const added = (folder: (typeof classFolders)[number]) =>
    prepared.counts.train[folder] - outcome.record.counts.train[folder];
  return {
    from: runDir,
    added: { owner: added("owner"), others: added("others"), objects: added("objects") },
    ...{ before, after },
    isWorse: reasons.length > 0,
    reasons,
  };
}

function sharedPictures(a: readonly Prediction[], b: readonly Prediction[]): ReadonlySet<string> {
  const ofB = new Set(b.map(({ picture }) => picture));
  return new Set(a.flatMap(({ picture }) => (ofB.has(picture) ? [picture] : [])));
}

function figuresOn(
  predictions: readonly Prediction[],
  pictures: ReadonlySet<string>,
  labels: readonly string[],
): TestFigures {
  const confusion = confusionOf(
    predictions.filter(({ picture }) => pictures.has(picture)),
    labels.length,
  );
  const perClass = labels.map((label, i) => [
    label,
    { precision: precisionOf(confusion, i), recall: recallOf(confusion, i) },
  ]);
  return { testAccuracy: accuracyOf(confusion), perClass: Object.fromEntries(perClass) };
}

/** Any figure of the door's that fell; for a lock, a doubt counts against the new run. */
function reasonsAgainst(before: TestFigures, after: TestFigures, owner: string): string[] {
  const compared: readonly (readonly [what: string, before: Rate, after: Rate])[] = [
    ["test accuracy", before.testAccuracy, after.testAccuracy],
    [`precision of ${owner}`, before.perClass[owner]!.precision, after.perClass[owner]!.precision],
    [`recall of ${owner}`, before.perClass[owner]!.recall, after.perClass[owner]!.recall],
  ];
  const percent = ({ value }: Rate) => `${(100 * value).toFixed(1)} %`;
  return compared.flatMap(([what, old, now]) =>
    now.value < old.value ? [`${what} fell from ${percent(old)} to ${percent(now)}`] : [],
  );
}
