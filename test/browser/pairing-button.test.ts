// The page paired by the button of the board, in a real browser: asked for, waited for, held, refused and taken back.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { TokenFolder } from "../../device/access/token-folder.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { PlayedButton } from "../device/access/played-button.ts";
import { type FakeDevice, fakeDevice, openStore, statusReport } from "../device/api/fake-device.ts";
import { stateFolder } from "../device/delivery/small-delivery.ts";
import { eventually } from "../fixtures/eventually.ts";
import { assertAccessible } from "./assert-accessible.ts";
import { launchChromium } from "./chromium.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

interface Door {
  readonly device: FakeDevice;
  readonly played: PlayedButton;
  readonly url: string;
}

async function openDoor(t: TestContext): Promise<Door> {
  const store = openStore(t);
  const played = await new PlayedButton(t, (event) => void store.append(event)).rested();
  const access = new TokenFolder(stateFolder(t));
  const device = fakeDevice(t, { store, access, buttonPairing: played.button, openOnLoopback: false });
  device.status = () => statusReport({ pairingButton: played.button.status() });
  return { device, played, url: await device.api.listen({ host: "127.0.0.1", port: 0 }) };
}

async function openPage(t: TestContext, url: string, scheme: "light" | "dark" = "light"): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, colorScheme: scheme });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  return page;
}

const byButton = (page: Page) => page.getByRole("button", { name: "Use the button on the board" });
const waiting = (page: Page) => page.getByRole("status").getByText("Hold the button on the board for five seconds");
const knocks = ({ played }: Door) => played.button.status().knocks;

async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(join(packageRoot, "reports"), { recursive: true });
  await page.screenshot({ path: join(packageRoot, `reports/pairing-button-${name}.png`) });
}

/** The page has told the door that it waits; a hold counts for who asked before it. */
async function untilWaiting(door: Door, page: Page): Promise<void> {
  await waiting(page).waitFor();
  await door.played.clock.advance(1);
}

it("the page is let in once the button was held, with the keyboard alone", async (t) => {
  const door = await openDoor(t);
  const page = await openPage(t, door.url);
  await byButton(page).waitFor();
  await assertAccessible(page, "the way in");
  await screenshot(page, "offered");
  // From the field of the code on, past the button that sends it.
  await page.locator("input:focus").waitFor();
  for (let i = 0; i < 2; i++) await page.keyboard.press("Tab");
  await page.locator("button:focus", { hasText: "Use the button" }).waitFor();
  await page.keyboard.press("Enter");
  await page.locator("h2:focus", { hasText: "Waiting for the button" }).waitFor();
  await untilWaiting(door, page);
  await assertAccessible(page, "the wait for the button");
  await screenshot(page, "waiting");
  await door.played.hold(1_000);
  await waiting(page).waitFor();
  await door.played.hold();
  await page.getByRole("heading", { name: "Events" }).waitFor();
  await page.getByText("was paired by the button on the board").first().waitFor();
  await page.getByRole("heading", { name: "Pairing button" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Events" }).waitFor();
  assert.equal(knocks(door), 0);
});

it("two pages that wait are let in neither, and told to use the code", async (t) => {
  const door = await openDoor(t);
  const [first, second] = [await openPage(t, door.url, "dark"), await openPage(t, door.url)];
  for (const page of [first, second]) {
    await byButton(page).click();
    await untilWaiting(door, page);
  }
  await door.played.hold();
  for (const page of [first, second]) {
    await page.getByRole("alert").getByText("Somebody else wants in by the button too").waitFor();
    // What is left is the code: there goes the focus.
    await page.locator("input:focus").waitFor();
  }
  await assertAccessible(first, "a contested pairing");
  await screenshot(first, "contested");
  await byButton(first).click();
  await first.getByRole("alert").getByText("use the code").waitFor();
});

it("a page that takes it back, or is left, stands in nobody's way", async (t) => {
  const door = await openDoor(t);
  const page = await openPage(t, door.url);
  await byButton(page).click();
  await untilWaiting(door, page);
  assert.equal(knocks(door), 1);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.locator("button:focus", { hasText: "Use the button" }).waitFor();
  await eventually(
    "it is taken back",
    async () => knocks(door),
    (count) => count === 0,
  );
  await byButton(page).click();
  await untilWaiting(door, page);
  await page.getByRole("button", { name: "Deutsch" }).click();
  await eventually(
    "the other language begins anew",
    async () => knocks(door),
    (count) => count === 0,
  );
  await page.getByRole("button", { name: "Den Knopf am Gerät benutzen" }).click();
  await page.getByText("Halte den Knopf am Gerät fünf Sekunden lang").waitFor();
  assert.equal(knocks(door), 1);
  await assertAccessible(page, "the wait for the button, in German");
  await screenshot(page, "german");
  await page.goto("about:blank");
  await eventually(
    "a page that is left is not waited for",
    async () => knocks(door),
    (count) => count === 0,
  );
  const next = await openPage(t, door.url);
  await byButton(next).click();
  await untilWaiting(door, next);
  // As a browser tells a page that it may show again as it was, whatever has become of the wait by then.
  await next.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))");
  await next.getByRole("alert").getByText("Nobody held the button").waitFor();
  await byButton(next).click();
  await untilWaiting(door, next);
  await door.played.hold();
  await next.getByRole("heading", { name: "Events" }).waitFor();
});

it("a page whose wait the door has forgotten says so, and may ask again", async (t) => {
  const door = await openDoor(t);
  const page = await openPage(t, door.url);
  await byButton(page).click();
  await untilWaiting(door, page);
  await door.played.clock.advance(300_000);
  await page.getByRole("alert").getByText("you waited too long").waitFor();
  await byButton(page).click();
  await untilWaiting(door, page);
  await door.played.hold();
  await page.getByRole("heading", { name: "Events" }).waitFor();
});

it("a door whose button fails says so, and one without a button offers none", async (t) => {
  const door = await openDoor(t);
  door.played.chips.unplug();
  await door.played.clock.advance(1_000);
  const page = await openPage(t, door.url);
  await byButton(page).click();
  await page.getByRole("alert").getByText("The door cannot read its button").waitFor();
  const device = fakeDevice(t, { openOnLoopback: false });
  const asked: string[] = [];
  device.api.addHook("onResponse", async ({ method, url }) => void asked.push(`${method} ${url}`));
  const plain = await openPage(t, await device.api.listen({ host: "127.0.0.1", port: 0 }));
  await plain.getByRole("textbox", { name: "Pairing code or access token" }).waitFor();
  await eventually(
    "the page has asked",
    async () => asked,
    (all) => all.includes("GET /v1/session/button"),
  );
  assert.equal(await byButton(plain).count(), 0);
});
