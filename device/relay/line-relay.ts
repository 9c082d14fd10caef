// A relay on a line, whichever of the kernel's ways leads to it.
import type { TimerClock } from "../clock/clock.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import type { CdevSource } from "../gpio/gpio.ts";
import { openCdevLine } from "./cdev-line.ts";
import { kernelSlackMs, openKernelPulseLine } from "./kernel-pulse-line.ts";
import type { LedFiles } from "./led-files.ts";
import { openOnoffLine } from "./onoff-line.ts";
import { describeLine, type OutputLine, type RelayLine } from "./output-line.ts";
import { PulseTimer } from "./pulse-timer.ts";
import type { Relay, RelayLimits, RelayStatus } from "./relay.ts";

export type LineRelayOptions = RelayLine & {
  readonly limits: RelayLimits;
  /** The folder of the sysfs chips; "/sys/class/gpio" unless told. */
  readonly sysfsRoot?: string;
  readonly cdev?: CdevSource;
  /** Of the kernel's LED; those in /sys/class/leds unless told. */
  readonly ledFiles?: LedFiles;
  readonly clock?: TimerClock;
};

/**
 * The line may keep its level when this process is killed: so the relay guard runs it, in a process that has nothing else
 * to do.
 */
export class LineRelay implements Relay {
  readonly #options: LineRelayOptions;
  readonly #timer: PulseTimer;
  #line: OutputLine | null = null;
  #starting: Promise<void> | null = null;
  #startFault: RelayStatus["fault"] = null;

  constructor(options: LineRelayOptions) {
    this.#options = options;
    this.#timer = new PulseTimer(
      describeLine(options),
      options.limits,
      options.clock,
      options.kind === "kernel-pulse" ? kernelSlackMs : 0,
    );
  }

  /** Calls that come together take the line once: to ask the kernel for it twice would fail. */
  start(): Promise<void> {
    this.#starting ??= this.#begin().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #begin(): Promise<void> {
    if (this.#line !== null) return;
    try {
      this.#line = await this.#take();
      this.#startFault = null;
    } catch (error) {
      this.#startFault = { code: "RELAY_UNAVAILABLE", message: messageOf(error) };
      throw error;
    }
  }

  async #take(): Promise<OutputLine> {
    const line = await this.#open();
    try {
      this.#timer.start((level, pulseMs) => line.write(level, pulseMs));
      this.#verifyInactive(line);
    } catch (error) {
      await this.#timer.stop().finally(() => line.release());
      throw error;
    }
    return line;
  }

  async #open(): Promise<OutputLine> {
    const options = this.#options;
    if (options.kind === "kernel-pulse") return openKernelPulseLine(options, options.ledFiles, options.clock);
    if (options.kind === "gpio-cdev") return openCdevLine(options, options.cdev);
    return openOnoffLine(options, options.sysfsRoot);
  }

  /** @param pulseMs how long, where the limits' own length is not meant */
  pulse(onActive?: () => void, pulseMs?: number): Promise<void> {
    return this.#timer.pulse(pulseMs, onActive);
  }

  relock(): void {
    this.#timer.relock();
  }

  heartbeat(): void {}

  status(): RelayStatus {
    const { fault, ...status } = this.#timer.status;
    return { adapter: describeLine(this.#options), ...status, guard: null, fault: fault ?? this.#startFault };
  }

  async stop(): Promise<void> {
    const line = this.#line;
    this.#line = null;
    if (line === null) return;
    try {
      await this.#timer.stop();
    } finally {
      line.release();
    }
  }

  #verifyInactive(line: OutputLine): void {
    let value: number;
    try {
      value = line.read();
    } catch (error) {
      throw this.#unavailable(messageOf(error), error);
    }
    if (value !== 0) throw this.#unavailable("a line that stays active");
  }

  #unavailable(found: string, cause?: unknown): FacelatchError {
    return new FacelatchError("RELAY_UNAVAILABLE", {
      expected: `an inactive output (${describeLine(this.#options)})`,
      found,
      next: "Check that nothing else drives the line, and its wiring.",
      cause,
    });
  }
}
