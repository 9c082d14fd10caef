// Finds the global number of a GPIO line in sysfs: the base of a chip moves between kernels, its label does not.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";

export const gpioSysfsRoot = "/sys/class/gpio";

interface GpioChip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

function unavailable(expected: string, found: string, next: string): FacelatchError {
  return new FacelatchError("RELAY_UNAVAILABLE", { expected, found, next });
}

async function readChips(root: string): Promise<GpioChip[]> {
  let names: string[];
  try {
    names = (await readdir(root)).filter((name) => /^gpiochip\d+$/.test(name)).sort();
  } catch (error) {
    throw unavailable(`the GPIO files in ${root}`, messageOf(error), "Use a kernel that has the GPIO sysfs interface.");
  }
  return Promise.all(names.map((name) => readChip(join(root, name))));
}

async function readChip(folder: string): Promise<GpioChip> {
  const read = async (name: string): Promise<string> => (await readFile(join(folder, name), "utf8")).trim();
  try {
    const [label, base, lines] = await Promise.all([read("label"), read("base"), read("ngpio")]);
    if (!/^\d+$/.test(base) || !/^\d+$/.test(lines)) throw new Error(`base "${base}", ngpio "${lines}"`);
    return { label, base: Number(base), lines: Number(lines) };
  } catch (error) {
    throw unavailable(`a GPIO chip in ${folder}`, messageOf(error), "Check that /sys may be read.");
  }
}

/**
 * The global number of line `line` of the chip with this label, such as "pinctrl-bcm2835".
 *
 * @throws FacelatchError RELAY_UNAVAILABLE when no chip or several have the label, or the chip has fewer lines
 */
export async function findGpioNumber(chipLabel: string, line: number, root: string = gpioSysfsRoot): Promise<number> {
  const chips = await readChips(root);
  const matching = chips.filter((chip) => chip.label === chipLabel);
  const [chip] = matching;
  if (chip === undefined || matching.length > 1) {
    const labels = chips.map((each) => each.label).join(", ") || "none";
    const expected = `one GPIO chip labelled "${chipLabel}"`;
    throw unavailable(expected, `${matching.length}; the chips are: ${labels}`, "Correct the relay's chip label.");
  }
  if (!(Number.isInteger(line) && line >= 0 && line < chip.lines)) {
    throw unavailable(`line 0 to ${chip.lines - 1} of "${chipLabel}"`, `line ${line}`, "Correct the relay's line.");
  }
  return chip.base + line;
}
