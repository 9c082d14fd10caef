// The report card on the page in a real browser: unfolded by keyboard, read out, drawn, and in words for whoever sees no drawing.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type ReportCard, withoutNames } from "../../device/bundle/report-card.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { liveView, newEvent } from "../device/api/fake-device.ts";
import { assertAccessible } from "./assert-accessible.ts";
import { launchChromium } from "./chromium.ts";
import { openWholeDoor } from "./whole-door.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

interface Look {
  readonly widthPx: number;
  readonly scheme: "light" | "dark";
  readonly locale?: string;
}

async function openCard(t: TestContext, url: string, code: string, { widthPx, scheme, locale = "en-GB" }: Look) {
  const viewport = { width: widthPx, height: 844 };
  const page = await browser.newPage({ viewport, colorScheme: scheme, locale });
  page.setDefaultTimeout(20_000);
  t.after(() => page.close());
  await page.goto(url);
  await page.getByRole("textbox").fill(code);
  await page.keyboard.press("Enter");
  const isGerman = locale.startsWith("de");
  const panel = page.getByRole("region", { name: isGerman ? "Paket und Updates" : "Bundle and updates" });
  await panel.getByText(isGerman ? "Zeugnis" : "Report card").press("Enter");
  await panel.locator(".plot svg[role=img]").waitFor();
  return { page, panel };
}

async function textOf(page: Page, selector: string): Promise<string> {
  return ((await page.locator(selector).first().textContent()) ?? "").replace(/\s+/g, " ").trim();
}

for (const [name, look] of Object.entries({
  phone: { widthPx: 360, scheme: "light" },
  "phone-dark": { widthPx: 390, scheme: "dark" },
  desktop: { widthPx: 1280, scheme: "light" },
  "desktop-dark": { widthPx: 1280, scheme: "dark" },
  "phone-german": { widthPx: 390, scheme: "light", locale: "de-DE" },
} as const)) {
  it(`shows on a ${name} what was measured, and everybody can read it`, async (t) => {
    const { url, code, delivery } = await openWholeDoor(t);
    const { page, panel } = await openCard(t, url, code, look);
    const card = delivery.cards.current!;
    assert.match(await textOf(page, ".facts"), /nsfwjs 4\.3\.0/);
    assert.match(await textOf(page, ".facts"), /0 (of|von) 1[,.]?840/);
    assert.equal(await panel.locator(".plot-household").count(), 2, "in the drawing and beside its name");
    await assertAccessible(page, "the report card");
    await mkdir(join(packageRoot, "reports"), { recursive: true });
    await panel.screenshot({ path: join(packageRoot, `reports/card-${name}.png`) });
    await panel.locator(".card .fold summary").press("Enter");
    await panel.locator(".figures-frame").waitFor();
    const rows = await panel.locator(".figures-frame tbody tr").count();
    assert.equal(rows, card.calibration!.genuine.length + 1);
    await assertAccessible(page, "the table of comparisons");
    await panel.screenshot({ path: join(packageRoot, `reports/card-${name}-table.png`) });
  });
}

it("says in words what the drawing shows, and what another threshold would do, moved by keyboard", async (t) => {
  const { url, code } = await openWholeDoor(t);
  const { page, panel } = await openCard(t, url, code, { widthPx: 390, scheme: "light" });
  const drawing = panel.getByRole("img", { name: "How likeness tells the owner from others" });
  assert.match(
    (await drawing.textContent()) ?? "",
    /The threshold is 0\.60\. the owner: 160 comparisons, from 0\.\d\d/,
  );
  const slider = panel.getByRole("slider", { name: "Look at another threshold" });
  await panel.getByText(/From 0\.60 on: FAR 0\s%, FRR/).waitFor();
  await slider.focus();
  for (let i = 0; i < 15; i++) await page.keyboard.press("ArrowLeft");
  await panel.getByText(/From 0\.30 on: FAR \d\.\d\s%, FRR 0\s%\./).waitFor();
  assert.match((await slider.getAttribute("aria-valuetext")) ?? "", /^From 0\.30 on/);
  assert.equal(await panel.locator(".plot-tried").count(), 1);
});

