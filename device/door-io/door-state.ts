// What the door's state becomes, pure: (state, input, time, policy) -> state and what is worth an event.
import type { DoorIoStatus, InputName, TamperBlock } from "./door-io.ts";

export interface DoorPolicy {
  /** Which inputs there are. */
  readonly inputs: readonly InputName[];
  /** After a pulse, or the exit button's release, an opening counts as one of theirs for so long. */
  readonly openGraceMs: number;
  /** A door that is open for longer is held open; 0 asks for nothing. */
  readonly heldOpenMaxMs: number;
  /** A bolt that is not back for longer, while nothing holds it and the door is closed, is jammed. */
  readonly boltReturnMaxMs: number;
}

/**
 * Contact and bolt are active in the state that alarms, so that a cut wire does: open, not locked. Null: unknown.
 */
export type DoorInput =
  /** @param sinceMs when the level began to be there, before it had stayed */
  | { readonly type: "reading"; readonly line: InputName; readonly active: boolean | null; readonly sinceMs: number }
  | { readonly type: "pulse"; readonly active: boolean }
  /** Time has passed, and nothing else happened. */
  | { readonly type: "time" };

/** From when until when an opening is excused. */
interface Excuse {
  readonly fromMs: number;
  /** Infinite while it lasts. */
  readonly untilMs: number;
}

/** All times are monotonic, in ms. */
export interface DoorState {
  readonly readings: Readonly<Record<InputName, boolean | null>>;
  /** As last known: what cannot be read is neither opened nor closed. */
  readonly isOpen: boolean | null;
  readonly openSinceMs: number | null;
  /** When the contact was last known to be closed, while it cannot be read. */
  readonly lostSinceMs: number | null;
  /** When it is decided whether an opening was forced. */
  readonly verdictAtMs: number | null;
  readonly forced: boolean;
  readonly heldOpen: boolean;
  readonly pulse: Excuse | null;
  readonly exit: Excuse | null;
  /** Since when the bolt could be back, and is not. */
  readonly looseSinceMs: number | null;
  readonly jammed: boolean;
  /** As last known. */
  readonly tampered: boolean;
}

export interface DoorNotice {
  readonly type:
    | "door.opened"
    | "door.forced"
    | "door.held_open"
    | "door.closed"
    | "door.jammed"
    | "door.jam_ended"
    | "door.exit_pressed"
    | "door.tampered"
    | "door.tamper_ended";
  readonly reason: string | null;
  readonly message: string;
  readonly data: Readonly<Record<string, string | number>>;
}

/**
 * An excuse may be told a moment after the opening that it excuses: button and contact come to rest each in its own time, and
 * the relay's guard is another process.
 */
export const verdictMs = 300;

export function initialDoorState(): DoorState {
  return {
    readings: { contact: null, exitButton: null, tamper: null, bolt: null },
    ...{ isOpen: null, openSinceMs: null, lostSinceMs: null, verdictAtMs: null, forced: false, heldOpen: false },
    ...{ pulse: null, exit: null, looseSinceMs: null, jammed: false, tampered: false },
  };
}

/** The state after the input, at `nowMs`, which must not go back. */
export function stepDoor(
  state: DoorState,
  input: DoorInput,
  nowMs: number,
  policy: DoorPolicy,
): readonly [DoorState, readonly DoorNotice[]] {
  const notices: DoorNotice[] = [];
  const taken = take(state, input, nowMs, policy, notices);
  return [judge(taken, nowMs, policy, notices), notices];
}

function take(
  state: DoorState,
  input: DoorInput,
  nowMs: number,
  { openGraceMs }: DoorPolicy,
  notices: DoorNotice[],
): DoorState {
  if (input.type === "time") return state;
  if (input.type === "pulse") {
    const fromMs = input.active ? nowMs : (state.pulse?.fromMs ?? nowMs);
    const untilMs = input.active ? Number.POSITIVE_INFINITY : nowMs + openGraceMs;
    return { ...state, pulse: { fromMs, untilMs } };
  }
  const { line, active, sinceMs } = input;
  const before = state.readings[line];
  const read = { ...state, readings: { ...state.readings, [line]: active } };
  if (line === "contact") return takeContact(read, active, sinceMs, notices);
  if (line === "exitButton") return takeExit(read, before, active, sinceMs, openGraceMs, notices);
  return line === "tamper" ? takeTamper(read, active, notices) : read;
}

