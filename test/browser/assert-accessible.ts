// That a page can be read and used by everybody, as far as axe can tell, and is no wider than the screen.
import assert from "node:assert/strict";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { readAxe } from "./chromium.ts";

let axe: string | null = null;

/** What reaches beyond the right edge of its panel or its group of fields. */
const outside = `[...document.querySelectorAll(".panel, .panel fieldset")].flatMap((box) => {
  const { right } = box.getBoundingClientRect();
  const inside = [...box.querySelectorAll("*")].filter((element) => element.checkVisibility());
  return inside.filter((element) => element.getBoundingClientRect().right > right + 1).map((each) => each.outerHTML);
})`;

export async function assertAccessible(page: Page, what: string): Promise<void> {
  axe ??= await readAxe();
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
  const cut = await page.evaluate(outside);
  assert.deepEqual(cut, [], `${what}: nothing runs out of its panel`);
}
