// The kernel's GPIO files in a temporary folder, with the real onoff package working on them.
import fs from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";

const kernelRoot = "/sys/class/gpio/";

export interface FakeChip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

/** The waiter of the epoll package, which the kernel wakes when the level of an input changes. */
type Wake = (error: Error | null, fd: number, events: number) => void;

/** A voltage that a pin was driven to, by whichever process; it outlives the line's files. */
export interface DrivenPin {
  readonly gpio: number;
  readonly high: boolean;
  /** On the clock that all processes share. */
  readonly atMs: number;
}

/** The kernel's monotonic clock, the same in every process, in ms. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** All voltages that pins were driven to in the folder, the oldest first. */
export function drivenPins(root: string): DrivenPin[] {
  const lines = fs.readFileSync(join(root, pinsFile), "utf8").split("\n");
  // A line that is being written has no end yet.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as DrivenPin);
}

const pinsFile = "pins.jsonl";
const failWritesFile = "fail-writes";
const busyFile = "busy";
const priorityEvent = 2;
let current: FakeSysfs | null = null;

/** A plain file cannot be waited for: this takes the place of the native waiter, and the files below wake it. */
class FileEpoll {
  static readonly EPOLLPRI = priorityEvent;
  readonly #wake: Wake;

  constructor(wake: Wake) {
    this.#wake = wake;
  }

  add(fd: number): this {
    current?.wakers.set(fd, this.#wake);
    return this;
  }

  remove(fd: number): this {
    current?.wakers.delete(fd);
    return this;
  }
}

const epoll = createRequire(import.meta.resolve("onoff"))("epoll") as { Epoll: unknown };
// Before onoff is loaded, which happens when the first line is taken.
epoll.Epoll = FileEpoll;

/**
 * onoff knows only /sys/class/gpio: while this is in place, its file accesses there go to the folder, and what the kernel
 * does with them is done here: export and unexport, "high" and "low" as directions, polarity, edges, errors.
 */
export class FakeSysfs {
  readonly root: string;
  /** Makes reads of a line's value fail, as an expander that was unplugged does. */
  failReads = false;
  /** Makes the files of a line that is set up read-only, as missing permissions do. */
  refuseSetup = false;
  /** Every voltage that a line was driven to, with its global number. */
  readonly driven: [gpio: number, high: boolean][] = [];
  /** Who waits for the edges of which file descriptor. */
  readonly wakers = new Map<number, Wake>();
  readonly #pinsFd: number;
  readonly #valueFiles = new Map<number, string>();
  /** The voltages that the outside gives to inputs; high where nothing is said, as with a pull-up. */
  readonly #inputs = new Map<number, boolean>();

  /** @param root a folder that another process has made, where this one joins it */
  constructor(chips: readonly FakeChip[], root = fs.mkdtempSync(join(tmpdir(), "facelatch-gpio-"))) {
    this.root = root;
    this.#pinsFd = fs.openSync(join(root, pinsFile), "a");
    for (const { label, base, lines } of chips) {
      const folder = join(this.root, `gpiochip${base}`);
      fs.mkdirSync(folder);
      fs.writeFileSync(join(folder, "label"), `${label}\n`);
      fs.writeFileSync(join(folder, "base"), `${base}\n`);
      fs.writeFileSync(join(folder, "ngpio"), `${lines}\n`);
    }
    this.#intercept();
    current = this;
  }

  /** Makes writes to a line's value fail, as a broken expander does, in whichever process. */
  get failWrites(): boolean {
    return fs.existsSync(join(this.root, failWritesFile));
  }

  set failWrites(fails: boolean) {
    if (fails) fs.writeFileSync(join(this.root, failWritesFile), "");
    else fs.rmSync(join(this.root, failWritesFile), { force: true });
  }

