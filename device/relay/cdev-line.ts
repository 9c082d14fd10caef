// A relay's line through the kernel's GPIO character device.
import { type CdevOutput, type CdevSource, requestCdevOutput } from "../gpio/gpio.ts";
import type { GpioRelayLine } from "./output-line.ts";

/** At most 31 bytes; gpioinfo shows it beside the line. */
const consumer = "facelatch-relay";

/**
 * The line as an output, inactive from its first moment. It belongs to this process until that ends, however it ends. What
 * the kernel does to the level then is the driver's affair: bcm2835's makes it an input again, unless the kernel was told to
 * keep it (`pinctrl_bcm2835.persist_gpio_outputs`, on by default on Raspberry Pi's kernels).
 *
 * @throws FacelatchError RELAY_UNAVAILABLE
 */
export function openCdevLine(line: Omit<GpioRelayLine, "kind">, source: CdevSource = {}): CdevOutput {
  return requestCdevOutput({ ...line, ...source, user: "RELAY_UNAVAILABLE", consumer });
}
