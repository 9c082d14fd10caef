// A relay on a GPIO line, through the onoff package and the kernel's sysfs interface.
import type { Gpio } from "onoff";
import type { TimerClock } from "../clock/clock.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { findGpioNumber } from "../gpio/gpio.ts";
import { PulseTimer } from "./pulse-timer.ts";
import type { Relay, RelayLimits, RelayStatus } from "./relay.ts";

export interface OnoffLine {
  /** The label of the GPIO chip, such as "pinctrl-bcm2835". */
  readonly chipLabel: string;
  /** The line's number on that chip; on a Raspberry Pi, the GPIO number. */
  readonly line: number;
  /** Whether the relay is energised by the low level. */
  readonly activeLow: boolean;
}

export interface OnoffRelayOptions extends OnoffLine {
  readonly limits: RelayLimits;
  /** The folder of the chips; "/sys/class/gpio" unless told. */
  readonly sysfsRoot?: string;
  readonly clock?: TimerClock;
}

/** The line in words. */
export function describeLine({ chipLabel, line, activeLow }: OnoffLine): string {
  return `onoff, ${chipLabel} line ${line}${activeLow ? ", active low" : ""}`;
}

/**
 * The line keeps its level when this process is killed, on every kernel: so the relay guard runs it, in a process that
 * has nothing else to do.
 */
export class OnoffRelay implements Relay {
  readonly #options: OnoffRelayOptions;
  readonly #timer: PulseTimer;
  #gpio: Gpio | null = null;
  #startFault: RelayStatus["fault"] = null;

  constructor(options: OnoffRelayOptions) {
    this.#options = options;
    this.#timer = new PulseTimer(this.#adapter(), options.limits, options.clock);
  }

  async start(): Promise<void> {
    if (this.#gpio !== null) return;
    try {
      this.#gpio = await this.#take();
      this.#startFault = null;
    } catch (error) {
      this.#startFault = { code: "RELAY_UNAVAILABLE", message: messageOf(error) };
      throw error;
    }
  }

  async #take(): Promise<Gpio> {
    const gpio = await this.#open();
    try {
      this.#verifySetup(gpio);
      this.#timer.start((level) => gpio.writeSync(level));
      this.#verifyInactive(gpio);
    } catch (error) {
      await this.#timer.stop().finally(() => gpio.unexport());
      throw error;
    }
    return gpio;
  }

  /** @param pulseMs how long, where the limits' own length is not meant */
  pulse(onActive?: () => void, pulseMs?: number): Promise<void> {
    return this.#timer.pulse(pulseMs, onActive);
  }

  heartbeat(): void {}

  status(): RelayStatus {
    const { fault, ...status } = this.#timer.status;
    return { adapter: this.#adapter(), ...status, guard: null, fault: fault ?? this.#startFault };
  }

  async stop(): Promise<void> {
    const gpio = this.#gpio;
    this.#gpio = null;
    if (gpio === null) return;
    try {
      await this.#timer.stop();
    } finally {
      gpio.unexport();
    }
  }

  #adapter(): string {
    return describeLine(this.#options);
  }

  async #open(): Promise<Gpio> {
    const { chipLabel, line, activeLow, sysfsRoot } = this.#options;
    const number = await findGpioNumber("RELAY_UNAVAILABLE", chipLabel, line, sysfsRoot);
    try {
      // Loaded here, so that a machine without its native part can run with another relay.
      const { Gpio } = await import("onoff");
      // "high" and "low" are voltages: the line becomes an output that is inactive from its first moment.
      return new Gpio(number, activeLow ? "high" : "low", undefined, { activeLow });
    } catch (error) {
      throw this.#unavailable(messageOf(error), error);
    }
  }

  /**
   * The package ignores every failure to set up a line that was exported before. This comes before the first write:
   * with the wrong polarity, the inactive level would open the door.
   */
  #verifySetup(gpio: Gpio): void {
    const { activeLow } = this.#options;
    let found: string;
    try {
      if (gpio.direction() === "out" && gpio.activeLow() === activeLow) return;
      found = `direction ${gpio.direction()}, active low ${gpio.activeLow()}`;
    } catch (error) {
      throw this.#unavailable(messageOf(error), error);
    }
    throw this.#unavailable(found);
  }

  #verifyInactive(gpio: Gpio): void {
    let value: number;
    try {
      value = gpio.readSync();
    } catch (error) {
      throw this.#unavailable(messageOf(error), error);
    }
    if (value !== 0) throw this.#unavailable("a line that stays active");
  }

  #unavailable(found: string, cause?: unknown): FacelatchError {
    return new FacelatchError("RELAY_UNAVAILABLE", {
      expected: `an inactive output (${this.#adapter()})`,
      found,
      next: "Check that the line is free and that the daemon's user may write the GPIO files.",
      cause,
    });
  }
}
