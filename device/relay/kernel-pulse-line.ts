// A relay's line as an LED of the kernel with the trigger "oneshot": a pulse that has begun ends without any process.
//
// Sources: Documentation/ABI/testing/sysfs-class-led-trigger-oneshot, drivers/leds/{led-core,led-class,led-triggers}.c.
import { setTimeout as wait } from "node:timers/promises";
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { type LedFiles, openLedFiles } from "./led-files.ts";
import { describeLine, type KernelPulseLine, type OutputLine } from "./output-line.ts";

/**
 * So much later than a pulse's length this process ends what the kernel has not ended yet. Short pulses end by themselves until
 * then: the kernel begins with its next tick. Its timers may be an eighth late for long ones (kernel/time/timer.c), so its end
 * is what counts where nobody is left.
 */
export const kernelSlackMs = 60;

/** The shortest pause that the kernel keeps before the next shot; with 0 a pulse would never end. */
const delayOffMs = 1;
/** udev gives files that came anew to the daemon's group within this time. */
const armTimeoutMs = 3_000;
const armPollMs = 20;

/**
 * The line, inactive from the first moment. Its trigger is set anew, which ends whatever pulse an earlier process began.
 *
 * @throws FacelatchError RELAY_UNAVAILABLE where there is no such LED, it has another trigger, inverts, or may not be written
 */
export async function openKernelPulseLine(
  line: KernelPulseLine,
  files: LedFiles = openLedFiles(line.led),
  clock: TimerClock = monotonicClock,
): Promise<OutputLine> {
  const led = new OneshotLed(line, files, clock);
  await led.open();
  return led;
}

class OneshotLed implements OutputLine {
  readonly #line: KernelPulseLine;
  readonly #files: LedFiles;
  readonly #clock: TimerClock;
  /** Before this time a shot may be active, or about to be. */
  #shotEndsAtMs = Number.NEGATIVE_INFINITY;
  /** Why the trigger could not be set again after a pulse was ended; told by the next pulse. */
  #armFault: unknown = null;

  constructor(line: KernelPulseLine, files: LedFiles, clock: TimerClock) {
    this.#line = line;
    this.#files = files;
    this.#clock = clock;
  }

  async open(): Promise<void> {
    const trigger = this.#orUnavailable(() => this.#trigger());
    // An earlier guard may have been killed before it set the trigger again.
    if (trigger !== "oneshot" && trigger !== "none") throw this.#unavailable(`the trigger ${trigger}`);
    this.#orUnavailable(() => this.#end());
    if (this.#armFault !== null) throw this.#unavailable(messageOf(this.#armFault), this.#armFault);
    for (const startMs = performance.now(); !this.#mayShoot(); await wait(armPollMs)) {
      if (performance.now() - startMs > armTimeoutMs) throw this.#unavailable("files that this process may not write");
    }
    this.#orUnavailable(() => this.#verify());
  }

  write(level: 0 | 1, pulseMs: number): void {
    if (level === 1) this.#shoot(pulseMs);
    else if (this.#clock.nowMs() < this.#shotEndsAtMs || this.read() !== 0) this.#end();
  }

  read(): number {
    return Number(this.#files.read("brightness")) === 0 ? 0 : 1;
  }

  release(): void {}

  #shoot(pulseMs: number): void {
    if (this.#armFault !== null) throw this.#armFault;
    this.#verify();
    const delayOn = String(Math.round(pulseMs));
    this.#files.write("delay_on", delayOn);
    this.#files.write("delay_off", String(delayOffMs));
    this.#verifyFile("delay_on", delayOn);
    this.#verifyFile("delay_off", String(delayOffMs));
    this.#shotEndsAtMs = this.#clock.nowMs() + pulseMs + kernelSlackMs;
    this.#files.write("shot", "1");
  }

  #verify(): void {
    const trigger = this.#trigger();
    if (trigger !== "oneshot") throw this.#unavailable(`the trigger ${trigger}`);
    this.#verifyFile("invert", "0");
  }

  #verifyFile(name: "delay_on" | "delay_off" | "invert", expected: string): void {
    const found = this.#files.read(name);
    if (found !== expected) throw this.#unavailable(`${name} ${found} in place of ${expected}`);
  }

  /** Brightness 0 takes the trigger away, and with it a shot that is under way. */
  #end(): void {
    this.#files.write("brightness", "0");
    this.#shotEndsAtMs = Number.NEGATIVE_INFINITY;
    try {
      this.#files.write("trigger", "oneshot");
      this.#armFault = null;
    } catch (error) {
      // The line is inactive, which is what was asked for.
      this.#armFault = error;
    }
  }

  #mayShoot(): boolean {
    return (["delay_on", "delay_off", "shot"] as const).every((name) => this.#files.mayWrite(name));
  }

  /** The one in brackets. */
  #trigger(): string {
    const text = this.#files.read("trigger");
    return /\[([^\]]*)\]/.exec(text)?.[1] ?? "none that can be read";
  }

  #orUnavailable<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof FacelatchError ? error : this.#unavailable(messageOf(error), error);
    }
  }

  #unavailable(found: string, cause?: unknown): FacelatchError {
    return new FacelatchError("RELAY_UNAVAILABLE", {
      expected: `an LED with the trigger oneshot that this process may write (${describeLine(this.#line)})`,
      found,
      next: `Install the overlay with label=${this.#line.led} and trigger=oneshot, and facelatch.rules for udev; the kernel needs ledtrig-oneshot.`,
      cause,
    });
  }
}
