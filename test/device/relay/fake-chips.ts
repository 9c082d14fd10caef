// Stands in for the addon over GPIO character devices, where a machine has none: chips, who owns a line, and its voltage.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { CdevAddon } from "../../../device/gpio/gpio.ts";

interface OwnedLine {
  readonly key: string;
  readonly activeLow: boolean;
  onEdge: () => void;
}

const [pullUp, pullDown] = [1, 2];

export class FakeChips implements CdevAddon {
  /** The folder of the devices. */
  readonly root: string;
  readonly #labels: readonly string[];
  readonly #owned = new Map<number, OwnedLine>();
  /** Voltages by chip and line: a line that nobody ever drove has none. */
  readonly #high = new Map<string, boolean>();
  /** Lines that something outside gives their voltage, whatever their pull resistor is. */
  readonly #wired = new Set<string>();
  #files = 100;
  failWrites = false;
  failReads = false;
  losesEdges = false;

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

  /** What is wired to the line, or its pull, gives it another voltage; whoever watches it learns of an edge. */
  setHigh(chip: number, line: number, high: boolean): void {
    const key = `gpiochip${chip}/${line}`;
    this.#wired.add(key);
    if (this.#high.get(key) === high) return;
    this.#high.set(key, high);
    if (this.losesEdges) return;
    for (const owned of this.#owned.values()) if (owned.key === key) owned.onEdge();
  }

  /** The chip is gone: a watch tells of that, and reads fail. */
  unplug(): void {
    this.failReads = true;
    for (const { onEdge } of [...this.#owned.values()]) onEdge();
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
    const file = this.#request(path, line, activeLow);
    this.#high.set(this.#line(file).key, activeLow);
    return file;
  }

  requestInput(path: string, line: number, activeLow: boolean, bias: number): number {
    const file = this.#request(path, line, activeLow);
    // A pull resistor decides where nothing else does.
    const { key } = this.#line(file);
    if ((bias === pullUp || bias === pullDown) && !this.#wired.has(key)) this.#high.set(key, bias === pullUp);
    return file;
  }

  watchEdges(file: number, onEdge: () => void): number {
    this.#line(file).onEdge = onEdge;
    return file;
  }

  endWatch(watch: unknown): void {
    this.#line(watch as number).onEdge = () => {};
  }

  #request(path: string, line: number, activeLow: boolean): number {
    const key = `${basename(path)}/${line}`;
    if ([...this.#owned.values()].some((owned) => owned.key === key)) {
      throw new Error("EBUSY: Device or resource busy, request line");
    }
    const file = ++this.#files;
    this.#owned.set(file, { key, activeLow, onEdge: () => {} });
    return file;
  }

  setActive(file: number, active: 0 | 1): void {
    const { key, activeLow } = this.#line(file);
    if (this.failWrites && active === 1) throw new Error("EIO: Input/output error, set line");
    this.#high.set(key, (active === 1) !== activeLow);
  }

  isActive(file: number): 0 | 1 {
    const { key, activeLow } = this.#line(file);
    if (this.failReads) throw new Error("ENODEV: No such device, get line");
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
