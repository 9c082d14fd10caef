// The settings of what is wired at the door beside the relay: contact, exit button, tamper switch, bolt, LED and buzzer.
import Type from "typebox";
import { chipLabel, gpioInput, gpioLine, oneOfKinds, section, toggle, wholeNumber } from "./schema-kit.ts";

function output(what: string, line: number) {
  return oneOfKinds(`${what}.`, "none", [
    section("There is none.", { kind: Type.Literal("none") }),
    section("On a GPIO line, through the kernel's character device.", {
      kind: Type.Literal("gpio"),
      chipLabel,
      line: gpioLine(line),
      activeLow: toggle("It is on at the low level.", false),
    }),
  ]);
}

export const doorSchema = section("What is wired at the door beside the relay.", {
  contact: gpioInput("The contact that tells whether the door is open", 22, {
    says: "Open is the low level; else the high one, which a cut wire gives as well.",
    value: false,
  }),
  exitButton: gpioInput("The exit button, which is wired to the strike and only watched here", 23, {
    says: "Pressed is the low level: the button connects the line to ground.",
    value: true,
  }),
  tamper: gpioInput("The switch that opens with the case at the door; meanwhile the door opens for no face", 24, {
    says: "An open case is the low level; else the high one, which a cut wire gives as well.",
    value: false,
  }),
  bolt: gpioInput("The strike's monitor, which tells whether the bolt is in its locked position", 25, {
    says: "Not locked is the low level; else the high one, which a cut wire gives as well.",
    value: false,
  }),
  led: output("The LED that shows how the lock is", 5),
  buzzer: output("The buzzer", 6),
  relockOnOpen: toggle("A pulse ends as soon as the contact says that the door is open.", false),
  debounceMs: wholeNumber("An input's level counts once it has stayed so long.", 1, 500, 50),
  openGraceMs: wholeNumber(
    "So long after a pulse, or the exit button, an opening counts as one of theirs; later it was forced.",
    0,
    60_000,
    5000,
  ),
  heldOpenMaxMs: wholeNumber("A door that is open for longer is held open; 0 asks for nothing.", 0, 86_400_000, 60_000),
  boltReturnMaxMs: wholeNumber(
    "A bolt that is not back so long after the door was closed and the pulse over is jammed.",
    500,
    600_000,
    10_000,
  ),
});
