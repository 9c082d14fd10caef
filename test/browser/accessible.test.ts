// The page for everybody: axe finds nothing serious in any of its states, on a phone and on a desktop, light and dark.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { PairingFiles } from "../../device/access/pairing-files.ts";
import { TokenFolder } from "../../device/access/token-folder.ts";
import type { Delivery, DeliveryStatus } from "../../device/delivery/delivery.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { fakeDevice, liveView, newEvent, statusReport } from "../device/api/fake-device.ts";
import { deliveryTo } from "../device/delivery/small-delivery.ts";
import { PlayedEnrolment } from "../device/enrolment/played-enrolment.ts";
import { openFeedback, subjectFrame } from "../device/feedback/open-feedback.ts";
import { handled } from "../device/handled-door.ts";
import { portraits } from "../fixtures/portraits.ts";
import { launchChromium, readAxe } from "./chromium.ts";

let browser: Browser;
let axe = "";

before(async () => {
  axe = await readAxe();
  browser = await launchChromium();
});
after(() => browser?.close());

const bundleOf = (name: string, seq: number) => ({ name, seq, sha256: String(seq % 10).repeat(64) });

/** A delivery in a state that would take a trained bundle and minutes to bring about; its way back is counted. */
function deliveryThatShows(state: string, status: Partial<DeliveryStatus>): Delivery & { rollbacks: number } {
  const delivery = deliveryTo(state);
  const shown = async () => ({ ...(await delivery.status()), ...status });
  return Object.assign(Object.create(delivery) as Delivery, {
    rollbacks: 0,
    limits: delivery.limits,
    status: shown,
    async rollback(this: { rollbacks: number }) {
      this.rollbacks++;
      return shown();
    },
  });
}

async function openDoor(t: TestContext) {
  const { door, handle, state } = handled(t);
  const { store } = door;
  const { feedback } = openFeedback(t, { onEvent: (event) => store.append(event) });
  const pairing = new PairingFiles(state);
  const played = new PlayedEnrolment(t);
  played.people.add({ role: "owner", name: "Markus" }, "the test");
  const delivery = deliveryThatShows(state, {
    state: "trial",
    current: bundleOf("Markus, retrained", 1_795_000_000),
    previous: bundleOf("Markus", 1_794_000_000),
    trial: { freshFrames: 12, freshFramesNeeded: 20, remainingMs: 95_000 },
    refused: { code: "BUNDLE_KEY_UNTRUSTED", message: "it is signed by a key that is not trusted" },
  });
  const device = fakeDevice(t, {
    ...{ store, feedback, pairing, delivery, door: handle, people: played.deps },
    ...{ access: new TokenFolder(state), openOnLoopback: false, limits: { refusalsPerMinuteMax: 1_000 } },
  });
  const causes = [{ code: "CAMERA_UNAVAILABLE", message: "The camera delivers no frames.", sinceMs: 5_000 }];
  device.status = () => statusReport({ lockdown: handle.lockdown(), causes, state: "degraded" });
  const [jpeg] = await portraits("owner", 1);
  device.live = liveView(3, { jpeg: jpeg! });
  feedback.noteFrame(subjectFrame(2));
  device.store.append({
    ...newEvent({ message: "The face resembles the owner, but not enough." }),
    data: { presenceId: 2 },
  });
  const url = await device.api.listen({ host: "127.0.0.1", port: 0 });
  return { url, handle, delivery, code: await pairing.open() };
}

async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe);
  const { violations, passes } = (await page.evaluate("axe.run()")) as AxeResults;
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const found = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
  assert.deepEqual(found, [], what);
  assert.ok(
    passes.some(({ id }) => id === "color-contrast"),
    "axe looked at the colours",
  );
  const overflows = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
  assert.equal(overflows, false, `${what} is no wider than the screen`);
}

for (const [name, widthPx, heightPx, scheme] of [
  ["phone", 390, 844, "light"],
  ["phone, dark", 390, 844, "dark"],
  ["desktop", 1280, 860, "light"],
  ["desktop, dark", 1280, 860, "dark"],
] as const) {
  it(`on a ${name}, every state of the page can be read and used by everybody`, async (t) => {
    const { url, code, handle, delivery } = await openDoor(t);
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
    await page.getByRole("button", { name: "Back to the bundle before" }).press("Enter");
    await page.getByText('Go back to "Markus"?').waitFor();
    await assertAccessible(page, "the way back");
    await page.getByRole("button", { name: "Go back" }).press("Enter");
    await page.getByText("The door went back to the bundle before.").waitFor();
    assert.equal(delivery.rollbacks, 1);
  });
}
