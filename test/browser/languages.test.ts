// The page in German in a real browser: chosen by the browser or by hand, whole, and as usable as in English.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { de } from "../../device/api/page/texts/de.ts";
import { en, type Texts } from "../../device/api/page/texts/en.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { assertAccessible } from "./assert-accessible.ts";
import { launchChromium } from "./chromium.ts";
import { openWholeDoor } from "./whole-door.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

async function openPage(t: TestContext, url: string, locale: string, widthPx = 390): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: widthPx, height: 844 }, locale });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  return page;
}

/** All that is seen or read out, but for what is marked as of another language. */
const visibleTexts = `(() => {
  const language = document.documentElement.lang;
  const isMarked = (element) => element.closest("[lang]").lang !== language;
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!isMarked(element) && element.checkVisibility()) found.push(walker.currentNode.textContent);
  }
  for (const element of document.querySelectorAll("[aria-label],[alt],[title],[placeholder]"))
    if (!isMarked(element))
      for (const name of ["aria-label", "alt", "title", "placeholder"]) found.push(element.getAttribute(name) ?? "");
  return [...new Set(found.map((text) => text.replace(/\\s+/g, " ").trim()).filter((text) => text !== ""))];
})()`;

/** What both languages may share: names, codes, commands, numbers with their units, a level of the log, and one word. */
const data = [
  /^(Facelatch|owner|Markus|Markus, retrained|front door|Name|Anna|Ben|FAR|FRR|FAR %|FRR %|▲|recorded|replay|\.|·|"|„|“)$/,
  /^[A-Z]+(_[A-Z]+)+$/,
  /^debug$/,
  /^(facelatch feedback forget|sudo facelatch pair|[0-9a-f]{12})$/,
  /^[\d.,:\s\u2013]*(%|s|min|°C|KiB|MiB|h \d+ min)?$/,
];

interface Story {
  readonly name: string;
  readonly go: (page: Page, texts: Texts, code: string) => Promise<void>;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** One after another, on one page. */
const stories: readonly Story[] = [
  {
    name: "the wait for the button",
    async go(page, { letIn }) {
      await button(page, letIn.byButton).click();
      await page.getByText(letIn.holdIt).waitFor();
    },
  },
  {
    name: "the way in",
    async go(page, { app, letIn }) {
      await button(page, app.cancel).click();
      await page.getByRole("textbox").fill("2222-2222");
      await button(page, letIn.button).click();
      await page.getByText(letIn.failures.PAIRING_REFUSED).waitFor();
    },
  },
  {
    name: "the door",
    async go(page, { letIn, whoWasIt, updates, health }, code) {
      await page.getByRole("textbox").fill(code);
      await button(page, letIn.button).click();
      await button(page, whoWasIt.notMe).waitFor();
      await page.getByText(updates.title).waitFor();
      const log = page.locator(".part", { has: page.getByRole("heading", { name: health.log, exact: true }) });
      await log.getByText("debug", { exact: true }).waitFor();
      await log.getByText(health.logUntil("info", "")).waitFor();
    },
  },
  {
    name: "the report card",
    async go(page, { card, calibration }) {
      await page.getByText(card.title, { exact: true }).click();
      await page.getByText(calibration.table).click();
      await page.locator(".figures-frame").waitFor();
    },
  },
  {
    name: "pictures to erase",
    async go(page, { card, events }) {
      await page.getByText(card.title, { exact: true }).click();
      await button(page, events.eraseAll).click();
      await page.getByText(events.eraseAllQuestion(1)).waitFor();
    },
  },
  {
    name: "pictures that are erased",
    async go(page, { events }) {
      await button(page, events.eraseAllYes).click();
      await page.getByText(events.allErased).waitFor();
    },
  },
  {
    name: "a refusal that was spoken of",
    async go(page, { whoWasIt }) {
      await button(page, whoWasIt.wasMe).click();
      await page.getByText(whoWasIt.effects.was_me).waitFor();
    },
  },
  {
    name: "an enrolment",
    async go(page, { addPerson, people, enrol }) {
      await page.getByText(addPerson.title).click();
      await button(page, people.enrol).click();
      await page.getByText(enrol.title("Markus")).waitFor();
    },
  },
  {
    name: "a lockdown",
    async go(page, { app, enrol, controls, said }) {
      await page
        .getByRole("region", { name: enrol.title("Markus") })
        .getByRole("button", { name: app.cancel })
        .click();
      await page.getByText(said.ending("cancelled", "Somebody ended it, and nothing was kept.")).waitFor();
      await button(page, controls.lockDown.button).click();
      await button(page, controls.lockDown.yes).click();
      await button(page, controls.lift.button).waitFor();
      await button(page, controls.lift.button).click();
    },
  },
  {
    name: "faces that are off",
    async go(page, { controls }) {
      await button(page, controls.lift.yes).click();
      const faces = page.getByRole("switch", { name: controls.facesOff.button });
      await faces.click();
      await button(page, controls.facesOff.yes).click();
      await page.getByText(controls.facesOff.outcome).waitFor();
      await page.locator('[role="switch"][aria-checked="false"]').waitFor();
    },
  },
  {
    name: "the schedule",
    async go(page, { schedule }) {
      await button(page, schedule.change).click();
      await button(page, schedule.add).click();
      await page.getByLabel(schedule.to, { exact: true }).fill("06:00");
      await page.getByText(schedule.overnight).waitFor();
      await page.getByLabel(schedule.to, { exact: true }).fill("07:00");
      await button(page, schedule.save).click();
      await page.getByText(schedule.noTime(1)).waitFor();
    },
  },
  {
    name: "a schedule that was saved",
    async go(page, { schedule }) {
      await page.getByLabel(schedule.to, { exact: true }).fill("00:00");
      await button(page, schedule.save).click();
      await page.getByText(schedule.saved).waitFor();
      await button(page, schedule.reset).waitFor();
    },
  },
  {
    name: "the way back",
    async go(page, { updates }) {
      await button(page, updates.back).click();
      await button(page, updates.yes).click();
      await page.getByText(updates.outcome).waitFor();
    },
  },
];

it("every view says in German what it says in English, with nothing left over, and everybody can use it", async (t) => {
  const [englishDoor, germanDoor] = [await openWholeDoor(t), await openWholeDoor(t)];
  const english = await openPage(t, englishDoor.url, "en-US");
  const german = await openPage(t, germanDoor.url, "de-AT");
  await mkdir(join(packageRoot, "reports"), { recursive: true });
  for (const { name, go } of stories) {
    await go(english, en, englishDoor.code);
    await go(german, de, germanDoor.code);
    const [said, inGerman] = [
      new Set((await english.evaluate(visibleTexts)) as string[]),
      (await german.evaluate(visibleTexts)) as string[],
    ];
    assert.ok(inGerman.length > 5, `${name}: ${inGerman.join(" | ")}`);
    const leftOver = inGerman.filter((text) => said.has(text) && !data.some((pattern) => pattern.test(text)));
    assert.deepEqual(leftOver, [], name);
    await assertAccessible(german, `${name}, in German`);
    await german.screenshot({
      path: join(packageRoot, `reports/german-${name.replaceAll(" ", "-")}.png`),
      fullPage: true,
    });
  }
  assert.equal(await german.evaluate("document.documentElement.lang"), "de");
  assert.equal(await english.evaluate("document.documentElement.lang"), "en");
});

it("the language is the browser's first that the page knows, until another is chosen, which is kept", async (t) => {
  const { url, code } = await openWholeDoor(t);
  const french = await openPage(t, url, "fr-FR");
  await french.getByRole("textbox").fill(code);
  await button(french, en.letIn.button).click();
  await button(french, en.whoWasIt.notMe).waitFor();
  await button(french, "Deutsch").click();
  await button(french, de.whoWasIt.notMe).waitFor();
  // The choice itself keeps the focus, so that a keyboard goes on from there.
  await french.locator("button:focus", { hasText: "Deutsch" }).waitFor();
  assert.equal(await french.evaluate("document.documentElement.lang"), "de");
  assert.equal(await button(french, "Deutsch").getAttribute("aria-pressed"), "true");
  await french.reload();
  await button(french, de.whoWasIt.notMe).waitFor();
  await button(french, "English").click();
  await button(french, en.whoWasIt.notMe).waitFor();
});

it("on a desktop, the page in German is no wider than the screen", async (t) => {
  const { url, code } = await openWholeDoor(t);
  const page = await openPage(t, url, "de-DE", 1280);
  await page.getByRole("textbox").fill(code);
  await button(page, de.letIn.button).click();
  await button(page, de.whoWasIt.notMe).waitFor();
  await assertAccessible(page, "the door, in German, on a desktop");
});
