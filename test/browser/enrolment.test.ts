// Enrolment on the page of a real daemon in a real browser: from the consent to the templates in use, and to the erasure.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { packageRoot } from "../../device/installation/installation.ts";
import type { ExportedPerson } from "../../device/people/people.ts";
import { type Posed, posed } from "../fixtures/posed.ts";
import { makeWorkingSite, RealDaemon, record, writeConfig } from "../fixtures/real-daemon.ts";
import { assertAccessible } from "./assert-accessible.ts";
import { launchChromium } from "./chromium.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(join(packageRoot, "reports"), { recursive: true });
  await page.screenshot({ path: join(packageRoot, `reports/enrolment-${name}.png`), fullPage: true });
}

async function openDoor(t: TestContext, widthPx: number, heightPx: number, scheme: "light" | "dark") {
  const site = await makeWorkingSite(t);
  await record(site, await posed("straight"));
  await writeConfig(site, { relay: { pulseMs: 200, gapMinMs: 0 } });
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in before");
  const page = await browser.newPage({ viewport: { width: widthPx, height: heightPx }, colorScheme: scheme });
  t.after(() => page.close());
  page.setDefaultTimeout(20_000);
  await page.goto(await daemon.url);
  await page.getByRole("heading", { name: "People" }).waitFor();
  return { site, daemon, page, show: async (pose: Posed) => record(site, await posed(pose)) };
}

for (const [name, widthPx, heightPx, scheme] of [
  ["phone", 390, 844, "light"],
  ["desktop-dark", 1280, 860, "dark"],
] as const) {
  it(`the owner is enrolled to the end and erased, on a ${name}, by keyboard`, async (t) => {
    const { daemon, page, show } = await openDoor(t, widthPx, heightPx, scheme);
    const people = page.getByRole("region", { name: "People" });
    await page.getByText("Add a person").press("Enter");
    await page.getByRole("radio", { name: "The owner, Markus" }).waitFor();
    await assertAccessible(page, "the consent");
    // Without the word that the person agrees, nothing is sent.
    await page.getByRole("button", { name: "Record the consent" }).press("Enter");
    assert.equal(await people.getByRole("button", { name: "Enrol" }).count(), 0);
    await page.getByRole("checkbox", { name: /Markus agrees/ }).press("Space");
    await page.getByRole("button", { name: "Record the consent" }).press("Enter");
    await people.getByRole("button", { name: "Enrol" }).press("Enter");

    const enrol = page.getByRole("region", { name: "Enrolling Markus" });
    await enrol.getByRole("status").getByText("Turn your head slowly to your left.").waitFor();
    await page.getByText("Somebody is being enrolled: it opens for no face.").waitFor();
    const { relay } = await daemon.until("the pulse is over", ({ locked }) => locked);
    await enrol.getByText("Turn your head a little further.").waitFor();
    await assertAccessible(page, "the enrolment");
    await show("left");
    await enrol.getByRole("status").getByText("Turn your head slowly to your right.").waitFor();
    await screenshot(page, `${name}-step`);
    await show("right");
    await enrol.getByRole("status").getByText("lift your chin").waitFor();
    await show("chin");
    await enrol.getByRole("button", { name: "I am ready" }).waitFor();
    await show("straight");
    await enrol.getByRole("button", { name: "I am ready" }).press("Enter");
    await enrol.getByRole("status").getByText("in another light").waitFor();
    await enrol.getByRole("button", { name: "Leave this out" }).press("Enter");
    await enrol.getByText("All is covered.").waitFor();
    assert.equal((await daemon.status()).relay.pulses, relay.pulses, "the door opened during the enrolment");
    await screenshot(page, `${name}-covered`);
    await enrol.getByRole("button", { name: "Finish" }).press("Enter");
    await people.getByText("The templates are stored.").waitFor();
    await people.getByText("5 templates").waitFor();
    assert.equal(await enrol.count(), 0);
    await daemon.untilUnlocked("the owner is let in after");
    await assertAccessible(page, "the people");

    const downloading = page.waitForEvent("download");
    await people.getByRole("link", { name: "Take a copy" }).press("Enter");
    const download = await downloading;
    assert.match(download.suggestedFilename(), /^facelatch-person-[0-9a-f]{12}\.json$/);
    const copy = JSON.parse(await readFile(await download.path(), "utf8")) as ExportedPerson;
    assert.equal(copy.templates.length, 5);

    await people.getByRole("button", { name: "Erase" }).press("Enter");
    await people.getByText("Erase Markus, with consent and templates?").waitFor();
    await assertAccessible(page, "the question");
    await page.locator("button:focus", { hasText: "Erase" }).press("Enter");
    await people.getByText("Markus is erased").waitFor();
    await screenshot(page, name);
    const list = (await (await daemon.get("/v1/people")).json()) as { people: unknown[] };
    assert.deepEqual(list.people, []);
    const told = (await daemon.events()).map(({ type }) => type).filter((type) => /^(people|enrolment)\./.test(type));
    assert.deepEqual(told, [
      ...["people.consent", "enrolment.started", "people.enrolled", "enrolment.ended"],
      ...["people.exported", "people.erased"],
    ]);
  });
}

it("a stranger before the camera is told why no frame is taken, and the cancelled enrolment keeps nothing", async (t) => {
  const { daemon, page, show } = await openDoor(t, 390, 844, "dark");
  await show("housemate");
  await page.getByText("Add a person").click();
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Record the consent" }).click();
  await page.getByRole("region", { name: "People" }).getByRole("button", { name: "Enrol" }).click();
  const enrol = page.getByRole("region", { name: "Enrolling Markus" });
  await enrol.getByText("The face is not the owner's.").waitFor();
  assert.equal(await enrol.getByRole("button", { name: "Finish" }).getAttribute("aria-disabled"), "true");
  await screenshot(page, "stranger");
  // A page that is loaded anew finds what is under way.
  await page.reload();
  await enrol.getByText("The face is not the owner's.").waitFor();
  await enrol.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("region", { name: "People" }).getByText("nothing was kept").waitFor();
  assert.equal((await daemon.status()).people.templates, 0);
});
