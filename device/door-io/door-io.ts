// The port of what is wired at the door beside the relay: inputs that tell how it stands, and outputs that show it.
import type { NewEvent } from "../events/events.ts";
import type { Led, Sound } from "./signal-patterns.ts";

export { type Led, ledOf, type Sound } from "./signal-patterns.ts";

/** The inputs, as the configuration calls them. */
export const inputNames = ["contact", "exitButton", "tamper", "bolt"] as const;
export type InputName = (typeof inputNames)[number];

/** The outputs. */
export const outputNames = ["led", "buzzer"] as const;
export type OutputName = (typeof outputNames)[number];

export interface LineFault {
  readonly line: InputName | OutputName;
  readonly code: "DOOR_LINE_UNAVAILABLE";
  readonly message: string;
}

/** Of what is not configured, null. */
export interface DoorIoStatus {
  readonly contact: "open" | "closed" | "unknown" | null;
  /** For how long the door has been open, in ms; null while it is closed. */
  readonly openMs: number | null;
  /** It was opened although nothing opened it, and is open still. */
  readonly forced: boolean;
  /** It has been open for too long. */
  readonly heldOpen: boolean;
  readonly bolt: "locked" | "unlocked" | "unknown" | null;
  /** The bolt is not back although the door is closed. */
  readonly jammed: boolean;
  readonly exitButton: "pressed" | "released" | "unknown" | null;
  readonly tamper: "clear" | "tampered" | "unknown" | null;
  readonly faults: readonly LineFault[];
}

/** Of a door at which nothing is wired. */
export const nothingWired: DoorIoStatus = {
  ...{ contact: null, openMs: null, forced: false, heldOpen: false, bolt: null, jammed: false },
  ...{ exitButton: null, tamper: null, faults: [] },
};

/** Why no face may open: the case is open, or nobody can tell. Null where faces may. */
export type TamperBlock = "tampered" | "tamper_unknown" | null;

export interface DoorIoListeners {
  /** An event at the door; must not throw. */
  readonly onEvent: (event: NewEvent) => void;
  /** Told when it changes; must not throw. */
  readonly onTamper: (block: TamperBlock) => void;
}

export interface DoorIo {
  /** Takes the lines, now or as soon as they can be had: a line that fails shows in `status()`. Never throws. */
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): DoorIoStatus;
  tamperBlock(): TamperBlock;
  /** The relay's pulse began or is over: it opens the door, so that an opening is not forced. */
  notePulse(active: boolean): void;
}

/** What a board shows and sounds; none of it waits, and a fault shows in `faults()` alone. */
export interface DoorSignals {
  start(): void;
  stop(): void;
  faults(): readonly LineFault[];
  show(led: Led): void;
  sound(sound: Sound): void;
}
