// A line that a relay hangs on: how it is named, and what the ways through the kernel have in common.

export interface GpioRelayLine {
  /** The kernel's way to it: "gpio-cdev" is the character device, "onoff" the older files in /sys. */
  readonly kind: "gpio-cdev" | "onoff";
  /** The label of the GPIO chip, such as "pinctrl-bcm2835". */
  readonly chipLabel: string;
  /** The line's number on that chip; on a Raspberry Pi, the GPIO number. */
  readonly line: number;
  /** Whether the relay is energised by the low level. */
  readonly activeLow: boolean;
}

export interface KernelPulseLine {
  /** An LED of the kernel, which ends each pulse by itself. */
  readonly kind: "kernel-pulse";
  /** The LED's name in /sys/class/leds; its line and polarity stand in the device tree. */
  readonly led: string;
}

export type RelayLine = GpioRelayLine | KernelPulseLine;

/** An output that is this process's own: 1 is active, 0 inactive, whatever voltage that is. Each function may throw. */
export interface OutputLine {
  /** @param pulseMs for how long an active level is meant: what can end by itself does so then */
  write(level: 0 | 1, pulseMs: number): void;
  read(): number;
  release(): void;
}

/** The line alone, of whatever else is said beside it. */
export function relayLineOf(line: RelayLine): RelayLine {
  if (line.kind === "kernel-pulse") return { kind: line.kind, led: line.led };
  const { kind, chipLabel, line: number, activeLow } = line;
  return { kind, chipLabel, line: number, activeLow };
}

/** The line in words. */
export function describeLine(line: RelayLine): string {
  if (line.kind === "kernel-pulse") return `${line.kind}, LED ${line.led}`;
  return `${line.kind}, ${line.chipLabel} line ${line.line}${line.activeLow ? ", active low" : ""}`;
}
