// The lines of relay, buttons and door: the chip is there by its label, and has such a line. The line itself is left alone.
import { inputNames, outputNames } from "../door-io/door-io.ts";
import { messageOf } from "../errors/errors.ts";
import { findCdevChip, findGpioNumber, type GpioUser } from "../gpio/gpio.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import type { Place } from "./place.ts";

export async function checkGpio(place: Place): Promise<Finding[]> {
  if (place.config === null) return [];
  const { relay, secondStep, door, api } = place.config;
  const findings: Finding[] = [];
  if (relay.kind === "recorded") {
    findings.push(
      warning(
        "The relay is recorded: no line is driven, and the door never opens.",
        "Set relay: { kind: gpio-cdev, line: 17 } once the relay is wired.",
      ),
    );
  } else if (relay.kind === "gpio-cdev") {
    findings.push(cdevFinding(place, "The relay's line", relay, "RELAY_UNAVAILABLE"));
  } else if (relay.kind === "kernel-pulse") {
    findings.push(ledFinding(place, relay.led));
  } else {
    findings.push(await sysfsFinding(place, "The relay's line", relay, "RELAY_UNAVAILABLE"));
  }
  if (secondStep.kind === "button") {
    findings.push(await sysfsFinding(place, "The button's line", secondStep, "SECOND_STEP_UNAVAILABLE"));
  }
  for (const name of [...inputNames, ...outputNames]) {
    const settings = door[name];
    if (settings.kind === "none") continue;
    findings.push(cdevFinding(place, `The line of door.${name}`, settings, "DOOR_LINE_UNAVAILABLE"));
  }
  if (api.pairingButton.kind === "gpio") {
    const user = "PAIRING_BUTTON_UNAVAILABLE";
    findings.push(cdevFinding(place, "The line of api.pairingButton", api.pairingButton, user));
  }
  return findings;
}

interface Line {
  readonly chipLabel: string;
  readonly line: number;
}

const labels =
  "`gpiodetect` lists the chips: pinctrl-bcm2835 on a Pi 1 to 3, pinctrl-bcm2711 on a Pi 4, pinctrl-rp1 on a Pi 5.";

function cdevFinding({ cdev }: Place, what: string, { chipLabel, line }: Line, user: GpioUser): Finding {
  try {
    return ok(`${what} ${line} is on ${findCdevChip({ user, chipLabel, line, ...cdev })} (${chipLabel}).`);
  } catch (thrown) {
    return error(messageOf(thrown), labels);
  }
}

function ledFinding({ text }: Place, led: string): Finding {
  const folder = `/sys/class/leds/${led}`;
  const trigger = text(`${folder}/trigger`);
  if (trigger === null) {
    const overlay = `dtoverlay=gpio-led,gpio=17,label=${led},trigger=oneshot,active_low=0`;
    return error(`There is no LED ${folder}.`, `Add ${overlay} to /boot/firmware/config.txt, and restart the board.`);
  }
  if (!/\[(oneshot|none)\]/.test(trigger)) {
    return error(`The LED ${led} has another trigger than oneshot.`, "Add trigger=oneshot to its overlay.");
  }
  if (text(`${folder}/invert`) === "1")
    return error(
      `The LED ${led} inverts: it would be on at rest.`,
      `echo 0 > ${folder}/invert, and look for who sets it.`,
    );
  return ok(`The relay's pulses are ended by the kernel, through the LED ${led}.`);
}

async function sysfsFinding({ at }: Place, what: string, { chipLabel, line }: Line, code: GpioUser): Promise<Finding> {
  try {
    const number = await findGpioNumber(code, chipLabel, line, at("/sys/class/gpio"));
    return ok(`${what} ${line} of ${chipLabel} is number ${number} in /sys/class/gpio.`);
  } catch (thrown) {
    return error(messageOf(thrown), labels);
  }
}
