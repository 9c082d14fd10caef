// The port of GPIO lines: those of character devices, inputs that are kept and settled, and a line's global number in sysfs, as the
// base of a chip moves between kernels, its label does not.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";

export {
  type Bias,
  type CdevAddon,
  type CdevInput,
  type CdevOutput,
  type CdevSource,
  findCdevChip,
  type InputLineSettings,
  requestCdevInput,
  requestCdevOutput,
} from "./cdev.ts";
export { type InputEvents, type InputLine, KeptInput } from "./kept-input.ts";
export { SettledLevel } from "./settled-level.ts";

const gpioSysfsRoot = "/sys/class/gpio";

/** The code with which whoever needs the line fails. */
export type GpioUser =
  | "RELAY_UNAVAILABLE"
  | "SECOND_STEP_UNAVAILABLE"
  | "DOOR_LINE_UNAVAILABLE"
  | "PAIRING_BUTTON_UNAVAILABLE";

interface GpioChip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

type Unavailable = (expected: string, found: string, next: string) => FacelatchError;

async function readChips(root: string, unavailable: Unavailable): Promise<GpioChip[]> {
  let names: string[];
  try {
    names = (await readdir(root)).filter((name) => /^gpiochip\d+$/.test(name)).sort();
  } catch (error) {
    throw unavailable(`the GPIO files in ${root}`, messageOf(error), "Use a kernel that has the GPIO sysfs interface.");
  }
  return Promise.all(names.map((name) => readChip(join(root, name), unavailable)));
}

async function readChip(folder: string, unavailable: Unavailable): Promise<GpioChip> {
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
 * @throws FacelatchError `code` when no chip or several have the label, or the chip has fewer lines
 */
export async function findGpioNumber(
  code: GpioUser,
  chipLabel: string,
  line: number,
  root: string = gpioSysfsRoot,
): Promise<number> {
  const unavailable: Unavailable = (expected, found, next) => new FacelatchError(code, { expected, found, next });
  const chips = await readChips(root, unavailable);
  const matching = chips.filter((chip) => chip.label === chipLabel);
  const [chip] = matching;
  if (chip === undefined || matching.length > 1) {
    const labels = chips.map((each) => each.label).join(", ") || "none";
    const expected = `one GPIO chip labelled "${chipLabel}"`;
    throw unavailable(expected, `${matching.length}; the chips are: ${labels}`, "Correct chipLabel.");
  }
  if (!(Number.isInteger(line) && line >= 0 && line < chip.lines)) {
    throw unavailable(`line 0 to ${chip.lines - 1} of "${chipLabel}"`, `line ${line}`, "Correct line.");
  }
  return chip.base + line;
}
