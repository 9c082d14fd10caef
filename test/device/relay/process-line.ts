// A line whose kernel files stand in a folder, for guards in processes of their own, and watched from outside of them.
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../../../device/installation/installation.ts";
import type { GuardSettings } from "../../../device/relay/relay-guard.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { drivenPins } from "./fake-sysfs.ts";

const base = 512;
const line = 17;
let chips = 0;

export class ProcessLine {
  readonly root: string;
  /** Of its own for each line, as claims are the machine's. */
  readonly chipLabel = `stand-in-${process.pid}-${++chips}`;
  readonly line = line;
  readonly gpio = base + line;
  readonly activeLow: boolean;
  /** What a process needs in its environment to see the files. */
  readonly nodeOptions: string;

  constructor(activeLow = false) {
    this.activeLow = activeLow;
    this.root = mkdtempSync(join(tmpdir(), "facelatch-line-"));
    const folder = join(this.root, `gpiochip${base}`);
    mkdirSync(folder);
    const chip = { label: this.chipLabel, base, ngpio: 54 };
    for (const [name, text] of Object.entries(chip)) writeFileSync(join(folder, name), `${text}\n`);
    writeFileSync(join(this.root, "pins.jsonl"), "");
    const preload = new URL(`file://${join(packageRoot, "dist/test/device/relay/sysfs-preload.js")}`);
    preload.searchParams.set("root", this.root);
    this.nodeOptions = `--import=${preload.href}`;
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, NODE_OPTIONS: this.nodeOptions };
  }

  /** Whether the pin has the active voltage; one that was never driven has not. */
  isActive(): boolean {
    return drivenPins(this.root).at(-1)?.high === !this.activeLow;
  }

  /** How often the pin went active. */
  activations(): number {
    return drivenPins(this.root).filter(({ high }) => high !== this.activeLow).length;
  }

  /** Since when the pin is inactive, on the machine's clock; waits until it is. */
  async inactiveAtMs(deadlineMs?: number): Promise<number> {
    const pins = await eventually(
      "the line is inactive",
      () => drivenPins(this.root),
      (all) => all.at(-1)?.high === this.activeLow,
      deadlineMs,
    );
    const last = pins.findLastIndex(({ high }) => high !== this.activeLow);
    return pins[last + 1]!.atMs;
  }

  async untilActive(): Promise<void> {
    await eventually("the line is active", () => this.isActive(), Boolean);
  }

  set failWrites(fails: boolean) {
    if (fails) writeFileSync(join(this.root, "fail-writes"), "");
    else rmSync(join(this.root, "fail-writes"), { force: true });
  }

  /** Whether the kernel refuses to give the line to anybody, as it does while a driver has it. */
  set isBusy(busy: boolean) {
    if (busy) writeFileSync(join(this.root, "busy"), "");
    else rmSync(join(this.root, "busy"), { force: true });
  }

  /** A guard without a daemon: the test speaks to it. */
  forkGuard(settings: Omit<GuardSettings, "kind" | "chipLabel" | "line" | "activeLow">): ChildProcess {
    const { chipLabel, activeLow } = this;
    const own: GuardSettings = { kind: "onoff", chipLabel, line, activeLow, ...settings };
    return fork(join(packageRoot, "dist/device/relay/relay-guard.js"), [JSON.stringify(own)], {
      env: this.environment,
      execArgv: [],
    });
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
