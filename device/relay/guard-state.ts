// The guard's judgement, pure: what a message asks for, whether it may be trusted, and how long the daemon may be silent.
import type { GuardRequest } from "./guard-messages.ts";

export interface GuardState {
  /** The number of the last request; 0 before the first. */
  readonly seq: number;
  /** When the daemon was last heard, in ms on the monotonic clock. */
  readonly heardAtMs: number;
  /** Whether a pulse was begun and has not ended. */
  readonly pulsing: boolean;
}

export type GuardAction =
  | { readonly type: "pulse"; readonly seq: number; readonly pulseMs: number }
  | { readonly type: "alive"; readonly seq: number }
  | { readonly type: "relock"; readonly seq: number }
  /** A daemon that cannot be understood is not to be trusted: the guard ends. */
  | { readonly type: "end"; readonly message: string };

export function initialGuardState(nowMs: number): GuardState {
  return { seq: 0, heardAtMs: nowMs, pulsing: false };
}

/** Judges one message. Limits of pulses are the relay's own business: it refuses what is beyond them. */
export function hear(state: GuardState, message: unknown, nowMs: number): readonly [GuardState, GuardAction] {
  const request = requestOf(message);
  if (request === null) return [state, { type: "end", message: "a message came that is none of this version" }];
  const { type, seq } = request;
  if (seq !== state.seq + 1) return [state, { type: "end", message: `message ${seq} came after ${state.seq}` }];
  const heard = { ...state, seq, heardAtMs: nowMs };
  if (type === "pulse") return [heard, { type, seq, pulseMs: request.pulseMs }];
  return [heard, { type: type === "relock" ? type : "alive", seq }];
}

/**
 * The message as `guardRequestSchema` has it; null otherwise. By hand, as to load the schema's package takes far longer
 * than all the rest of a guard's start, in which the line may be active.
 */
export function requestOf(message: unknown): GuardRequest | null {
  if (typeof message !== "object" || message === null) return null;
  const { version, type, seq, ...rest } = message as Record<string, unknown>;
  if (version !== 1 || !isWholeNumber(seq) || seq < 1) return null;
  const keys = Object.keys(rest);
  if (type === "heartbeat" || type === "relock") return keys.length === 0 ? { version, type, seq } : null;
  const { pulseMs } = rest;
  if (type !== "pulse" || keys.length !== 1 || typeof pulseMs !== "number") return null;
  return Number.isFinite(pulseMs) && pulseMs >= 0 ? { version, type, seq, pulseMs } : null;
}

function isWholeNumber(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

export function pulseBegan(state: GuardState): GuardState {
  return { ...state, pulsing: true };
}

export function pulseEnded(state: GuardState): GuardState {
  return { ...state, pulsing: false };
}

/**
 * How much longer the daemon may be silent, in ms; 0 or less when that is over. Silence without a pulse does no harm, as
 * the line is inactive: it has no end.
 */
export function silenceLeftMs(state: GuardState, nowMs: number, heartbeatTimeoutMs: number): number {
  return state.pulsing ? state.heardAtMs + heartbeatTimeoutMs - nowMs : Number.POSITIVE_INFINITY;
}