function takeContact(state: DoorState, open: boolean | null, sinceMs: number, notices: DoorNotice[]): DoorState {
  const { isOpen } = state;
  if (open === null) return { ...state, lostSinceMs: isOpen === false ? (state.lostSinceMs ?? sinceMs) : null };
  if (open === isOpen) return { ...state, lostSinceMs: null };
  if (!open) {
    // Whoever is quick is judged too.
    const judged = judgeOpening(state, Number.POSITIVE_INFINITY, notices);
    if (isOpen === true) notices.push(closedNotice(judged, sinceMs));
    const closed = { isOpen: false, openSinceMs: null, verdictAtMs: null, forced: false, heldOpen: false };
    return { ...state, ...closed, lostSinceMs: null };
  }
  // A door that stands open at the start was opened by nobody knows whom.
  const verdictAtMs = isOpen === false ? sinceMs + verdictMs : null;
  return { ...state, isOpen: true, openSinceMs: sinceMs, verdictAtMs };
}

function takeExit(
  state: DoorState,
  before: boolean | null,
  pressed: boolean | null,
  sinceMs: number,
  openGraceMs: number,
  notices: DoorNotice[],
): DoorState {
  if (pressed === true) {
    if (before === true) return state;
    notices.push(notice("door.exit_pressed", "The exit button was pressed."));
    return { ...state, exit: { fromMs: sinceMs, untilMs: Number.POSITIVE_INFINITY } };
  }
  if (before !== true || state.exit === null) return state;
  return { ...state, exit: { ...state.exit, untilMs: sinceMs + openGraceMs } };
}

function takeTamper(state: DoorState, active: boolean | null, notices: DoorNotice[]): DoorState {
  if (active === null || active === state.tampered) return state;
  const message = active
    ? "The case at the door was opened: the door opens for no face."
    : "The case at the door is closed again.";
  notices.push(notice(active ? "door.tampered" : "door.tamper_ended", message));
  return { ...state, tampered: active };
}

function judge(taken: DoorState, nowMs: number, policy: DoorPolicy, notices: DoorNotice[]): DoorState {
  const judged = judgeOpening(taken, nowMs, notices);
  return judgeBolt(judgeHolding(judged, nowMs, policy, notices), nowMs, policy, notices);
}

function judgeOpening(state: DoorState, nowMs: number, notices: DoorNotice[]): DoorState {
  const { openSinceMs, verdictAtMs } = state;
  if (openSinceMs === null || verdictAtMs === null) return state;
  const way = excuseOf(state, openSinceMs);
  if (way !== null) {
    notices.push(notice("door.opened", "The door was opened.", { way }));
    return { ...state, verdictAtMs: null, lostSinceMs: null };
  }
  if (nowMs < verdictAtMs) return state;
  notices.push(notice("door.forced", "The door was opened, and nothing had opened it."));
  return { ...state, verdictAtMs: null, lostSinceMs: null, forced: true };
}

/** What opened the door: it may have been at any time since the contact was last known to be closed. */
function excuseOf({ pulse, exit, lostSinceMs }: DoorState, openSinceMs: number): "pulse" | "exit_button" | null {
  const fromMs = lostSinceMs ?? openSinceMs;
  const excuses = (excuse: Excuse | null) =>
    excuse !== null && excuse.untilMs >= fromMs && excuse.fromMs <= openSinceMs + verdictMs;
  if (excuses(pulse)) return "pulse";
  return excuses(exit) ? "exit_button" : null;
}

function judgeHolding(
  state: DoorState,
  nowMs: number,
  { heldOpenMaxMs }: DoorPolicy,
  notices: DoorNotice[],
): DoorState {
  const { readings, openSinceMs, heldOpen } = state;
  if (heldOpenMaxMs === 0 || heldOpen || readings.contact !== true || openSinceMs === null) return state;
  const openMs = nowMs - openSinceMs;
  if (openMs <= heldOpenMaxMs) return state;
  notices.push(
    notice("door.held_open", `The door has been open for ${seconds(openMs)} s.`, { openMs: Math.round(openMs) }),
  );
  return { ...state, heldOpen: true };
}

