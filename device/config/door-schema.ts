// The settings of the lines at the door: the relay and what is asked for beside the face.
import Type from "typebox";
import { chipLabel, gpioLine, oneOfKinds, section, toggle, wholeNumber } from "./schema-kit.ts";

const pulseLimits = {
  pulseMs: wholeNumber("How long the door is held open.", 50, 60_000, 3000),
  pulseMaxMs: wholeNumber("No pulse is ever longer than this.", 50, 60_000, 10_000),
  gapMinMs: wholeNumber("The least time between two pulses.", 0, 60_000, 1000),
};

const relayGuardSchema = section("The process that owns the line.", {
  heartbeatTimeoutMs: wholeNumber("It ends a pulse when the daemon decides on no frame for so long.", 200, 10_000, 700),
  answerTimeoutMs: wholeNumber("It is replaced when an answer takes longer.", 100, 10_000, 400),
  startTimeoutMs: wholeNumber("It is replaced when its start takes longer.", 500, 60_000, 10_000),
  backoffFirstMs: wholeNumber(
    "It is started again at once, and after a further failure with this wait.",
    10,
    60_000,
    250,
  ),
  backoffMaxMs: wholeNumber("The longest wait before it is started again.", 10, 600_000, 5000),
});

const relayLine = {
  chipLabel,
  line: gpioLine(17),
  activeLow: toggle("The relay is energised by a low level.", false),
  ...pulseLimits,
  guard: relayGuardSchema,
};

export const relaySchema = oneOfKinds("What opens the door.", "recorded", [
  section("Nothing is driven; pulses are only counted.", { kind: Type.Literal("recorded"), ...pulseLimits }),
  section("A relay on a GPIO line, through the kernel's character device: the choice for a board.", {
    kind: Type.Literal("gpio-cdev"),
    ...relayLine,
  }),
  section("A relay on an LED of the kernel, which ends each pulse by itself: made by an overlay of the device tree.", {
    kind: Type.Literal("kernel-pulse"),
    led: Type.String({
      description: "The LED's name in /sys/class/leds, which is the overlay's label.",
      pattern: "^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$",
      expected: "an LED's name, such as facelatch",
      default: "facelatch",
    }),
    ...pulseLimits,
    guard: relayGuardSchema,
  }),
  section("A relay on a GPIO line, through the kernel's older files in /sys.", {
    kind: Type.Literal("onoff"),
    ...relayLine,
  }),
]);

const confirmationAgeMaxMs = wholeNumber(
  "So long it counts, for whoever is in view, and for one opening.",
  500,
  60_000,
  10_000,
);

export const secondStepSchema = oneOfKinds("What is asked for beside the face.", "none", [
  section("Nothing: the face alone decides.", { kind: Type.Literal("none") }),
  section("A button on a GPIO line.", {
    kind: Type.Literal("button"),
    chipLabel,
    line: gpioLine(27),
    activeLow: toggle("Pressed is the low level: the button connects the line to ground.", true),
    debounceMs: wholeNumber("A level counts once it has stayed so long.", 1, 500, 30),
    heldMaxMs: wholeNumber("A longer press confirms nothing, and is told as a fault.", 1000, 60_000, 3000),
    confirmationAgeMaxMs,
  }),
  section("A PIN, set by `facelatch pin set` and entered through the API.", {
    kind: Type.Literal("pin"),
    confirmationAgeMaxMs,
  }),
]);
