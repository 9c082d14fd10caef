// What the page says of the door itself, of whose contact, bolt and case it is told.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import type { Browser } from "playwright-core";
import { type DoorIoStatus, nothingWired } from "../../device/door-io/door-io.ts";
import { fakeDevice, statusReport } from "../device/api/fake-device.ts";
import { launchChromium } from "./chromium.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

const standings: readonly (readonly [
  name: string,
  door: Partial<Omit<DoorIoStatus, "faults">>,
  said: readonly string[],
])[] = [
  ["nothing of a door that nothing is wired to", {}, []],
  ["that it is closed", { contact: "closed" }, ["The door is closed."]],
  [
    "that it was forced, and for how long it has been open",
    { contact: "open", openMs: 125_000, forced: true },
    ["The door is open, for 2 min.", "It was forced."],
  ],
  ["that nobody can tell", { contact: "unknown" }, ["Whether the door is open cannot be told."]],
  ["of a bolt that is jammed", { contact: "closed", jammed: true }, ["The door is closed.", "The bolt is jammed."]],
  ["of a case that is open", { tamper: "tampered" }, ["The case was opened."]],
];

for (const [name, door, said] of standings) {
  it(`the page tells ${name}`, async (t) => {
    const device = fakeDevice(t, {});
    device.status = () => statusReport({ door: { ...nothingWired, ...door, faults: [] } });
    const page = await browser.newPage({ viewport: { width: 412, height: 915 } });
    t.after(() => page.close());
    await page.goto(await device.api.listen({ host: "127.0.0.1", port: 0 }));
    const lock = page.getByRole("region", { name: "Lock" });
    await lock.getByText("Locked", { exact: true }).waitFor();
    const [, , ...lines] = (await lock.getByRole("status").innerText()).split("\n").filter((line) => line !== "");
    assert.equal(lines.join(" "), said.join(" "));
  });
}