  isExported(gpio: number): boolean {
    return fs.existsSync(this.#file(gpio, "value"));
  }

  /** The voltage of an exported output. */
  isHigh(gpio: number): boolean {
    return (this.#read(gpio, "value") === "1") !== (this.#read(gpio, "active_low") === "1");
  }

  /** What another process leaves behind: an exported line, an input unless told, at the low voltage. */
  export(gpio: number, direction: "in" | "out" = "in"): void {
    fs.mkdirSync(join(this.root, `gpio${gpio}`));
    for (const [name, text] of Object.entries({ value: "0", active_low: "0", edge: "none", direction })) {
      fs.writeFileSync(this.#file(gpio, name), `${text}\n`);
    }
  }

  set(gpio: number, name: "value" | "active_low", text: string): void {
    fs.writeFileSync(this.#file(gpio, name), `${text}\n`);
  }

  /** Gives an input a voltage, and wakes who waits for its edges. */
  input(gpio: number, high: boolean): void {
    const before = this.#inputs.get(gpio) ?? true;
    this.#inputs.set(gpio, high);
    if (!this.isExported(gpio) || this.#read(gpio, "direction") !== "in") return;
    this.#showInput(gpio);
    if (before === high || this.#read(gpio, "edge") === "none") return;
    for (const [fd, file] of this.#valueFiles) {
      if (file === this.#file(gpio, "value")) this.wakers.get(fd)?.(null, fd, priorityEvent);
    }
  }

  close(): void {
    current = null;
    mock.restoreAll();
    fs.closeSync(this.#pinsFd);
    fs.rmSync(this.root, { recursive: true });
  }

  #file(gpio: number, name: string): string {
    return join(this.root, `gpio${gpio}`, name);
  }

  #read(gpio: number, name: string): string {
    return fs.readFileSync(this.#file(gpio, name), "utf8").trim();
  }

  #redirected(path: unknown): unknown {
    return typeof path === "string" && path.startsWith(kernelRoot)
      ? join(this.root, path.slice(kernelRoot.length))
      : path;
  }

  #intercept(): void {
    const { existsSync, readFileSync, writeFileSync, openSync, closeSync, readSync, writeSync } = fs;
    mock.method(fs, "existsSync", (path: fs.PathLike) => existsSync(this.#redirected(path) as fs.PathLike));
    mock.method(fs, "readFileSync", (path: string, options?: "utf8") =>
      readFileSync(this.#redirected(path) as string, options),
    );
    mock.method(fs, "writeFileSync", (path: unknown, text: string) => {
      if (typeof path === "string" && path.startsWith(kernelRoot)) this.#write(path.slice(kernelRoot.length), text);
      else writeFileSync(path as string, text);
    });
    mock.method(fs, "openSync", (path: unknown, flags: string) => {
      const file = this.#redirected(path);
      const fd = openSync(file as fs.PathLike, flags);
      // Newer versions of Node.js open files of their own by other means than a string.
      if (typeof file === "string" && file.startsWith(this.root) && file.endsWith("/value"))
        this.#valueFiles.set(fd, file);
      return fd;
    });
    mock.method(fs, "closeSync", (fd: number) => {
      this.#valueFiles.delete(fd);
      closeSync(fd);
    });
    mock.method(fs, "readSync", (fd: number, ...rest: [NodeJS.ArrayBufferView]) => {
      if (this.#valueFiles.has(fd) && this.failReads) throw new Error("EIO: i/o error, read");
      return readSync(fd, ...rest);
    });
    mock.method(fs, "writeSync", (fd: number, ...rest: [Uint8Array]) => {
      const file = this.#valueFiles.get(fd);
      if (file !== undefined && this.failWrites) throw new Error("EIO: i/o error, write");
      const bytes = writeSync(fd, ...rest);
      if (file !== undefined) this.#note(Number(/gpio(\d+)\/value$/.exec(file)![1]));
      return bytes;
    });
  }

  #write(path: string, text: string): void {
    if (path === "export") {
      if (fs.existsSync(join(this.root, busyFile))) throw new Error("EBUSY: resource busy or locked, write");
      this.export(Number(text));
      return;
    }
    if (path === "unexport") {
      fs.rmSync(join(this.root, `gpio${text}`), { recursive: true });
      return;
    }
    if (this.refuseSetup) throw new Error("EACCES: permission denied, open");
    const [, number, name] = /^gpio(\d+)\/(\w+)$/.exec(path)!;
    const gpio = Number(number);
    if (name === "direction") {
      fs.writeFileSync(this.#file(gpio, "direction"), text === "in" ? "in\n" : "out\n");
      if (text === "in") {
        this.#showInput(gpio);
      } else {
        this.#show(gpio, text === "high");
        this.#note(gpio);
      }
    } else {
      fs.writeFileSync(this.#file(gpio, name!), `${text}\n`);
      if (name === "active_low" && this.#read(gpio, "direction") === "in") this.#showInput(gpio);
    }
  }

  #showInput(gpio: number): void {
    this.#show(gpio, this.#inputs.get(gpio) ?? true);
  }

  #show(gpio: number, high: boolean): void {
    const isActiveLow = this.#read(gpio, "active_low") === "1";
    this.set(gpio, "value", high !== isActiveLow ? "1" : "0");
  }

  #note(gpio: number): void {
    const high = this.isHigh(gpio);
    this.driven.push([gpio, high]);
    const pin: DrivenPin = { gpio, high, atMs: nowMs() };
    fs.writeSync(this.#pinsFd, `${JSON.stringify(pin)}\n`);
  }
}
