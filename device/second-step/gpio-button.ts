// A button on a GPIO line as the second step, through the onoff package and the kernel's sysfs interface.
import type { Gpio } from "onoff";
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { findGpioNumber } from "../gpio/gpio.ts";
import { Confirmations } from "./confirmations.ts";
import { PressDetector, type PressLimits } from "./press-detector.ts";
import type { SecondStep, SecondStepStatus, StepRefusal } from "./second-step.ts";

export interface GpioButtonOptions {
  /** The label of the GPIO chip, such as "pinctrl-bcm2835". */
  readonly chipLabel: string;
  /** The line's number on that chip; on a Raspberry Pi, the GPIO number. */
  readonly line: number;
  /** Whether a pressed button gives the low level, as one between the line and ground does. */
  readonly activeLow: boolean;
  readonly limits: PressLimits;
  /** The folder of the chips; "/sys/class/gpio" unless told. */
  readonly sysfsRoot?: string;
  readonly clock?: TimerClock;
}

const retryMs = 5_000;

/** A press confirms at its end; see `PressDetector`. A line that is lost is taken again as soon as it can be had. */
export class GpioButton implements SecondStep {
  readonly #options: GpioButtonOptions;
  readonly #clock: TimerClock;
  readonly #confirmations = new Confirmations();
  readonly #detector: PressDetector;
  #gpio: Gpio | null = null;
  #started = false;
  #lineFault: FacelatchError | null = null;
  #cancelRetry: () => void = () => {};

  constructor(options: GpioButtonOptions) {
    this.#options = options;
    this.#clock = options.clock ?? monotonicClock;
    this.#detector = new PressDetector({
      limits: options.limits,
      clock: this.#clock,
      readLevel: () => this.#readLevel(),
      onPress: () => this.#confirmations.confirm(),
    });
  }

  async start(): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    await this.#take();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#lineFault = null;
    this.#cancelRetry();
    this.#release();
  }

  status(): SecondStepStatus {
    const { fault } = this.#detector;
    const error = this.#lineFault ?? (fault === null ? null : this.#unavailable(fault));
    return {
      adapter: this.#adapter(),
      fault: error === null ? null : { code: "SECOND_STEP_UNAVAILABLE", message: error.message },
      confirmations: this.#confirmations.count,
    };
  }

  onConfirmed(listener: () => boolean): void {
    this.#confirmations.onConfirmed(listener);
  }

  onRefused(listener: (reason: StepRefusal) => void): void {
    this.#confirmations.onRefused(listener);
  }

  #adapter(): string {
    const { chipLabel, line, activeLow } = this.#options;
    return `button, ${chipLabel} line ${line}${activeLow ? ", active low" : ""}`;
  }

  /** Takes the line, now or as soon as it can be had. */
  async #take(): Promise<void> {
    try {
      const { chipLabel, line, sysfsRoot } = this.#options;
      const number = await findGpioNumber("SECOND_STEP_UNAVAILABLE", chipLabel, line, sysfsRoot);
      // Loaded here, so that a machine without its native part can run without a button.
      const onoff = await import("onoff");
      if (this.#started && this.#gpio === null) this.#watch(onoff, number);
    } catch (error) {
      this.#lose(error);
    }
  }

  #watch(onoff: typeof import("onoff"), number: number): void {
    const gpio = new onoff.Gpio(number, "in", "both", { activeLow: this.#options.activeLow });
    this.#gpio = gpio;
    this.#verifySetup(gpio);
    this.#guardReads(gpio);
    gpio.watch(() => this.#detector.edge());
    this.#lineFault = null;
    this.#detector.start();
  }

  /** The package ignores every failure to set up a line that was exported before. */
  #verifySetup(gpio: Gpio): void {
    const { activeLow } = this.#options;
    if (gpio.direction() === "in" && gpio.edge() === "both" && gpio.activeLow() === activeLow) return;
    const found = `direction ${gpio.direction()}, edge ${gpio.edge()}, active low ${gpio.activeLow()}`;
    throw this.#unavailable(found);
  }

  /** The package reads the line in a callback of its own, where an error would end the process. */
  #guardReads(gpio: Gpio): void {
    const read = gpio.readSync.bind(gpio);
    gpio.readSync = () => {
      try {
        return read();
      } catch (error) {
        if (this.#gpio === gpio) this.#lose(error);
        return 0;
      }
    };
  }

  #readLevel(): 0 | 1 | null {
    const level = this.#gpio?.readSync() ?? null;
    return this.#gpio === null ? null : level;
  }

  /** Gives the line up, tells why, and tries again later. */
  #lose(error: unknown): void {
    this.#release();
    if (!this.#started) return;
    const told = error instanceof FacelatchError ? error : this.#unavailable(messageOf(error), error);
    this.#lineFault = told;
    this.#cancelRetry();
    this.#cancelRetry = this.#clock.after(retryMs, () => void this.#take());
  }

  #release(): void {
    const gpio = this.#gpio;
    this.#gpio = null;
    this.#detector.stop();
    gpio?.unexport();
  }

  #unavailable(found: string, cause?: unknown): FacelatchError {
    return new FacelatchError("SECOND_STEP_UNAVAILABLE", {
      expected: `an input that is inactive while nobody presses (${this.#adapter()})`,
      found,
      next: "Check the button, its wiring and pull-up, and that the daemon's user may write the GPIO files.",
      cause,
    });
  }
}
