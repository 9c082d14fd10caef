// The report of a training, written for real: its figures are those of the data, and it needs nothing else.
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { indexOfMax } from "../../../training/metrics.ts";
import type { ReportData } from "../../../training/report/report-data.ts";
import { writeTrainingReport } from "../../../training/report/training-report.ts";
import type { Prediction } from "../../../training/run/run-folder.ts";
import { makeRunFolder, ownerLabel, randomPredictions, reportDataOf } from "./small-run.ts";

const predictions = randomPredictions(1, 0.2);
const isRight = ({ truth, scores }: Prediction) => indexOfMax(scores) === truth;
const percentOf = (hits: number, of: number) => `${((100 * hits) / of).toFixed(1)}\u00a0%`;

let runDir = "";
let page = "";

before(async () => {
  runDir = await makeRunFolder(predictions);
  const hard = predictions.test.slice(0, 3).map(({ picture, scores }, i) => ({
    picture: i === 2 ? "gone.jpg" : `prepared/${picture}`,
    scores,
    note: "<script>alert(1)</script>",
  }));
  const { record, ...rest } = reportDataOf(predictions, { hard });
  await writeTrainingReport(runDir, { ...rest, record: { ...record, leaks: 3 } });
  page = await readFile(join(runDir, "report.html"), "utf8");
});

after(() => rm(runDir, { recursive: true, force: true }));

/** The text of the page's parts between two tags, in order, as a reader sees it. */
function textsOf(html: string, tag: string): string[] {
  return [...html.matchAll(new RegExp(`<${tag}(?: [^>]*)?>(.*?)</${tag}>`, "gs"))].map(([, inner]) => textOf(inner!));
}

function textOf(html: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&amp;": "&",
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#39;": "'",
  };
  return html.replace(/<[^>]*>/g, "").replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity]!);
}

function sectionOf(html: string, heading: string): string {
  const section = html.split("<section ").find((part) => part.includes(`<h2>${heading}</h2>`));
  assert.ok(section, `there is a section "${heading}"`);
  return section;
}

/** The rows of the last table of a section, by their first cell. */
function rowsOf(heading: string): Map<string, string[]> {
  const table = sectionOf(page, heading).split("<tbody>").at(-1)!;
  return new Map(
    textsOf(table, "tr").map((_, i) => {
      const row = [...table.matchAll(/<tr>(.*?)<\/tr>/gs)][i]![1]!;
      return [textsOf(row, "th")[0]!, textsOf(row, "td")] as const;
    }),
  );
}

