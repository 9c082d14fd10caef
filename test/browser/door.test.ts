// The page of a real daemon in a real browser, over the device's own certificate: paired by the code on its console.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, it, type TestContext } from "node:test";
import type { Browser, Page } from "playwright-core";
import { packageRoot } from "../../device/installation/installation.ts";
import { readDeviceCertificate } from "../../device/tls/tls.ts";
import { eventually } from "../fixtures/eventually.ts";
import { facelatch } from "../fixtures/facelatch-command.ts";
import { portraits } from "../fixtures/portraits.ts";
import { makeWorkingSite, RealDaemon, record, type Site, writeConfig } from "../fixtures/real-daemon.ts";
import { launchChromium } from "./chromium.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

interface OpenDoor {
  readonly site: Site;
  readonly daemon: RealDaemon;
  readonly url: string;
  /** The code on the console. */
  readonly code: string;
}

async function openDoor(t: TestContext, frames?: readonly Uint8Array[]): Promise<OpenDoor> {
  const site = await makeWorkingSite(t);
  if (frames !== undefined) await record(site, frames);
  const api = { tls: { kind: "device" }, openOnLoopback: false };
  await writeConfig(site, { api, relay: { pulseMs: 1_500, gapMinMs: 100 } });
  const daemon = RealDaemon.start(t, site);
  const url = await daemon.url;
  const shown = await eventually(
    "the console shows a code",
    async () => /Pairing code (\S+), .*fingerprint: ([0-9A-F:]{95})/.exec(daemon.output),
    (match) => match !== null,
  );
  assert.equal(shown![2], (await readDeviceCertificate(site.stateDir))!.fingerprint);
  return { site, daemon, url, code: shown![1]! };
}

async function openPage(t: TestContext, url: string, widthPx = 412, scheme: "light" | "dark" = "light"): Promise<Page> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: widthPx, height: 915 },
    colorScheme: scheme,
  });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  return page;
}

async function letIn(page: Page, credential: string): Promise<void> {
  await page.getByRole("textbox", { name: "Pairing code or access token" }).fill(credential);
  await page.getByRole("button", { name: "Let me in" }).click();
}

async function screenshot(page: Page, name: string): Promise<void> {
  await mkdir(join(packageRoot, "reports"), { recursive: true });
  await page.screenshot({ path: join(packageRoot, `reports/door-${name}.png`) });
}

it("a browser is let in by the code, stays so, and is out when its session is revoked on the board", async (t) => {
  const { site, url, code } = await openDoor(t);
  const page = await openPage(t, url);
  await letIn(page, "2222-2222");
  await page.getByText("This is not the code").waitFor();
  await screenshot(page, "let-in");
  await letIn(page, code.toLowerCase());
  await page.getByRole("heading", { name: "Events" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Events" }).waitFor();
  assert.equal(await page.evaluate("document.cookie"), "", "no script sees the session");
  const [cookie] = await page.context().cookies();
  assert.deepEqual(
    [cookie!.name, cookie!.httpOnly, cookie!.secure, cookie!.sameSite],
    ["__Host-facelatch", true, true, "Strict"],
  );
  const second = await openPage(t, url);
  await letIn(second, code);
  await second.getByText("No pairing is under way").waitFor();
  const { tokens } = (await facelatch("tokens", "list", "--state", site.stateDir, "--json")).json() as {
    tokens: { id: string; kind: string }[];
  };
  assert.deepEqual(
    tokens.map(({ kind }) => kind),
    ["session"],
  );
  await facelatch("tokens", "revoke", tokens[0]!.id, "--state", site.stateDir);
  await page.getByRole("textbox", { name: "Pairing code or access token" }).waitFor();
});

it("the door is opened by hand and locked down, each after a question, and what happened shows within a second", async (t) => {
  // A stranger is before the camera: what opens is the hand alone.
  const { daemon, site, url, code } = await openDoor(t, await portraits("stranger", 20));
  const page = await openPage(t, url, 412, "dark");
  await letIn(page, code);
  const control = (name: string) =>
    page.getByRole("region", { name: "Door", exact: true }).getByRole("button", { name });
  await control("Open the door").click();
  await screenshot(page, "open-question");
  await control("Cancel").click();
  await control("Open the door").click();
  const askedAtMs = performance.now();
  await control("Open it").click();
  await page.getByRole("listitem").filter({ hasText: "Opened over the API by" }).first().waitFor();
  const shownAfterMs = performance.now() - askedAtMs;
  t.diagnostic(`the event showed after ${Math.round(shownAfterMs)} ms`);
  assert.ok(shownAfterMs < 1_000, `${shownAfterMs} ms`);
  await page.getByRole("status").getByText("Opened.").waitFor();
  await screenshot(page, "opened");
  await control("Lock down").click();
  await control("Lock it down").click();
  await page.getByRole("status").getByText("Locked down").first().waitFor();
  await control("Lift the lockdown").waitFor();
  assert.equal(await control("Open the door").count(), 0);
  await screenshot(page, "locked-down");
  await daemon.end();
  const after = RealDaemon.start(t, site);
  const again = await openPage(t, await after.url, 1280);
  await letIn(again, await pairedAgain(site));
  await again.getByRole("status").getByText("Locked down").first().waitFor();
  await again.getByRole("button", { name: "Lift the lockdown" }).click();
  await again.getByRole("button", { name: "Lift it" }).click();
  await again.getByRole("status").getByText("Locked", { exact: true }).first().waitFor();
  await screenshot(again, "desktop");
});

async function pairedAgain({ configPath }: Site): Promise<string> {
  return String((await facelatch("pair", "--config", configPath, "--json")).json()["code"]);
}

it("a token lets in for what it may, and the page offers no more", async (t) => {
  const { site, url } = await openDoor(t);
  const make = ["tokens", "make", "--name", "hall", "--scopes", "read", "--state", site.stateDir, "--json"];
  const page = await openPage(t, url, 1280, "dark");
  await letIn(page, String((await facelatch(...make)).json()["text"]));
  await page.getByRole("heading", { name: "Health" }).waitFor();
  assert.equal(await page.getByRole("region", { name: "Door", exact: true }).count(), 0);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("textbox", { name: "Pairing code or access token" }).waitFor();
  await page.reload();
  await page.getByRole("textbox", { name: "Pairing code or access token" }).waitFor();
});