it("marks how like the owner the last face at the door was", async (t) => {
  const { url, code, device } = await openWholeDoor(t);
  const { page, panel } = await openCard(t, url, code, { widthPx: 390, scheme: "light" });
  await panel.getByText("last face at the door: 0.60").waitFor();
  device.show(liveView(4, { verification: { score: 0.81, householdMargin: null } }));
  await panel.getByText("last face at the door: 0.81").waitFor();
  const likeness = page.getByText("Likeness", { exact: true });
  await likeness.waitFor();
  device.show(liveView(5, { verification: null }));
  // Then the page knows of the frame without a face.
  await likeness.waitFor({ state: "detached" });
  assert.equal(await panel.getByText("last face at the door: 0.81").count(), 1);
});

it("tells of a bundle without comparisons that it has none, and of housemates without their names to whom they are not named", async (t) => {
  const { url, code, delivery } = await openWholeDoor(t);
  const { current } = delivery.cards;
  delivery.cards = { current: withoutNames({ ...current!, calibration: null }), previous: null, isOnTrial: false };
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.setDefaultTimeout(20_000);
  t.after(() => page.close());
  await page.goto(url);
  await page.getByRole("textbox").fill(code);
  await page.keyboard.press("Enter");
  const panel = page.getByRole("region", { name: "Bundle and updates" });
  await panel.getByText("Report card").press("Enter");
  await panel.getByText("This bundle keeps no comparisons").waitFor();
  await panel.getByRole("heading", { name: "Housemate 2" }).waitFor();
  assert.equal(await panel.getByText("Anna").count(), 0);
  assert.equal(await panel.locator(".card > table").count(), 0);
  await assertAccessible(page, "a card without comparisons");
});

/** What a bundle can say at most, by whoever holds a key that signs. */
function hostile(card: ReportCard, bins: number[]): ReportCard {
  const markup = `"><img src=x onerror="document.title='taken'"><script>document.title='taken'</script></svg>`;
  const many = { value: 1, low: 0, high: 1, trials: 1e9 };
  const member = { photos: 1e9, verifiedScoreMax: null, marginMax: -2, opened: 1e9, unsafe: true };
  return {
    ...{ ...card, name: markup.slice(0, 64), ownerLabel: markup.slice(0, 40), backbone: markup, weights: markup },
    ...{
      images: { train: 1e9, validation: 1e9, test: 1e9 },
      far: { ...many, identities: 1e9 },
      frr: many,
      verifiedScoreMin: 1,
    },
    household: [markup.slice(0, 40), "W".repeat(40), `\u202e${"e\u0301".repeat(39)}`].map((name) => ({
      name,
      ...member,
    })),
    calibration: { firstBin: 100 - bins.length, genuine: bins, impostor: bins, household: bins },
  };
}

for (const [locale, bins] of [
  ["en-GB", Array.from({ length: 100 }, () => 1e9)],
  ["de-DE", Array.from({ length: 100 }, () => 1e9)],
  ["en-GB", [0]],
] as const) {
  it(`shows what a bundle says as text, within the page, whatever it says: ${bins.length} bins, ${locale}`, async (t) => {
    const { url, code, delivery, device } = await openWholeDoor(t);
    const card = hostile(delivery.cards.current!, [...bins]);
    delivery.cards = { current: card, previous: card, isOnTrial: true };
    device.store.append({ ...newEvent({ message: card.backbone }), data: { presenceId: 9 } });
    const { page, panel } = await openCard(t, url, code, { widthPx: 360, scheme: "light", locale });
    await panel.locator(".card .fold summary").press("Enter");
    const [pageWidth, images, scripts, title] = await page.evaluate<[number, number, number, string]>(
      "[document.documentElement.scrollWidth, document.querySelectorAll('img[src=x]').length, document.querySelectorAll('main script').length, document.title]",
    );
    assert.deepEqual([pageWidth, images, scripts], [360, 0, 0]);
    assert.doesNotMatch(title, /taken/);
    assert.doesNotMatch(await panel.locator(".plot").innerHTML(), /NaN|Infinity|undefined/);
  });
}
