// The notebook's figures beside this run's.
import { accuracyOf, confusionOf, precisionOf, type Rate, recallOf } from "../../metrics.ts";
import type { Cell } from "../../report-page/report-page.ts";
import { share, shareRange } from "../figures.ts";
import { type NotebookFigure, notebookHard, notebookModels, notebookPhotos } from "../notebook.ts";
import type { ReportSection, ReportSubject } from "../report-section.ts";

const splits = ["validation", "test"] as const;

export function notebookSection({ predictions, labels, owner, record }: ReportSubject): ReportSection {
  const confusion = {
    validation: confusionOf(predictions.validation, labels.length),
    test: confusionOf(predictions.test, labels.length),
  };
  const ownerLabel = labels[owner]!;
  const [others, objects] = [labels.indexOf("Others"), labels.indexOf("Objects")];
  const rows = splits.flatMap((split): Cell[][] => {
    const figure = (name: string, of: NotebookFigure, ours: Rate): Cell[] => [
      `${name}, ${split}`,
      shareRange(ours),
      ...notebookModels.map((model) => showShare(model[of]?.[split])),
    ];
    return [
      figure("accuracy", "accuracy", accuracyOf(confusion[split])),
      figure(`${ownerLabel}: precision`, "ownerPrecision", precisionOf(confusion[split], owner)),
      figure(`${ownerLabel}: recall`, "ownerRecall", recallOf(confusion[split], owner)),
      ...(others === -1 ? [] : [figure("Others: recall", "othersRecall", recallOf(confusion[split], others))]),
      ...(objects === -1
        ? []
        : [figure("Objects: precision", "objectsPrecision", precisionOf(confusion[split], objects))]),
    ];
  });
  const photos = (counts: readonly number[]) => counts.map((count) => count.toLocaleString("en")).join(" / ");
  const notebookCounts = photos([notebookPhotos.train, notebookPhotos.validation, notebookPhotos.test]);
  return {
    heading: "Beside the notebook",
    text: `This run is of ${record.backbone}. The notebook that this project starts from trained on selfies of its author, partly in bursts, and does not say where each burst went; its photos are not these, so the columns stand beside each other and are no contest. Hard pictures, there by MobileNetV2: ${notebookHard.map(({ name, right, photos }) => `${name} right on ${right} of ${photos}`).join(", ")}.`,
    table: {
      columns: ["figure", "this run", ...notebookModels.map(({ name }) => `notebook, ${name}`)],
      rows: [
        ...rows,
        [
          "photos: train / validation / test",
          photos([predictions.train.length, predictions.validation.length, predictions.test.length]),
          ...notebookModels.map(() => notebookCounts),
        ],
      ],
    },
  };
}

function showShare(value: number | undefined): string {
  return value === undefined ? "–" : share(value);
}
