// The worst mistakes, and single pictures that are hard, as pictures.
import { basename, join, resolve } from "node:path";
import { type SplitName, splitNames } from "../../dataset/classes.ts";
import { indexOfMax } from "../../metrics.ts";
import { wholePicture } from "../../report-page/pictures.ts";
import type { Picture } from "../../report-page/report-page.ts";
import { type Prediction, runFolder } from "../../run/run-folder.ts";
import type { HardPicture } from "../report-data.ts";
import type { ReportSection, ReportSubject } from "../report-section.ts";
import { worstMistakes } from "../statistics/worst-mistakes.ts";

/** Test photos say most: training and choosing looked at the others. */
const mistakesShown: Readonly<Record<SplitName, number>> = { train: 6, validation: 6, test: 12 };
const hardShown = 160;

export async function mistakeSections(subject: ReportSubject): Promise<ReportSection[]> {
  const sections: ReportSection[] = [];
  for (const split of [...splitNames].reverse()) sections.push(await mistakeSection(subject, split));
  return sections;
}

async function mistakeSection(subject: ReportSubject, split: SplitName): Promise<ReportSection> {
  const { predictions, owner, labels, runDir } = subject;
  const mistakes = worstMistakes(predictions[split], owner);
  const total = predictions[split].length;
  const pictures: Picture[] = [];
  for (const mistake of mistakes.slice(0, mistakesShown[split])) {
    const taken = indexOfMax(mistake.scores);
    pictures.push({
      jpegs: await readPicture(join(runDir, runFolder.prepared, mistake.picture)),
      caption: `${labels[mistake.truth]!} taken for ${labels[taken]!}`,
      detail: basename(mistake.picture),
      shares: sharesOf(mistake, labels),
      ...(taken === owner ? { tone: "bad" as const } : {}),
    });
  }
  const first = mistakes.length > pictures.length ? `, the worst ${pictures.length} first` : ", the worst first";
  return {
    heading: `Mistakes, ${split}`,
    text:
      mistakes.length === 0
        ? `None: all ${total} photos are taken for what they show.`
        : `${mistakes.length} of ${total} photos${first}: who would open the door, then the owner kept out, then the rest.`,
    pictures,
  };
}

export async function hardSections({ hard, labels, owner, runDir }: ReportSubject): Promise<ReportSection[]> {
  if (hard.length === 0) return [];
  const notes = [...new Set(hard.map(({ note }) => note))];
  const ordered = hard.toSorted(
    (a, b) => notes.indexOf(a.note) - notes.indexOf(b.note) || b.scores[owner]! - a.scores[owner]!,
  );
  const shown = ordered.slice(0, hardShown);
  const pictures: Picture[] = [];
  for (const picture of shown) {
    const taken = indexOfMax(picture.scores);
    pictures.push({
      jpegs: await readPicture(resolve(runDir, picture.picture)),
      caption: `taken for ${labels[taken]!}`,
      detail: `${picture.note}: ${basename(picture.picture)}`,
      shares: sharesOf(picture, labels),
    });
  }
  const asOwner = notes.map((note) => {
    const of = hard.filter((picture) => picture.note === note);
    return [
      note,
      String(of.length),
      ...labels.map((_, i) => String(of.filter(({ scores }) => indexOfMax(scores) === i).length)),
    ];
  });
  return [
    {
      heading: "Single predictions on hard pictures",
      text: `Nothing was trained on these or tuned to them. Of each kind, the highest score for ${labels[owner]!} comes first${shown.length < hard.length ? `; ${shown.length} of ${hard.length} are shown` : ""}.`,
      table: { columns: ["pictures", "number", ...labels.map((label) => `taken for ${label}`)], rows: asOwner },
      pictures,
    },
  ];
}

function sharesOf({ scores }: Pick<Prediction | HardPicture, "scores">, labels: readonly string[]) {
  return labels.map((name, index) => ({ name, share: scores[index]! }));
}

/** Empty where the file is gone or unreadable: its scores are still worth reading. */
async function readPicture(path: string): Promise<Uint8Array[]> {
  const jpeg = await wholePicture(path);
  return jpeg === null ? [] : [jpeg];
}
