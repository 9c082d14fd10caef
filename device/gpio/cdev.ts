// Output lines of the kernel's GPIO character devices, by the label of their chip.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { packageRoot } from "../installation/installation.ts";

/** The addon's functions; each throws an Error whose message begins with the errno's name. */
export interface CdevAddon {
  chipInfo(path: string): { readonly name: string; readonly label: string; readonly lines: number };
  /** A file that owns the line; as an output that is inactive from its first moment. */
  requestOutput(path: string, line: number, activeLow: boolean, consumer: string): number;
  setActive(file: number, active: 0 | 1): void;
  isActive(file: number): 0 | 1;
  release(file: number): void;
}

export interface CdevSource {
  /** The folder of the character devices; "/dev" unless told. */
  readonly devRoot?: string;
  /** The compiled addon unless told. */
  readonly addon?: CdevAddon;
}

export interface CdevOutputOptions extends CdevSource {
  readonly chipLabel: string;
  readonly line: number;
  readonly activeLow: boolean;
  /** Who owns the line, as gpioinfo shows it; at most 31 bytes. */
  readonly consumer: string;
}

/** One line, owned until `release` or the end of the process. Each function throws what the kernel says. */
export interface CdevOutput {
  write(level: 0 | 1): void;
  read(): 0 | 1;
  release(): void;
}

/** Where node-gyp leaves the addon. */
const addonPath = join(packageRoot, "device/gpio/cdev/build/Release/gpio_cdev.node");

/**
 * Takes the line as an output that is inactive from its first moment.
 *
 * @throws FacelatchError RELAY_UNAVAILABLE where the addon was not built, no chip or several have the label, the chip has
 * fewer lines, or the kernel does not give the line, as while another process owns it
 */
export function requestCdevOutput(options: CdevOutputOptions): CdevOutput {
  const { chipLabel, line, activeLow, consumer } = options;
  const addon = options.addon ?? loadAddon();
  const path = findCdevChip({ ...options, addon });
  let file: number;
  try {
    file = addon.requestOutput(path, line, activeLow, consumer);
  } catch (cause) {
    throw unavailable(
      `line ${line} of ${chipLabel} (${path}) for this process`,
      messageOf(cause),
      "See with `gpioinfo` who owns the line, and that the daemon's user may write the device.",
      cause,
    );
  }
  return {
    write: (level) => addon.setActive(file, level),
    read: () => addon.isActive(file),
    release: () => addon.release(file),
  };
}

/**
 * The path of the chip that has this label and such a line; the line itself is left alone.
 *
 * @throws FacelatchError RELAY_UNAVAILABLE as `requestCdevOutput` does, but for the line's owner
 */
export function findCdevChip(options: CdevSource & Pick<CdevOutputOptions, "chipLabel" | "line">): string {
  const { chipLabel, line, devRoot = "/dev", addon = loadAddon() } = options;
  // Some systems link an old name to a chip, which must not count twice.
  const chips = readdirSync(devRoot, { withFileTypes: true })
    .filter((entry) => /^gpiochip\d+$/.test(entry.name) && !entry.isSymbolicLink())
    .map(({ name }) => readChip(addon, join(devRoot, name)))
    .sort((a, b) => a.path.localeCompare(b.path));
  const matching = chips.filter(({ label }) => label === chipLabel);
  const [chip] = matching;
  if (chip === undefined || matching.length > 1) {
    const found = chips.map(({ path, label }) => `${path} ${label}`).join(", ") || "none";
    const next = chips.length === 0 ? "Use a board with GPIO character devices." : "Correct chipLabel.";
    throw unavailable(`one GPIO chip labelled "${chipLabel}"`, `${matching.length}; the chips are: ${found}`, next);
  }
  if (!(Number.isInteger(line) && line >= 0 && line < chip.lines)) {
    throw unavailable(`line 0 to ${chip.lines - 1} of "${chipLabel}"`, `line ${line}`, "Correct line.");
  }
  return chip.path;
}

/** A chip that may not be opened is none to choose; its message stands where its label would. */
function readChip(addon: CdevAddon, path: string): { path: string; label: string; lines: number } {
  try {
    const { label, lines } = addon.chipInfo(path);
    return { path, label, lines };
  } catch (error) {
    return { path, label: `(${messageOf(error)})`, lines: 0 };
  }
}

function loadAddon(): CdevAddon {
  try {
    return createRequire(import.meta.url)(addonPath) as CdevAddon;
  } catch (cause) {
    throw unavailable(
      "the addon for GPIO character devices",
      messageOf(cause),
      "Install a C compiler, python3 and make, then run `npm run install`; or use the relay kind onoff.",
      cause,
    );
  }
}

function unavailable(expected: string, found: string, next: string, cause?: unknown): FacelatchError {
  return new FacelatchError("RELAY_UNAVAILABLE", { expected, found, next, cause });
}
