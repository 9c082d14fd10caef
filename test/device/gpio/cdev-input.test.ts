// Inputs through the character device: the contract on a stand-in, and the compiled addon's watch on a file that can be polled.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import type { CdevAddon } from "../../../device/gpio/gpio.ts";
import { packageRoot } from "../../../device/installation/installation.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { inputContract } from "../../guest/inside/input-contract.ts";
import { FakeChips } from "../relay/fake-chips.ts";

describe("an input of a character device, a stand-in,", () => {
  for (const { behaviour, run } of inputContract) {
    it(behaviour, async (t) => {
      const chips = new FakeChips(["pinctrl-bcm2835"]);
      t.after(() => chips.close());
      await run({
        ...{ chipLabel: "pinctrl-bcm2835", line: 22, source: { devRoot: chips.root, addon: chips } },
        setHigh: (high) => chips.setHigh(0, 22, high),
      });
      assert.equal(chips.ownedLines, 0);
    });
  }
});

const addon = createRequire(import.meta.url)(
  join(packageRoot, "device/gpio/cdev/build/Release/gpio_cdev.node"),
) as CdevAddon;

test("the compiled addon tells each time that something is there, and nothing after the watch's end", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-edges-"));
  t.after(() => rmSync(folder, { recursive: true }));
  // A pipe can be polled as a line's file can.
  const [watched, other] = ["watched", "other"].map((name) => {
    execFileSync("mkfifo", [join(folder, name)]);
    return openSync(join(folder, name), constants.O_RDWR | constants.O_NONBLOCK);
  });
  let [told, otherTold] = [0, 0];
  const watch = addon.watchEdges(watched!, () => told++);
  const otherWatch = addon.watchEdges(other!, () => otherTold++);
  for (let edge = 1; edge <= 3; edge++) {
    writeSync(watched!, "an edge");
    await eventually(
      "the edge is told",
      async () => told,
      (times) => times === edge,
    );
  }
  addon.endWatch(watch);
  writeSync(watched!, "an edge");
  writeSync(other!, "an edge");
  await eventually(
    "the other one's edge is told",
    async () => otherTold,
    (times) => times === 1,
  );
  assert.equal(told, 3);
  addon.endWatch(otherWatch);
  for (const file of [watched!, other!]) closeSync(file);
});

test("the compiled addon refuses what makes no sense", () => {
  assert.throws(() => addon.requestInput("/dev/null", 3, false, 1, "test"), { code: "ENOTTY" });
  assert.throws(() => addon.requestInput("/dev/null", 3, false, 4, "test"), TypeError);
  assert.throws(() => addon.watchEdges(4_000, () => {}), { code: /E/ });
  assert.throws(() => addon.watchEdges(0, "no function" as unknown as () => void), TypeError);
  assert.throws(() => addon.endWatch("no watch"), TypeError);
});
