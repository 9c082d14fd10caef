// A training's report in a real browser, from a file: axe finds nothing serious, on a phone and on a desktop, light and dark.
import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { packageRoot } from "../../device/installation/installation.ts";
import { writeTrainingReport } from "../../training/report/training-report.ts";
import { makeRunFolder, ownerLabel, randomPredictions, reportDataOf } from "../training/report/small-run.ts";
import { launchChromium, readAxe } from "./chromium.ts";

let runDir = "";
let browser: Browser;
let axe = "";

before(async () => {
  const predictions = randomPredictions(5, 0.2);
  const earlier = randomPredictions(6, 0.1);
  runDir = await makeRunFolder(predictions);
  await writeTrainingReport(
    runDir,
    reportDataOf(predictions, {
      before: { record: reportDataOf(earlier).record, predictions: earlier },
      hard: predictions.test
        .slice(0, 6)
        .map(({ picture, scores }) => ({ picture: `prepared/${picture}`, scores, note: "the owner in the dark" })),
    }),
  );
  axe = await readAxe();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await rm(runDir, { recursive: true, force: true });
});

async function openReport(widthPx: number, scheme: "light" | "dark"): Promise<{ page: Page; troubles: string[] }> {
  const page = await browser.newPage({ viewport: { width: widthPx, height: 860 }, colorScheme: scheme });
  const troubles: string[] = [];
  const url = pathToFileURL(join(runDir, "report.html")).href;
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => troubles.push(message.text()));
  page.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) troubles.push(`asks for ${request.url()}`);
  });
  await page.goto(url);
  return { page, troubles };
}

for (const [name, widthPx, scheme] of [
  ["phone", 390, "dark"],
  ["phone", 390, "light"],
  ["desktop", 1280, "light"],
  ["desktop", 1280, "dark"],
] as const) {
  test(`the report on a ${name}, ${scheme}, is complete and accessible`, async () => {
    const { page, troubles } = await openReport(widthPx, scheme);
    await page.getByRole("heading", { level: 1, name: `Training of ${ownerLabel}'s door` }).waitFor();
    await page.getByText("Worse than the run before.").waitFor();
    assert.ok((await page.getByRole("img", { name: /confusion matrix/i }).count()) === 3);
    for (const summary of await page.locator("summary").all()) await summary.click();
    await page.evaluate(axe);
    const { violations, passes } = (await page.evaluate("axe.run()")) as AxeResults;
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    assert.deepEqual(
      serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`),
      [],
    );
    assert.ok(
      passes.some(({ id }) => id === "color-contrast"),
      "axe looked at the colours",
    );
    const sizes = (await page.evaluate(`({
      page: document.documentElement.scrollWidth - innerWidth,
      plots: [...document.querySelectorAll("svg")].map((svg) => Math.round(svg.getBoundingClientRect().width)),
      broken: [...document.images].filter((image) => image.naturalWidth === 0).length,
    })`)) as { page: number; plots: number[]; broken: number };
    assert.deepEqual(
      [sizes.page, sizes.broken],
      [0, 0],
      "nothing is wider than the screen, and every picture is shown",
    );
    assert.ok(sizes.plots.length >= 14 && sizes.plots.every((width) => width >= 250), sizes.plots.join(", "));
    await mkdir(join(packageRoot, "reports"), { recursive: true });
    await page.screenshot({ path: join(packageRoot, `reports/training-report-${name}-${scheme}.png`), fullPage: true });
    assert.deepEqual(troubles, []);
    await page.close();
  });
}

test("the report's contents lead to its sections", async () => {
  const { page, troubles } = await openReport(390, "light");
  for (const link of await page.getByRole("navigation", { name: "Contents" }).getByRole("link").all()) {
    const target = page.locator((await link.getAttribute("href"))!);
    assert.equal(await target.getByRole("heading", { level: 2 }).innerText(), await link.innerText());
  }
  assert.deepEqual(troubles, []);
  await page.close();
});
