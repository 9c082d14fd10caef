// The schedule on the page in a real browser: seen, changed by keyboard on a phone, and given back to the configuration.
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

for (const scheme of ["light", "dark"] as const) {
  it(`is set, changed and given back by keyboard on a phone, ${scheme}`, async (t) => {
    const { url, code, schedule } = await openWholeDoor(t);
    const page = await browser.newPage({ viewport: { width: 360, height: 800 }, colorScheme: scheme });
    page.setDefaultTimeout(20_000);
    t.after(() => page.close());
    await page.goto(url);
    await page.getByRole("textbox").fill(code);
    await page.keyboard.press("Enter");
    const panel = page.getByRole("region", { name: "Schedule" });
    await panel.getByText("Faces may open the door at any time.").waitFor();
    await panel.getByRole("button", { name: "Change the schedule" }).press("Enter");
    await panel.locator("button:focus", { hasText: "Add a window" }).press("Enter");
    const first = panel.getByRole("group", { name: "Window 1" });
    for (const day of ["Saturday", "Sunday"]) await first.getByRole("checkbox", { name: day }).press("Space");
    await first.getByLabel("From").fill("22:00");
    await first.getByLabel("To").fill("06:00");
    await first.getByText("Ends on the next day.").waitFor();
    await assertAccessible(page, "the schedule's form");
    await mkdir(join(packageRoot, "reports"), { recursive: true });
    await panel.screenshot({ path: join(packageRoot, `reports/schedule-form-${scheme}.png`) });
    await panel.getByRole("button", { name: "Save" }).press("Enter");
    await panel.getByText("The schedule is saved").waitFor();
    await panel.getByText("Mon, Tue, Wed, Thu, Fri").waitFor();
    const weekdays = ["mon", "tue", "wed", "thu", "fri"] as const;
    assert.deepEqual(schedule.report().windows, [{ days: [...weekdays], from: "22:00", to: "06:00" }]);
    await assertAccessible(page, "the schedule");
    await panel.screenshot({ path: join(packageRoot, `reports/schedule-${scheme}.png`) });

    await panel.getByRole("button", { name: "Change the schedule" }).press("Enter");
    for (const day of ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"])
      await first.getByRole("checkbox", { name: day }).press("Space");
    await panel.getByRole("button", { name: "Save" }).press("Enter");
    await panel.getByRole("alert").getByText("Window 1 has no day.").waitFor();
    await panel.getByRole("button", { name: "Cancel" }).press("Enter");
    assert.equal(schedule.report().windows!.length, 1, "nothing was sent");
    await panel.getByRole("button", { name: "Back to the configuration's" }).press("Enter");
    await panel.getByText("The configuration's schedule counts again.").waitFor();
    assert.equal(schedule.report().source, "config");
  });
}

it("what keeps faces out now is told beside the lock and in the schedule", async (t) => {
  const { url, code, schedule } = await openWholeDoor(t);
  // The played door's week stands still at its first minute.
  await schedule.set({ windows: [{ days: ["tue"], from: "00:00", to: "24:00" }] }, "the test");
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.setDefaultTimeout(20_000);
  t.after(() => page.close());
  await page.goto(url);
  await page.getByRole("textbox").fill(code);
  await page.keyboard.press("Enter");
  await page.getByRole("status").getByText("The schedule keeps it locked now.").waitFor();
  await page.getByRole("region", { name: "Schedule" }).getByText("not now").waitFor();
});
