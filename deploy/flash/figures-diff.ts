// What a bundle promises, beside what the one in use does: the figures that decide whether to go on.
import type { BundleFigures } from "../../device/bundle/figures.ts";

export interface FigureRow {
  readonly figure: string;
  /** Null where there is no bundle in use. */
  readonly before: string | null;
  readonly after: string;
  /** Null for what is neither. */
  readonly change: "better" | "worse" | "same" | "other" | null;
}

interface Figure {
  readonly figure: string;
  readonly of: (figures: BundleFigures) => string;
  /** More of it is better; null where it is neither. */
  readonly worth?: (figures: BundleFigures) => number | null;
}

const percent = (value: number | null) => (value === null ? "not measured" : `${(value * 100).toFixed(2)} %`);

const figures: readonly Figure[] = [
  { figure: "name", of: ({ name }) => name },
  { figure: "seq", of: ({ seq }) => String(seq) },
  { figure: "made", of: ({ createdAt }) => createdAt },
  { figure: "owner", of: ({ ownerLabel }) => ownerLabel },
  {
    figure: "test accuracy",
    of: ({ testAccuracy }) => percent(testAccuracy),
    worth: ({ testAccuracy }) => testAccuracy,
  },
  {
    figure: "validation accuracy",
    of: ({ validationAccuracy }) => percent(validationAccuracy),
    worth: ({ validationAccuracy }) => validationAccuracy,
  },
  {
    figure: "others above the threshold (FAR)",
    of: ({ far }) => `${percent(far.value)} of ${far.trials} trials, ${far.identities} people`,
    worth: ({ far }) => -far.value,
  },
  {
    figure: "owner below the threshold (FRR)",
    of: ({ frr }) => `${percent(frr.value)} of ${frr.trials} trials`,
    worth: ({ frr }) => -frr.value,
  },
  { figure: "least similarity", of: ({ verifiedScoreMin }) => verifiedScoreMin.toFixed(3) },
  { figure: "least lead over housemates", of: ({ householdMarginMin }) => householdMarginMin.toFixed(3) },
  { figure: "least score of the classifier", of: ({ ownerScoreMin }) => ownerScoreMin.toFixed(3) },
  {
    figure: "pictures of faces",
    of: ({ spoofScoreMin }) =>
      spoofScoreMin === null ? "not told apart" : `refused from ${spoofScoreMin.toFixed(3)} on`,
    worth: ({ spoofScoreMin }) => (spoofScoreMin === null ? 0 : 1),
  },
  {
    figure: "housemates",
    of: ({ housemates, housematesUnsafe }) => `${housemates}, ${housematesUnsafe} of them too near`,
    worth: ({ housematesUnsafe }) => -housematesUnsafe,
  },
  { figure: "photos", of: ({ images }) => `${images.train} + ${images.validation} + ${images.test}` },
  { figure: "network", of: ({ backbone, weights }) => `${backbone}, ${weights}` },
  { figure: "data set", of: ({ datasetSha256 }) => datasetSha256.slice(0, 12) },
  { figure: "embedding space", of: ({ embeddingSpace }) => embeddingSpace.slice(0, 12) },
  { figure: "size", of: ({ bytes }) => `${bytes} bytes` },
];

/** @param before of the bundle in use; null where there is none */
export function compareFigures(before: BundleFigures | null, after: BundleFigures): FigureRow[] {
  return figures.map(({ figure, of, worth }) => ({
    figure,
    before: before === null ? null : of(before),
    after: of(after),
    change: before === null ? null : changeOf(before, after, of, worth),
  }));
}

function changeOf(
  before: BundleFigures,
  after: BundleFigures,
  of: Figure["of"],
  worth: Figure["worth"],
): FigureRow["change"] {
  const [old, now] = [worth?.(before) ?? null, worth?.(after) ?? null];
  if (old !== null && now !== null && old !== now) return now > old ? "better" : "worse";
  return of(before) === of(after) ? "same" : "other";
}

/** The rows as text; those that are the same stand once. */
export function describeFigures(rows: readonly FigureRow[]): string {
  const width = Math.max(...rows.map(({ figure }) => figure.length));
  const beforeWidth = Math.max(0, ...rows.map(({ before, change }) => (change === "same" ? 0 : (before?.length ?? 0))));
  return rows
    .map(({ figure, before, after, change }) => {
      const name = figure.padEnd(width);
      if (before === null || change === "same") return `  ${name}  ${after}`;
      const verdict = change === "better" || change === "worse" ? `   ${change}` : "";
      return `  ${name}  ${before.padEnd(beforeWidth)}  ->  ${after}${verdict}`;
    })
    .join("\n");
}
