// From the levels of the button's line to holds of it: one counts that began at rest, was watched all the time, and ended in time.

export interface HoldLimits {
  /** A shorter press counts for nothing. */
  readonly holdMinMs: number;
  /** A longer one is a line that is stuck. */
  readonly holdMaxMs: number;
  /** How long a line may go without coming to rest. */
  readonly unrestMaxMs: number;
  /** How long a line that is active may go unwatched: meanwhile it may have been let go. */
  readonly unseenMaxMs: number;
}

export type ButtonState =
  | { readonly kind: "unread" | "rest" }
  /** Nothing counts until the line has come to rest. */
  | { readonly kind: "blocked"; readonly fault: string | null }
  | { readonly kind: "active"; readonly sinceMs: number; readonly seenAtMs: number };

export type ButtonInput =
  /** The line can be read from now on, or not any more. */
  | { readonly type: "taken" | "lost" }
  /** A level has stayed; `sinceMs` is the first edge since the line was at rest. */
  | { readonly type: "settled"; readonly level: 0 | 1; readonly sinceMs: number }
  /** An edge of a line that has been changing since then. */
  | { readonly type: "unrest"; readonly sinceMs: number }
  /** The line was looked at. */
  | { readonly type: "look"; readonly level: 0 | 1 };

/** Since when the button was held, until now. */
export interface Hold {
  readonly sinceMs: number;
}

export const unread: ButtonState = { kind: "unread" };

type Step = [ButtonState, Hold | null];

/** A hold counts at its end: of a line that is stuck nobody can tell before that it is. */
export function stepButton(state: ButtonState, input: ButtonInput, nowMs: number, limits: HoldLimits): Step {
  if (input.type === "lost") return [unread, null];
  if (input.type === "taken") return [{ kind: "blocked", fault: null }, null];
  if (state.kind === "unread") return [state, null];
  switch (input.type) {
    case "settled":
      return input.level === 0 ? atRest(state, input.sinceMs, limits) : active(state, input.sinceMs, nowMs, limits);
    case "unrest":
      if (nowMs - input.sinceMs <= limits.unrestMaxMs) return [state, null];
      return blocked("a line that does not come to rest");
    case "look":
      return state.kind === "active" && input.level === 1 ? seen(state, nowMs, limits) : [state, null];
  }
}

/** What is wrong with the line, in words. */
export function faultOf(state: ButtonState): string | null {
  return state.kind === "blocked" ? state.fault : null;
}

function atRest(state: ButtonState, sinceMs: number, { holdMinMs, holdMaxMs, unseenMaxMs }: HoldLimits): Step {
  if (state.kind !== "active") return [{ kind: "rest" }, null];
  const heldMs = sinceMs - state.sinceMs;
  const isWatched = sinceMs - state.seenAtMs <= unseenMaxMs;
  const counts = isWatched && heldMs >= holdMinMs && heldMs <= holdMaxMs;
  return [{ kind: "rest" }, counts ? { sinceMs: state.sinceMs } : null];
}

function active(state: ButtonState, sinceMs: number, nowMs: number, limits: HoldLimits): Step {
  if (state.kind === "rest") return [{ kind: "active", sinceMs, seenAtMs: nowMs }, null];
  if (state.kind === "active") return seen(state, nowMs, limits);
  const fault = faultOf(state) ?? "a line that was active before it was at rest";
  return blocked(fault);
}

function seen(state: ButtonState & { kind: "active" }, nowMs: number, { holdMaxMs, unseenMaxMs }: HoldLimits): Step {
  if (nowMs - state.seenAtMs > unseenMaxMs) return blocked("a line that was active and not watched meanwhile");
  if (nowMs - state.sinceMs > holdMaxMs) return blocked(`a line that has been active for more than ${holdMaxMs} ms`);
  return [{ ...state, seenAtMs: nowMs }, null];
}

function blocked(fault: string): Step {
  return [{ kind: "blocked", fault }, null];
}
