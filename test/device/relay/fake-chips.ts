// Stands in for the addon over GPIO character devices, where a machine has none: chips, who owns a line, and its voltage.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { CdevAddon } from "../../../device/gpio/gpio.ts";

interface OwnedLine {
  readonly key: string;
  readonly activeLow: boolean;
}

export class FakeChips implements CdevAddon {
  /** The folder of the devices. */
  readonly root: string;
  readonly #labels: readonly string[];
  readonly #owned = new Map<number, OwnedLine>();
  /** Voltages by chip and line: a line that nobody ever drove has none. */
  readonly #high = new Map<string, boolean>();
  #files = 100;
  failWrites = false;

  constructor(labels: readonly string[]) {
    this.#labels = labels;
    this.root = mkdtempSync(join(tmpdir(), "facelatch-chips-"));
    labels.forEach((_, index) => {
      writeFileSync(join(this.root, `gpiochip${index}`), "");
    });
    symlinkSync("gpiochip0", join(this.root, "gpiochip9"));
  }

  isHigh(chip: number, line: number): boolean {
    return this.#high.get(`gpiochip${chip}/${line}`) ?? false;
  }

  get ownedLines(): number {
    return this.#owned.size;
  }

  chipInfo(path: string) {
    const name = basename(path);
    const label = this.#labels[Number(/\d+$/.exec(name)?.[0])];
    if (label === undefined) throw new Error("ENOENT: No such file or directory, open chip");
    return { name, label, lines: 54 };
  }

  requestOutput(path: string, line: number, activeLow: boolean): number {
    const key = `${basename(path)}/${line}`;
    if ([...this.#owned.values()].some((owned) => owned.key === key)) {
      throw new Error("EBUSY: Device or resource busy, request line");
    }
    const file = ++this.#files;
    this.#owned.set(file, { key, activeLow });
    this.#high.set(key, activeLow);
    return file;
  }

  setActive(file: number, active: 0 | 1): void {
    const { key, activeLow } = this.#line(file);
    if (this.failWrites && active === 1) throw new Error("EIO: Input/output error, set line");
    this.#high.set(key, (active === 1) !== activeLow);
  }

  isActive(file: number): 0 | 1 {
    const { key, activeLow } = this.#line(file);
    return this.#high.get(key) === activeLow ? 0 : 1;
  }

  release(file: number): void {
    this.#line(file);
    this.#owned.delete(file);
  }

  close(): void {
    rmSync(this.root, { recursive: true });
  }

  #line(file: number): OwnedLine {
    const owned = this.#owned.get(file);
    if (owned === undefined) throw new Error("EBADF: Bad file descriptor");
    return owned;
  }
}
