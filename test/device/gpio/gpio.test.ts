// A line's number: found by its chip's label wherever the chip's base is, and told by the code of whoever needs it.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { findGpioNumber, type GpioUser } from "../../../device/gpio/gpio.ts";
import { FakeSysfs } from "../relay/fake-sysfs.ts";

let sysfs: FakeSysfs;

beforeEach(() => {
  sysfs = new FakeSysfs([
    { label: "raspberrypi-exp-gpio", base: 504, lines: 8 },
    { label: "pinctrl-bcm2835", base: 512, lines: 54 },
  ]);
});

afterEach(() => sysfs.close());

function find(chipLabel: string, line: number, root = sysfs.root): Promise<number> {
  return findGpioNumber("RELAY_UNAVAILABLE", chipLabel, line, root);
}

function unavailable(pattern: RegExp, code: GpioUser = "RELAY_UNAVAILABLE"): (error: unknown) => boolean {
  return (error) => error instanceof FacelatchError && error.code === code && pattern.test(error.message);
}

test("the line's number is found by the chip's label, whatever its base is", async () => {
  assert.equal(await find("pinctrl-bcm2835", 17), 529);
  assert.equal(await find("raspberrypi-exp-gpio", 0), 504);
});

test("a label that is unknown or ambiguous, a line that is not there and a missing sysfs are unavailable", async () => {
  const unknown = /0; the chips are: raspberrypi-exp-gpio, pinctrl-bcm2835/;
  await assert.rejects(find("pinctrl-bcm2711", 17), unavailable(unknown));
  for (const line of [54, -1, 1.5]) await assert.rejects(find("pinctrl-bcm2835", line), unavailable(/line 0 to 53/));
  await assert.rejects(find("pinctrl-bcm2835", 17, `${sysfs.root}/nothing`), unavailable(/ENOENT/));
  await writeFile(join(sysfs.root, "gpiochip504", "label"), "pinctrl-bcm2835\n");
  await assert.rejects(find("pinctrl-bcm2835", 17), unavailable(/found 2;/));
  await writeFile(join(sysfs.root, "gpiochip504", "base"), "none\n");
  await assert.rejects(find("pinctrl-bcm2835", 17), unavailable(/base "none", ngpio "8"/));
});

test("the error has the code of whoever needs the line", async () => {
  const refused = findGpioNumber("SECOND_STEP_UNAVAILABLE", "elsewhere", 1, sysfs.root);
  await assert.rejects(refused, unavailable(/"elsewhere"/, "SECOND_STEP_UNAVAILABLE"));
});
