// Before and after, where a training went on from another; and whether it got worse.

import type { Notice } from "../../report-page/report-page.ts";
import type { RunComparison } from "../../run/compare-runs.ts";
import type { RunRecord } from "../../run/run-folder.ts";
import { shareRange } from "../figures.ts";
import type { ReportSection } from "../report-section.ts";

export function comparisonNotice({ worse, shared }: RunComparison): Notice {
  if (shared === 0) {
    return {
      heading: "Not compared with the run before.",
      text: "They share no test photo, so nothing says whether this one is better.",
      tone: "bad",
    };
  }
  if (worse.length > 0) {
    return {
      heading: "Worse than the run before.",
      text: `On the same ${shared} test photos it fell in: ${worse.join("; ")}.`,
      tone: "bad",
    };
  }
  return {
    heading: "Not worse than the run before.",
    text: `On the same ${shared} test photos no figure fell.`,
    tone: "good",
  };
}

export function comparisonSection(
  before: Pick<RunRecord, "createdAt" | "counts">,
  { figures, shared, apart, worse }: RunComparison,
): ReportSection {
  const photos = Object.values(before.counts.train).reduce((sum, count) => sum + count, 0);
  return {
    heading: "Before and after",
    text: `The run before, of ${before.createdAt.slice(0, 10)}, was trained on ${photos} pictures. On the ${shared} test photos that both runs were tested on${apart === 0 ? "" : `; ${apart} that only one of them had count for neither`}. The last column is how likely so uneven a change is if neither run is better (McNemar's exact test): with few photos even a real change can be chance.`,
    table: {
      columns: ["figure", "before", "after", "mended", "broken", "by chance"],
      rows: figures.map(({ name, before, after, mended, broken, chance }) => [
        name,
        shareRange(before),
        { text: shareRange(after), tone: worse.includes(name) ? "bad" : mended > broken ? "good" : "plain" },
        String(mended),
        String(broken),
        chance < 0.001 ? "< 0.001" : chance.toFixed(3),
      ]),
    },
  };
}
