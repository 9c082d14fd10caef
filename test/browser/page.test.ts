// The page in a real browser, on the demo's door: it shows who came and why the door opened, and takes the README's picture.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { packageRoot } from "../../device/installation/installation.ts";
import { freePort } from "../../training/demo/free-port.ts";
import { launchChromium } from "./chromium.ts";

const trainedWithinMs = 300_000;
const sceneWithinMs = 60_000;

let stateDir = "";
let demo: ChildProcess;
let browser: Browser;
let url = "";

before(async () => {
  stateDir = process.env["FACELATCH_DEMO_STATE"] ?? (await mkdtemp(join(tmpdir(), "facelatch-page-")));
  const port = await freePort(0);
  url = `http://127.0.0.1:${port}/`;
  const program = join(packageRoot, "dist/facelatch.js");
  demo = spawn(process.execPath, [program, "demo", "--state", stateDir, "--port", String(port)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  browser = await launchChromium();
  const deadline = AbortSignal.timeout(trainedWithinMs);
  while (!(await fetch(`${url}livez`, { signal: deadline }).catch(() => null))?.ok) {
    assert.ok(!deadline.aborted && demo.exitCode === null, "the demo did not come up");
    await once(AbortSignal.timeout(200), "abort");
  }
});

after(async () => {
  await browser?.close();
  if (demo !== undefined && demo.exitCode === null) {
    demo.kill("SIGTERM");
    await once(demo, "exit");
  }
  if (process.env["FACELATCH_DEMO_STATE"] === undefined) await rm(stateDir, { recursive: true, force: true });
});

async function openPage(
  widthPx: number,
  heightPx: number,
  scheme: "light" | "dark",
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: widthPx, height: heightPx }, colorScheme: scheme });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(url);
  return { page, errors };
}

for (const [name, widthPx, heightPx, scheme] of [
  ["desktop", 1280, 1500, "light"],
  ["phone", 412, 915, "dark"],
] as const) {
  test(`on a ${name} the page shows the door opening for the owner`, async () => {
    const { page, errors } = await openPage(widthPx, heightPx, scheme);
    // The relay pulses for three seconds; the scene brings the owner back in under half a minute.
    await page.getByRole("status").getByText("Unlocked").first().waitFor({ timeout: sceneWithinMs });
    await page.locator("svg rect").first().waitFor({ timeout: sceneWithinMs });
    await page.getByText("Markus").first().waitFor();
    await mkdir(join(packageRoot, "reports"), { recursive: true });
    await page.screenshot({ path: join(packageRoot, `reports/page-${name}.png`) });
    await page.getByRole("status").getByText("Locked").first().waitFor({ timeout: sceneWithinMs });
    assert.deepEqual(errors, []);
    await page.close();
  });
}
