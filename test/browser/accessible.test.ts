// The page for everybody: axe finds nothing serious in any of its states, on a phone and on a desktop, light and dark.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it } from "node:test";
import type { Browser } from "playwright-core";
import { packageRoot } from "../../device/installation/installation.ts";
import { assertAccessible } from "./assert-accessible.ts";
import { launchChromium } from "./chromium.ts";
import { openWholeDoor } from "./whole-door.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

for (const [name, widthPx, heightPx, scheme] of [
  ["phone", 390, 844, "light"],
  ["phone, dark", 390, 844, "dark"],
  ["desktop", 1280, 860, "light"],
  ["desktop, dark", 1280, 860, "dark"],
] as const) {
  it(`on a ${name}, every state of the page can be read and used by everybody`, async (t) => {
    const { url, code, handle, delivery } = await openWholeDoor(t);
    const page = await browser.newPage({ viewport: { width: widthPx, height: heightPx }, colorScheme: scheme });
    page.setDefaultTimeout(20_000);
    t.after(() => page.close());
    await page.goto(url);
    await page.getByRole("button", { name: "Let me in" }).waitFor();
    await page.keyboard.type("2222-2222");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the code").waitFor();
    await assertAccessible(page, "the way in");
    await page.getByRole("textbox").fill(code);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Not me" }).waitFor();
    await page.getByText("12 of 20 frames").waitFor();
    await assertAccessible(page, "the door");
    await mkdir(join(packageRoot, "reports"), { recursive: true });
    await page.screenshot({ path: join(packageRoot, `reports/whole-${name.replace(", ", "-")}.png`), fullPage: true });
    await page.getByRole("button", { name: "Open the door" }).press("Enter");
    await assertAccessible(page, "the question");
    await page.getByRole("button", { name: "Cancel" }).press("Enter");
    await page.getByText("Add a person").press("Enter");
    await page.getByRole("button", { name: "Enrol" }).press("Enter");
    // The title takes the focus, so that a screen reader begins there.
    await page.locator("h2:focus", { hasText: "Enrolling Markus" }).waitFor();
    await assertAccessible(page, "an enrolment");
    await page.getByRole("region", { name: "Enrolling Markus" }).getByRole("button", { name: "Cancel" }).press("Enter");
    await page.getByText("Somebody ended it, and nothing was kept.").waitFor();
    await page.getByRole("button", { name: "Lock down" }).press("Enter");
    // The question takes the focus, so that a keyboard answers it at once.
    await page.locator("button:focus", { hasText: "Lock it down" }).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Lift the lockdown" }).waitFor();
    assert.notEqual(handle.lockdown(), null);
    await assertAccessible(page, "a lockdown");
    await page.getByRole("button", { name: "Lift the lockdown" }).press("Enter");
    await page.getByRole("button", { name: "Lift it" }).press("Enter");
    await page.getByRole("switch", { name: "Faces open the door", checked: true }).press("Enter");
    await page.locator("button:focus", { hasText: "Switch them off" }).press("Enter");
    await page.getByRole("switch", { name: "Faces open the door", checked: false }).waitFor();
    assert.equal(handle.faceUnlock().on, false);
    await page.getByText("It opens by hand alone.").waitFor();
    await assertAccessible(page, "faces that are off");
    await page.getByRole("button", { name: "Back to the bundle before" }).press("Enter");
    await page.getByText('Go back to "Markus"?').waitFor();
    await assertAccessible(page, "the way back");
    await page.getByRole("button", { name: "Go back" }).press("Enter");
    await page.getByText("The door went back to the bundle before.").waitFor();
    assert.equal(delivery.rollbacks, 1);
  });
}
