// Pictures of events on the page in a real browser: one is erased by a tap or by keyboard, all of them after a question.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import type { Browser } from "playwright-core";
import { packageRoot } from "../../device/installation/installation.ts";
import { newEvent } from "../device/api/fake-device.ts";
import { portrait } from "../fixtures/portraits.ts";
import { assertAccessible } from "./assert-accessible.ts";
import { launchChromium } from "./chromium.ts";
import { openWholeDoor } from "./whole-door.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

/** The whole door, before which presence 3 rang and was refused too: two events with one picture. */
async function openEvents(t: TestContext, widthPx: number, scheme: "light" | "dark") {
  const door = await openWholeDoor(t);
  const { snapshots, device, url, code } = door;
  snapshots.noteFrame({ presenceId: 3, jpeg: await portrait("stranger"), quality: 100 });
  for (const type of ["doorbell.rang", "unlock.refused"] as const) {
    const event = newEvent({ type, message: "Somebody unknown stands at the door.", data: { presenceId: 3 } });
    snapshots.noteEvent(device.store.append(event));
  }
  await snapshots.settled();
  const page = await browser.newPage({ viewport: { width: widthPx, height: 844 }, colorScheme: scheme });
  page.setDefaultTimeout(20_000);
  t.after(() => page.close());
  await page.goto(url);
  await page.getByRole("textbox").fill(code);
  await page.keyboard.press("Enter");
  const panel = page.getByRole("region", { name: "Events" });
  await panel.getByRole("img").first().waitFor();
  const erasures = () => device.store.events({ types: ["snapshots.erased"], limit: 9 }).map(({ data }) => data);
  return { ...door, page, panel, erasures };
}

for (const [name, widthPx, scheme] of [
  ["phone", 360, "light"],
  ["desktop-dark", 1280, "dark"],
] as const) {
  it(`on a ${name} a picture is erased with all its events, and then all of them`, async (t) => {
    const { page, panel, snapshots, erasures } = await openEvents(t, widthPx, scheme);
    assert.equal(await panel.getByRole("img").count(), 3);
    await mkdir(join(packageRoot, "reports"), { recursive: true });
    await panel.screenshot({ path: join(packageRoot, `reports/pictures-${name}.png`) });
    await panel
      .getByRole("button", { name: /^Erase the picture of/ })
      .first()
      .press("Enter");
    // The button is gone: the keyboard goes on from what came of it.
    await panel.locator("p:focus", { hasText: "The picture is erased." }).waitFor();
    assert.equal(await panel.getByRole("img").count(), 1, "both events of the presence had the same one");
    assert.equal(snapshots.status().kept, 1);
    await panel.getByRole("button", { name: "Erase all pictures" }).press("Enter");
    await panel.locator("button:focus", { hasText: "Yes, erase" }).waitFor();
    await panel.getByText("Erase 1 picture of events?").waitFor();
    await assertAccessible(page, "the question");
    await panel.screenshot({ path: join(packageRoot, `reports/pictures-${name}-question.png`) });
    await page.keyboard.press("Enter");
    await panel.locator("p:focus", { hasText: "All pictures are erased." }).waitFor();
    await panel.getByRole("button", { name: "Erase all pictures" }).waitFor({ state: "detached" });
    assert.deepEqual([await panel.getByRole("img").count(), snapshots.status().kept], [0, 0]);
    assert.deepEqual(
      erasures().map((data) => data["pictures"] ?? "one"),
      [1, "one"],
    );
    await assertAccessible(page, "the events without pictures");
  });
}

it("an erasure from elsewhere takes the picture off the page, and one that fails leaves it there", async (t) => {
  const { page, panel, snapshots, device } = await openEvents(t, 390, "light");
  const [newest] = device.store.events({ types: ["unlock.refused"], limit: 1 });
  await snapshots.erase(newest!, "another browser");
  await panel.getByRole("img").nth(1).waitFor({ state: "detached" });
  assert.equal(await panel.getByRole("img").count(), 1);
  await page.route("**/snapshot", (route) =>
    route.request().method() === "DELETE"
      ? route.fulfill({ status: 503, body: '{"code":"SNAPSHOTS_UNAVAILABLE"}' })
      : route.continue(),
  );
  await panel.getByRole("button", { name: /^Erase the picture of/ }).click();
  await panel.getByText("The door cannot reach its pictures").waitFor();
  assert.equal(await panel.getByRole("img").count(), 1);
});

it("whoever may not see pictures is offered no erasure", async (t) => {
  const { url, access, snapshots } = await openWholeDoor(t);
  assert.equal(snapshots.status().kept, 1);
  const { text } = await access.make({ name: "hall", scopes: ["read", "admin"], expiresAt: null });
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  t.after(() => page.close());
  await page.goto(url);
  await page.getByRole("textbox").fill(text);
  await page.keyboard.press("Enter");
  const panel = page.getByRole("region", { name: "Events" });
  await panel.getByText("The face resembles the owner").waitFor();
  assert.equal(await panel.getByRole("img").count(), 0);
  assert.equal(await panel.getByRole("button", { name: /Erase/ }).count(), 0);
});
