// "Not me" and "That was me" in a real browser, on the real API and real files: by touch, by keyboard, and when it fails.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { packageRoot } from "../../device/installation/installation.ts";
import { fakeDevice, liveView, newEvent, statusReport } from "../device/api/fake-device.ts";
import { openFeedback, space, subjectFrame } from "../device/feedback/open-feedback.ts";
import { memoryStore } from "../device/played-door.ts";
import { portraits } from "../fixtures/portraits.ts";
import { launchChromium } from "./chromium.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

/** A door before which three presences were: the first is remembered no more, the last was let in. */
async function openDoor(t: TestContext, changes: Parameters<typeof openFeedback>[1] = {}) {
  const store = memoryStore(t);
  const { feedback, stateDir } = openFeedback(t, { ...changes, onEvent: (event) => store.append(event) });
  const device = fakeDevice(t, { store, feedback });
  device.status = () => statusReport({ feedback: feedback.status() });
  const [jpeg] = await portraits("owner", 1);
  device.live = liveView(3, { jpeg: jpeg! });
  for (const presenceId of [1, 2, 3]) {
    device.store.append(newEvent({ type: "presence.started", reason: null, message: "Somebody came into view." }));
    if (presenceId > 1) feedback.noteFrame(subjectFrame(presenceId));
    const outcome =
      presenceId === 3
        ? newEvent({ type: "unlock.granted", reason: null, message: "The owner was recognised; the door opens." })
        : newEvent({ message: "The face resembles the owner, but not enough." });
    device.store.append({ ...outcome, data: { presenceId } });
  }
  const url = await device.api.listen({ host: "127.0.0.1", port: 0 });
  return { ...device, feedback, stateDir, url };
}

async function openPage(t: TestContext, url: string, widthPx: number, scheme: "light" | "dark"): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: widthPx, height: 900 }, colorScheme: scheme });
  page.setDefaultTimeout(10_000);
  t.after(() => page.close());
  await page.goto(url);
  return page;
}

async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(join(packageRoot, "reports"), { recursive: true });
  await page.screenshot({ path: join(packageRoot, `reports/feedback-${name}.png`), fullPage: true });
}

const opened = (page: Page) => page.getByRole("listitem").filter({ hasText: "the door opens" });
const refused = (page: Page) => page.getByRole("listitem").filter({ hasText: "but not enough" }).first();

for (const [name, widthPx, scheme] of [
  ["desktop", 1280, "light"],
  ["phone", 390, "dark"],
] as const) {
  it(`on a ${name} a tap on "Not me" makes a household negative, and the page says so`, async (t) => {
    const { url, feedback } = await openDoor(t);
    const page = await openPage(t, url, widthPx, scheme);
    await opened(page).getByRole("button", { name: "Not me" }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Not me" }).count(), 2, "the forgotten presence has none");
    await screenshot(page, `${name}-before`);
    await opened(page).getByRole("button", { name: "Not me" }).click();
    await opened(page).getByRole("status").getByText("a face like this keeps the door locked").waitFor();
    assert.equal(feedback.negatives(space).length, 1);
    assert.equal(await opened(page).getByRole("button").count(), 0);
    await refused(page).getByRole("button", { name: "That was me" }).click();
    await refused(page).getByRole("status").getByText("kept for the next training").waitFor();
    assert.equal(feedback.negatives(space).length, 1);
    await page.getByText("1 household negative").waitFor();
    const overflows = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
    assert.equal(overflows, false, "the page is no wider than the screen");
    await screenshot(page, `${name}-after`);
    await page.reload();
    await opened(page).getByText("Not me: from now on").waitFor();
  });
}

describe("without a mouse", () => {
  it("the buttons are reached and pressed by keyboard, and the focus goes to what came of it", async (t) => {
    const { url, feedback } = await openDoor(t);
    const page = await openPage(t, url, 1280, "light");
    await opened(page)
      .getByRole("group", { name: /^Who was it at / })
      .waitFor();
    await opened(page).getByRole("button", { name: "Not me" }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const result = opened(page).getByRole("status");
    await result.getByText("kept for the next training").waitFor();
    assert.equal(await result.evaluate((element) => element === element.ownerDocument.activeElement), true);
    assert.deepEqual(
      feedback.items({ limit: 9 }).map(({ verdict }) => verdict),
      ["was_me"],
    );
  });
});

describe("what fails", () => {
  it("is told in words, and the buttons stay for another try", async (t) => {
    const { url, feedback } = await openDoor(t, { negativesMax: 1 });
    feedback.record({ bootId: "boot-1", presenceId: 2, verdict: "not_me" });
    const page = await openPage(t, url, 390, "light");
    await opened(page).getByRole("button", { name: "Not me" }).click();
    await opened(page).getByText("keeps as many faces out as it may").waitFor();
    assert.equal(await opened(page).getByRole("button").count(), 2);
    await screenshot(page, "phone-refused");
    await page.route("**/v1/feedback", (route) => route.abort());
    await opened(page).getByRole("button", { name: "That was me" }).click();
    await opened(page).getByText("The door did not answer. Try again.").waitFor();
    await page.unroute("**/v1/feedback");
    await opened(page).getByRole("button", { name: "That was me" }).click();
    await opened(page).getByText("kept for the next training").waitFor();
  });

  it("is told where the presence was forgotten meanwhile, and where the feedback cannot be read", async (t) => {
    const { url, feedback, stateDir } = await openDoor(t, {
      recent: { presencesMax: 2, bytesMax: 1e7, ageMaxMs: 1e9 },
    });
    const page = await openPage(t, url, 1280, "light");
    await refused(page).getByRole("button", { name: "Not me" }).waitFor();
    feedback.noteFrame(subjectFrame(4));
    await refused(page).getByRole("button", { name: "Not me" }).click();
    await refused(page).getByText("no longer remembers who this was").waitFor();
    await mkdir(join(stateDir, "feedback"), { recursive: true });
    await writeFile(join(stateDir, "feedback", "register-7"), "not sealed with any key");
    await opened(page).getByRole("button", { name: "Not me" }).click();
    await opened(page).getByText("The door cannot read its feedback").waitFor();
    assert.deepEqual(feedback.status().state, "failed");
  });
});

describe("another site's page", () => {
  it("cannot say anything of a presence, however it tries", async (t) => {
    const { url, feedback } = await openDoor(t);
    const page = await openPage(t, url, 1280, "light");
    // The same machine under another name is another site to a browser.
    const foreign = url.replace("127.0.0.1", "localhost");
    await page.goto(`${foreign}/v1/status`);
    const attempts = await page.evaluate(`(async () => {
      const body = JSON.stringify({ bootId: "boot-1", presenceId: 3, verdict: "not_me" });
      const types = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
      const outcomes = [];
      for (const type of types) for (const mode of ["cors", "no-cors"]) {
        const options = { method: "POST", mode, body, headers: { "content-type": type } };
        outcomes.push(await fetch("${url}/v1/feedback", options).then((r) => r.ok, () => "no answer"));
      }
      return outcomes;
    })()`);
    assert.ok((attempts as unknown[]).every((outcome) => outcome !== true));
    assert.deepEqual(feedback.items({ limit: 9 }), []);
  });
});
