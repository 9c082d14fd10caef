// A button on a GPIO line as the second step, through the onoff package and the kernel's sysfs interface.
import type { Gpio } from "onoff";
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import { FacelatchError } from "../errors/errors.ts";
import { findGpioNumber, type InputEvents, type InputLine, KeptInput } from "../gpio/gpio.ts";
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

/** A press confirms at its end; see `PressDetector`. A line that is lost is taken again as soon as it can be had. */
export class GpioButton implements SecondStep {
  readonly #options: GpioButtonOptions;
  readonly #confirmations = new Confirmations();
  readonly #detector: PressDetector;
  readonly #input: KeptInput;

  constructor(options: GpioButtonOptions) {
    this.#options = options;
    const clock = options.clock ?? monotonicClock;
    this.#detector = new PressDetector({
      limits: options.limits,
      clock,
      readLevel: () => this.#input.read(),
      onPress: () => this.#confirmations.confirm(),
    });
    this.#input = new KeptInput({
      open: (events) => this.#open(events),
      clock,
      unavailable: (found, cause) => this.#unavailable(found, cause),
      onEdge: () => this.#detector.edge(),
      onTaken: () => this.#detector.start(),
      onLost: () => this.#detector.stop(),
    });
  }

  start(): Promise<void> {
    return this.#input.start();
  }

  async stop(): Promise<void> {
    this.#input.stop();
    this.#detector.stop();
  }

  status(): SecondStepStatus {
    const { fault } = this.#detector;
    const error = this.#input.fault ?? (fault === null ? null : this.#unavailable(fault));
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

  async #open({ edge, failed }: InputEvents): Promise<InputLine> {
    const { chipLabel, line, activeLow, sysfsRoot } = this.#options;
    const number = await findGpioNumber("SECOND_STEP_UNAVAILABLE", chipLabel, line, sysfsRoot);
    // Loaded here, so that a machine without its native part can run without a button.
    const onoff = await import("onoff");
    const gpio = new onoff.Gpio(number, "in", "both", { activeLow });
    try {
      this.#verifySetup(gpio);
      guardReads(gpio, failed);
      gpio.watch(edge);
    } catch (error) {
      gpio.unexport();
      throw error;
    }
    return { read: () => gpio.readSync(), release: () => gpio.unexport() };
  }

  /** The package ignores every failure to set up a line that was exported before. */
  #verifySetup(gpio: Gpio): void {
    const { activeLow } = this.#options;
    if (gpio.direction() === "in" && gpio.edge() === "both" && gpio.activeLow() === activeLow) return;
    const found = `direction ${gpio.direction()}, edge ${gpio.edge()}, active low ${gpio.activeLow()}`;
    throw this.#unavailable(found);
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

/** The package reads the line in a callback of its own, where an error would end the process. */
function guardReads(gpio: Gpio, failed: (error: unknown) => void): void {
  const read = gpio.readSync.bind(gpio);
  gpio.readSync = () => {
    try {
      return read();
    } catch (error) {
      failed(error);
      return 0;
    }
  };
}