function judgeBolt(state: DoorState, nowMs: number, policy: DoorPolicy, notices: DoorNotice[]): DoorState {
  const { contact, bolt } = state.readings;
  const { jammed } = state;
  // What cannot be read neither jams nor ends a jam.
  if (contact === null || bolt === null) return { ...state, looseSinceMs: null };
  const isHeld = state.pulse?.untilMs === Number.POSITIVE_INFINITY || state.exit?.untilMs === Number.POSITIVE_INFINITY;
  if (contact || !bolt || isHeld) {
    if (jammed) notices.push(notice("door.jam_ended", bolt ? "The bolt is not waited for." : "The bolt is back."));
    return { ...state, looseSinceMs: null, jammed: false };
  }
  const looseSinceMs = state.looseSinceMs ?? nowMs;
  if (jammed || nowMs - looseSinceMs <= policy.boltReturnMaxMs) return { ...state, looseSinceMs };
  notices.push(notice("door.jammed", "The door is closed, and the bolt is not back in its locked position."));
  return { ...state, looseSinceMs, jammed: true };
}

function closedNotice({ openSinceMs, forced, heldOpen }: DoorState, sinceMs: number): DoorNotice {
  const openMs = Math.max(0, Math.round(sinceMs - (openSinceMs ?? sinceMs)));
  const reason = forced ? "forced" : heldOpen ? "held_open" : null;
  const how = { forced: ", after it was forced", held_open: ", after it was held open", none: "" }[reason ?? "none"];
  return { type: "door.closed", reason, message: `The door is closed again${how}.`, data: { openMs } };
}

function notice(type: DoorNotice["type"], message: string, data: DoorNotice["data"] = {}): DoorNotice {
  return { type, reason: null, message, data };
}

function seconds(durationMs: number): number {
  return Math.round(durationMs / 1000);
}

/** When the next `time` may change something; null where only another input can. */
export function dueAtMs(state: DoorState, { heldOpenMaxMs, boltReturnMaxMs }: DoorPolicy): number | null {
  const { verdictAtMs, readings, openSinceMs, heldOpen, looseSinceMs, jammed } = state;
  const due: number[] = [];
  if (verdictAtMs !== null) due.push(verdictAtMs);
  const mayBeHeld = heldOpenMaxMs > 0 && !heldOpen && readings.contact === true;
  // The moment after the limit: at the limit itself nothing is over it.
  if (mayBeHeld && openSinceMs !== null) due.push(openSinceMs + heldOpenMaxMs + 1);
  if (looseSinceMs !== null && !jammed) due.push(looseSinceMs + boltReturnMaxMs + 1);
  return due.length === 0 ? null : Math.min(...due);
}

/** Doubt means locked: a tamper switch that cannot be read keeps faces out as an open case does. */
export function tamperBlockOf({ readings, tampered }: DoorState, { inputs }: DoorPolicy): TamperBlock {
  if (!inputs.includes("tamper")) return null;
  if (tampered) return "tampered";
  return readings.tamper === null ? "tamper_unknown" : null;
}

/** The state in the port's words, without the faults of lines. */
export function statusOf(state: DoorState, nowMs: number, { inputs }: DoorPolicy): Omit<DoorIoStatus, "faults"> {
  const word = <W extends string>(line: InputName, active: W, inactive: W): W | "unknown" | null => {
    const reading = state.readings[line];
    if (!inputs.includes(line)) return null;
    return reading === null ? "unknown" : reading ? active : inactive;
  };
  const { openSinceMs, forced, heldOpen, jammed, tampered } = state;
  return {
    contact: word("contact", "open", "closed"),
    openMs: openSinceMs === null ? null : Math.max(0, nowMs - openSinceMs),
    ...{ forced, heldOpen, jammed },
    bolt: word("bolt", "unlocked", "locked"),
    exitButton: word("exitButton", "pressed", "released"),
    tamper: tampered ? "tampered" : word("tamper", "tampered", "clear"),
  };
}
