// Lines of the kernel's GPIO character devices, by the label of their chip.
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { packageRoot } from "../installation/installation.ts";
import type { GpioUser } from "./gpio.ts";

/** The addon's functions; each throws an Error whose message begins with the errno's name. */
export interface CdevAddon {
  chipInfo(path: string): { readonly name: string; readonly label: string; readonly lines: number };
  /** A file that owns the line; as an output that is inactive from its first moment. */
  requestOutput(path: string, line: number, activeLow: boolean, consumer: string): number;
  /** A file that owns the line as an input; `bias` is an index of `biases`. */
  requestInput(path: string, line: number, activeLow: boolean, bias: number, consumer: string): number;
  /** Calls back after edges, until the watch that it returns is ended, which comes before `release`. */
  watchEdges(file: number, onEdge: () => void): unknown;
  endWatch(watch: unknown): void;
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

/** What the kernel does with a pull resistor of the chip's own. */
const biases = ["as_is", "pull_up", "pull_down", "disabled"] as const;
export type Bias = (typeof biases)[number];

/** One line of one chip. */
export interface CdevLine {
  /** Of the GPIO chip, such as "pinctrl-bcm2835". */
  readonly chipLabel: string;
  readonly line: number;
}

/** An input as it is wired. */
export interface InputLineSettings extends CdevLine {
  /** Whether the low level is the active one. */
  readonly activeLow: boolean;
  readonly bias: Bias;
}

export interface CdevLineOptions extends CdevSource, CdevLine {
  /** The code of every error. */
  readonly user: GpioUser;
  readonly activeLow: boolean;
  /** Who owns the line, as gpioinfo shows it; at most 31 bytes. */
  readonly consumer: string;
}

export interface CdevInputOptions extends CdevLineOptions, InputLineSettings {
  /** Told after edges; must not throw. What the line's level is then, `read` says. */
  readonly onEdge: () => void;
}

/** One input, owned until `release` or the end of the process. Each function throws what the kernel says. */
export interface CdevInput {
  read(): 0 | 1;
  release(): void;
}

/** One output, likewise. */
export interface CdevOutput extends CdevInput {
  write(level: 0 | 1): void;
}

/** Where node-gyp leaves the addon. */
const addonPath = join(packageRoot, "device/gpio/cdev/build/Release/gpio_cdev.node");

/**
 * Takes the line as an output that is inactive from its first moment.
 *
 * @throws FacelatchError of `user` where the addon was not built, no chip or several have the label, the chip has
 * fewer lines, or the kernel does not give the line, as while another process owns it
 */
export function requestCdevOutput(options: CdevLineOptions): CdevOutput {
  const { line, activeLow, consumer } = options;
  const { addon, file } = requestLine(options, (addon, path) => addon.requestOutput(path, line, activeLow, consumer));
  const owned = new OwnedFile(file, () => addon.release(file));
  return {
    write: (level) => addon.setActive(owned.file, level),
    read: () => addon.isActive(owned.file),
    release: () => owned.release(),
  };
}

/**
 * Takes the line as an input, which is never driven.
 *
 * @throws FacelatchError as `requestCdevOutput` does
 */
export function requestCdevInput(options: CdevInputOptions): CdevInput {
  const { line, activeLow, consumer, bias, onEdge } = options;
  const { addon, file } = requestLine(options, (addon, path) =>
    addon.requestInput(path, line, activeLow, biases.indexOf(bias), consumer),
  );
  const watch = watchEdges(addon, file, onEdge);
  const owned = new OwnedFile(file, () => {
    addon.endWatch(watch);
    addon.release(file);
  });
  return { read: () => addon.isActive(owned.file), release: () => owned.release() };
}

/** The file of a request until its release: its number may be another line's a moment later. */
class OwnedFile {
  readonly #file: number;
  readonly #release: () => void;
  #isReleased = false;

  constructor(file: number, release: () => void) {
    this.#file = file;
    this.#release = release;
  }

  get file(): number {
    if (this.#isReleased) throw new Error("EBADF: the line was released");
    return this.#file;
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#release();
  }
}

/** A line that cannot be watched is given back. */
function watchEdges(addon: CdevAddon, file: number, onEdge: () => void): unknown {
  try {
    return addon.watchEdges(file, onEdge);
  } catch (error) {
    addon.release(file);
    throw error;
  }
}

function requestLine(
  options: CdevLineOptions,
  request: (addon: CdevAddon, path: string) => number,
): { readonly addon: CdevAddon; readonly file: number } {
  const { user, chipLabel, line } = options;
  const addon = options.addon ?? loadAddon(user);
  const path = findCdevChip({ ...options, addon });
  try {
    return { addon, file: request(addon, path) };
  } catch (cause) {
    throw new FacelatchError(user, {
      expected: `line ${line} of ${chipLabel} (${path}) for this process`,
      found: messageOf(cause),
      next: "See with `gpioinfo` who owns the line, and that the daemon's user may write the device.",
      cause,
    });
  }
}

/**
 * The path of the chip that has this label and such a line; the line itself is left alone.
 *
 * @throws FacelatchError of `user` as `requestCdevOutput` does, but for the line's owner
 */
export function findCdevChip(options: CdevSource & CdevLine & { readonly user: GpioUser }): string {
  const { user, chipLabel, line, devRoot = "/dev", addon = loadAddon(user) } = options;
  const unavailable = (expected: string, found: string, next: string) =>
    new FacelatchError(user, { expected, found, next });
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

function loadAddon(user: GpioUser): CdevAddon {
  try {
    return createRequire(import.meta.url)(addonPath) as CdevAddon;
  } catch (cause) {
    const mend = "Install a C compiler, python3 and make, then run `npm run install`";
    throw new FacelatchError(user, {
      expected: "the addon for GPIO character devices",
      found: messageOf(cause),
      next: user === "RELAY_UNAVAILABLE" ? `${mend}; or use the relay kind onoff.` : `${mend}.`,
      cause,
    });
  }
}
