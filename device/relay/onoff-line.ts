// A relay's line through the onoff package and the kernel's sysfs interface, for kernels without character devices.
import type { Gpio } from "onoff";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { findGpioNumber } from "../gpio/gpio.ts";
import { describeLine, type GpioRelayLine, type OutputLine } from "./output-line.ts";

/**
 * The line as an output, inactive from its first moment. It keeps its level when this process is killed, on every kernel.
 *
 * @param sysfsRoot the folder of the chips; "/sys/class/gpio" unless told
 * @throws FacelatchError RELAY_UNAVAILABLE
 */
export async function openOnoffLine(line: GpioRelayLine, sysfsRoot?: string): Promise<OutputLine> {
  const gpio = await openGpio(line, sysfsRoot);
  try {
    verifySetup(gpio, line);
  } catch (error) {
    gpio.unexport();
    throw error;
  }
  return {
    write: (level) => gpio.writeSync(level),
    read: () => gpio.readSync(),
    release: () => gpio.unexport(),
  };
}

async function openGpio(line: GpioRelayLine, sysfsRoot?: string): Promise<Gpio> {
  const { chipLabel, activeLow } = line;
  const number = await findGpioNumber("RELAY_UNAVAILABLE", chipLabel, line.line, sysfsRoot);
  try {
    // Loaded here, so that a machine without its native part can run with another relay.
    const { Gpio } = await import("onoff");
    // "high" and "low" are voltages: the line becomes an output that is inactive from its first moment.
    return new Gpio(number, activeLow ? "high" : "low", undefined, { activeLow });
  } catch (error) {
    throw unavailable(line, messageOf(error), error);
  }
}

/**
 * The package ignores every failure to set up a line that was exported before. This comes before the first write: with the
 * wrong polarity, the inactive level would open the door.
 */
function verifySetup(gpio: Gpio, line: GpioRelayLine): void {
  let found: string;
  try {
    if (gpio.direction() === "out" && gpio.activeLow() === line.activeLow) return;
    found = `direction ${gpio.direction()}, active low ${gpio.activeLow()}`;
  } catch (error) {
    throw unavailable(line, messageOf(error), error);
  }
  throw unavailable(line, found);
}

function unavailable(line: GpioRelayLine, found: string, cause?: unknown): FacelatchError {
  return new FacelatchError("RELAY_UNAVAILABLE", {
    expected: `an output line (${describeLine(line)})`,
    found,
    next: "Check that the line is free and that the daemon's user may write the GPIO files.",
    cause,
  });
}
