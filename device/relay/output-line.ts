// A GPIO line that a relay hangs on: how it is named, and what its two ways through the kernel have in common.

export interface RelayLine {
  /** The kernel's way to it: "gpio-cdev" is the character device, "onoff" the older files in /sys. */
  readonly kind: "gpio-cdev" | "onoff";
  /** The label of the GPIO chip, such as "pinctrl-bcm2835". */
  readonly chipLabel: string;
  /** The line's number on that chip; on a Raspberry Pi, the GPIO number. */
  readonly line: number;
  /** Whether the relay is energised by the low level. */
  readonly activeLow: boolean;
}

/** An output that is this process's own: 1 is active, 0 inactive, whatever voltage that is. Each function may throw. */
export interface OutputLine {
  write(level: 0 | 1): void;
  read(): number;
  release(): void;
}

/** The line in words. */
export function describeLine({ kind, chipLabel, line, activeLow }: RelayLine): string {
  return `${kind}, ${chipLabel} line ${line}${activeLow ? ", active low" : ""}`;
}
