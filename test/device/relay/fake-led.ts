// An LED of the kernel as files in a folder, which do what the kernel's do when they are written.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LedFile, type LedFiles, openLedFiles } from "../../../device/relay/led-files.ts";
import type { FakeClock } from "./fake-clock.ts";

const name = "facelatch";
const ofOneshot = { delay_on: "100", delay_off: "100", invert: "0", shot: "" } as const;

export class FakeLed implements LedFiles {
  readonly root = mkdtempSync(join(tmpdir(), "facelatch-led-"));
  readonly #files = openLedFiles(name, this.root);
  readonly #clock: FakeClock;
  #cancel: () => void = () => {};
  /** Writes that fail, by file. */
  readonly broken = new Set<LedFile>();
  /** What the kernel makes of a time that it is given. */
  keepsDelay = (text: string): string => text;
  shots = 0;

  constructor(clock: FakeClock, trigger = "oneshot") {
    this.#clock = clock;
    mkdirSync(join(this.root, name));
    this.put("brightness", "0");
    this.#setTrigger(trigger);
  }

  /** As somebody else would, past the kernel's reaction. */
  put(file: LedFile, text: string): void {
    writeFileSync(join(this.root, name, file), `${text}\n`);
  }

  isOn(): boolean {
    return readFileSync(join(this.root, name, "brightness"), "utf8") !== "0\n";
  }

  read(file: LedFile): string {
    return this.#files.read(file);
  }

  write(file: LedFile, text: string): void {
    if (this.broken.has(file)) throw new Error(`EIO: i/o error, write ${file}`);
    this.#files.write(file, text);
    if (file === "delay_on" || file === "delay_off") this.put(file, this.keepsDelay(text));
    else if (file === "trigger") this.#setTrigger(text);
    else if (file === "shot") this.#shoot();
    else if (file === "brightness" && text === "0") {
      this.put("brightness", "0");
      this.#setTrigger("none");
    }
  }

  mayWrite(file: LedFile): boolean {
    return this.#files.mayWrite(file);
  }

  close(): void {
    chmodSync(join(this.root, name), 0o700);
    rmSync(this.root, { recursive: true });
  }

  #setTrigger(trigger: string): void {
    this.#cancel();
    const known = ["none", "heartbeat", "oneshot"].map((each) => (each === trigger ? `[${each}]` : each));
    this.put("trigger", known.join(" "));
    for (const [file, text] of Object.entries(ofOneshot)) {
      if (trigger === "oneshot") this.put(file as LedFile, text);
      else rmSync(join(this.root, name, file), { force: true });
    }
  }

  #shoot(): void {
    if (this.isOn()) return;
    this.shots++;
    this.put("brightness", "1");
    // With 0 the kernel leaves it on.
    if (this.read("delay_off") === "0") return;
    this.#cancel = this.#clock.after(Number(this.read("delay_on")), () => this.put("brightness", "0"));
  }
}