describe("a training's report", () => {
  it("shows the figures of the test photos first", () => {
    const right = predictions.test.filter(isRight).length;
    const owners = predictions.test.filter(({ truth }) => truth === 0);
    const asOwner = predictions.test.filter(({ scores }) => indexOfMax(scores) === 0);
    const others = asOwner.filter(({ truth }) => truth !== 0).length;
    const values = textsOf(page.split("<section ")[0]!, "strong");
    assert.deepEqual(values, [
      percentOf(right, 60),
      percentOf(owners.filter(isRight).length, 20),
      percentOf(asOwner.length - others, asOwner.length),
      percentOf(others, 40),
    ]);
  });

  it("tells loss and accuracy of each split", () => {
    for (const split of ["train", "validation", "test"] as const) {
      const [photos, accuracy, loss] = rowsOf("Loss and accuracy").get(split)!;
      const list = predictions[split];
      assert.equal(photos, String(list.length));
      assert.ok(accuracy!.startsWith(percentOf(list.filter(isRight).length, list.length)), accuracy);
      const mean = list.reduce((sum, { truth, scores }) => sum - Math.log(scores[truth]!), 0) / list.length;
      assert.ok(loss!.startsWith(mean.toFixed(4)), `${loss} instead of ${mean}`);
    }
  });

  it("counts what each class is taken for, in words as well", () => {
    const labels = [...page.matchAll(/aria-label="(Confusion matrix, test: [^"]*)"/g)].map(([, label]) =>
      textOf(label!),
    );
    assert.equal(labels.length, 1);
    const count = (truth: number, chosen: number) =>
      predictions.test.filter(({ truth: t, scores }) => t === truth && indexOfMax(scores) === chosen).length;
    assert.ok(
      labels[0]!.includes(
        `of ${ownerLabel} ${count(0, 0)} taken for ${ownerLabel}, ${count(0, 1)} taken for Others, ${count(0, 2)} taken for Objects`,
      ),
      labels[0],
    );
  });

  it("marks the best epoch", () => {
    const training = sectionOf(page, "Training");
    assert.match(training, />best: 3</);
    assert.match(training, /the weights of epoch 3 were kept, with 91\.0/);
  });

  it("shows each test mistake as a picture, or the worst of many", () => {
    const wrong = predictions.test.filter((prediction) => !isRight(prediction)).length;
    const section = sectionOf(page, "Mistakes, test");
    assert.ok(wrong > 0);
    assert.equal(section.split('src="data:image/jpeg;base64,').length - 1, Math.min(12, wrong));
    assert.ok(section.includes(`${wrong} of 60 photos`));
  });

  it("lists hard pictures with their scores, also one whose file is gone", () => {
    const section = sectionOf(page, "Single predictions on hard pictures");
    assert.equal(section.split("<figure").length - 1, 3);
    assert.equal(section.split("data:image/jpeg").length - 1, 2);
    for (const { scores } of predictions.test.slice(0, 3))
      assert.ok(section.includes(`<span>${scores[0]!.toFixed(3)}</span>`));
  });

  it("holds the data card", () => {
    assert.deepEqual(rowsOf("Data").get("Others (others/)"), ["30", "15", "20", "65"]);
    assert.deepEqual(rowsOf("Photos left out").get("owner/no <face>.jpg"), ["expected a face, found none"]);
    const made = rowsOf("How it was made");
    assert.deepEqual(made.get("seed"), ["4711"]);
    assert.deepEqual(made.get("data set, SHA-256"), ["0123456789abcdef".repeat(4)]);
    assert.deepEqual(made.get("pairs in two splits that show the same"), ["3"]);
    assert.deepEqual(rowsOf("Beside the notebook").get("accuracy, test")!.slice(1), ["98.6\u00a0%", "99.1\u00a0%"]);
  });

  it("asks nothing of anybody, and runs nothing", () => {
    const withoutPictures = page.replace(/"data:image\/jpeg;base64,[A-Za-z0-9+/=]*"/g, '""');
    const markup = withoutPictures.replace(/\bxmlns(:\w+)?="[^"]*"/g, "");
    for (const foreign of [
      /\b(https?|ftp|wss?|file):|\/\/[a-z0-9]/i,
      /<(script|link|iframe|object|embed|form|base)\b|@import|\son[a-z]+=/i,
      /\b(?:src|href|xlink:href)="(?!"|#)[^"]*/,
      /url\((?!#)[^)]*/,
    ])
      assert.equal(foreign.exec(markup)?.[0], undefined);
  });

  it("gives every plot a text, and every name in the page once", () => {
    const plots = [...page.matchAll(/<svg role="img" aria-label="([^"]*)"/g)].map(([, label]) => label!);
    assert.equal(plots.length, page.split("<svg").length - 1);
    assert.ok(plots.length >= 13, `${plots.length} plots`);
    for (const label of plots) assert.match(label, /\d/, `"${label}" tells figures`);
    const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id!);
    assert.deepEqual(ids, [...new Set(ids)]);
  });

  it("leaves its plots as PNG", async () => {
    const files = (await readdir(join(runDir, "plots"))).sort();
    assert.deepEqual(
      files,
      [
        ...["curve-accuracy", "curve-loss", "split-accuracy", "split-loss", "classes-test", "classes-validation"],
        ...["confusion-train", "confusion-validation", "confusion-test", "scores-validation", "scores-test"],
        ...["roc", "det", "reliability"],
      ]
        .map((name) => `${name}.png`)
        .sort(),
    );
    for (const file of files) {
      const { format, width, height, hasAlpha } = await sharp(join(runDir, "plots", file)).metadata();
      assert.equal(format, "png");
      assert.ok(width > 600 && height > 150 && !hasAlpha, `${file}: ${width} x ${height}`);
    }
  });
});

async function reportOf(data: ReportData): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-report-"));
  try {
    await writeTrainingReport(folder, data);
    return await readFile(join(folder, "report.html"), "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("the report of a training that went on from another", () => {
  const worse = randomPredictions(2, 0.5);

  it("flags a run that got worse before anything else", async () => {
    const html = await reportOf(
      reportDataOf(worse, { before: { record: reportDataOf(predictions).record, predictions } }),
    );
    assert.match(html, /<aside class="notice bad"[^>]*><strong>Worse than the run before\.</);
    assert.ok(html.indexOf("<aside") < html.indexOf('class="tiles"'));
    assert.match(sectionOf(html, "Before and after"), /<td class="bad">/);
  });

  it("says so where it did not", async () => {
    const html = await reportOf(
      reportDataOf(predictions, { before: { record: reportDataOf(worse).record, predictions: worse } }),
    );
    assert.match(html, /<aside class="notice good"[^>]*><strong>Not worse than the run before\.</);
  });

  it("says nothing of a run before where there is none", () => {
    assert.doesNotMatch(page, /<aside|run before/);
  });
});

describe("a report without mistakes", () => {
  it("fits no temperature, and says why", async () => {
    const html = await reportOf(reportDataOf(randomPredictions(3, 0)));
    assert.match(sectionOf(html, "Reliability"), /No temperature is fitted: none of the 45 validation photos/);
    assert.match(sectionOf(html, "Mistakes, test"), /None: all 60 photos/);
  });
});

describe("data of another run", () => {
  it("is a defect", async () => {
    const data = reportDataOf(predictions);
    const odd = { picture: "test/owner/x.jpg", truth: 3, scores: [1, 0, 0] };
    await assert.rejects(reportOf({ ...data, hard: [{ picture: "x", scores: [1], note: "" }] }), /other classes/);
    await assert.rejects(reportOf({ ...data, predictions: { ...predictions, test: [odd] } }), /other classes/);
  });
});
