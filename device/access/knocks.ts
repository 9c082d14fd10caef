// Browsers that knock, which is to ask to be paired by the board's button: whom a hold of the button lets in, and when nobody.
import { timingSafeEqual } from "node:crypto";
import type { KnockAnswer } from "./access.ts";

/** So long after its last poll a knock can be granted. */
export const knockAliveMs = 120_000;
/**
 * So long after its last poll a knock stands in the way of others: whoever knocked may be on the way to the board, with a
 * phone that sleeps, and must not let in somebody who has waited for that.
 */
export const knockCountsMs = 300_000;
/** So long a granted knock lets in; and so long no other hold does anything, as one may hold twice to be sure. */
export const grantMs = 30_000;
/** Of more than these nobody could be let in anyway. */
export const knocksMax = 8;

export interface Knock {
  /** In hexadecimal digits. */
  readonly secretSha256: string;
  readonly knockedAtMs: number;
  readonly polledAtMs: number;
  /** The hold that let it in; null for most. */
  readonly grantedAtMs: number | null;
}

export interface Knocks {
  readonly startedAtMs: number;
  /** The oldest first. */
  readonly knocks: readonly Knock[];
  /** When it was last seen that several want in; while that is not long ago, nobody is let in. Null where it is. */
  readonly contestedAtMs: number | null;
  /** Whether somebody was told that a hold let nobody in for that. */
  readonly isTold: boolean;
  /** The last hold that let somebody in. */
  readonly grantedAtMs: number | null;
}

/** What came of a hold. `contested`: it let in nobody, as several want in, and this is to be told. */
export type HoldOutcome = "granted" | "contested" | "nothing";

/** Times are of a monotonic clock, in ms, in every function. */
export function noKnocks(nowMs: number): Knocks {
  return { startedAtMs: nowMs, knocks: [], contestedAtMs: null, isTold: false, grantedAtMs: null };
}

/** A browser knocks; whether it may wait for the button. */
export function takeKnock(state: Knocks, secretSha256: string, nowMs: number): [Knocks, boolean] {
  const now = forgotten(state, nowMs);
  if (now.contestedAtMs !== null || now.knocks.length >= knocksMax) return [refuseKnock(now, nowMs), false];
  const knock: Knock = { secretSha256, knockedAtMs: nowMs, polledAtMs: nowMs, grantedAtMs: null };
  return [{ ...now, knocks: [...now.knocks, knock] }, true];
}

/**
 * A browser was refused before its knock could be remembered. Who is before it may hold the button all the same: that must
 * let in nobody else.
 */
export function refuseKnock(state: Knocks, nowMs: number): Knocks {
  return contested(forgotten(state, nowMs), nowMs);
}

/** A browser asks what became of its knock; `paired` once, which uses the knock up. */
export function pollKnock(state: Knocks, secretSha256: string, nowMs: number): [Knocks, KnockAnswer] {
  const now = forgotten(state, nowMs);
  const knock = knockOf(now, secretSha256);
  if (knock !== null && isGranted(knock, nowMs)) return [without(now, knock), "paired"];
  if (now.contestedAtMs !== null) return [now, "contested"];
  if (knock === null) {
    // It may have knocked before a restart, and who is before it may be at the button.
    const isOfBefore = nowMs - now.startedAtMs < knockCountsMs;
    return [isOfBefore ? contested(now, nowMs) : now, "closed"];
  }
  const polled = now.knocks.map((each) => (each === knock ? { ...each, polledAtMs: nowMs } : each));
  return [{ ...now, knocks: polled }, "waiting"];
}

/** A browser takes its knock back; nothing where there is none. */
export function withdrawKnock(state: Knocks, secretSha256: string, nowMs: number): Knocks {
  const now = forgotten(state, nowMs);
  const knock = knockOf(now, secretSha256);
  return knock === null ? now : without(now, knock);
}

/**
 * The button was held, from `sinceMs` until now. It lets in the one who knocked before that, where nobody else did.
 */
export function noteHold(state: Knocks, sinceMs: number, nowMs: number): [Knocks, HoldOutcome] {
  const now = forgotten(state, nowMs);
  if (now.grantedAtMs !== null && nowMs - now.grantedAtMs < grantMs) return [now, "nothing"];
  if (now.contestedAtMs !== null || now.knocks.length > 1) {
    return [{ ...contested(now, nowMs), isTold: true }, now.isTold ? "nothing" : "contested"];
  }
  const [knock] = now.knocks;
  if (knock === undefined || knock.knockedAtMs >= sinceMs || nowMs - knock.polledAtMs >= knockAliveMs) {
    return [now, "nothing"];
  }
  return [{ ...now, knocks: [{ ...knock, grantedAtMs: nowMs }], grantedAtMs: nowMs }, "granted"];
}

/** How many knocks stand in the way of one another now. */
export function knocksNow(state: Knocks, nowMs: number): number {
  return forgotten(state, nowMs).knocks.length;
}

/** Nobody who knocked is let in, nor whoever knocks soon: a hold may be repeated. Only what was granted before stands. */
function contested(state: Knocks, nowMs: number): Knocks {
  return { ...state, knocks: state.knocks.filter((knock) => isGranted(knock, nowMs)), contestedAtMs: nowMs };
}

function forgotten(state: Knocks, nowMs: number): Knocks {
  const knocks = state.knocks.filter(({ polledAtMs }) => nowMs - polledAtMs < knockCountsMs);
  const isOver = state.contestedAtMs !== null && nowMs - state.contestedAtMs >= knockCountsMs;
  return isOver ? { ...state, knocks, contestedAtMs: null, isTold: false } : { ...state, knocks };
}

function isGranted({ grantedAtMs }: Knock, nowMs: number): boolean {
  return grantedAtMs !== null && nowMs - grantedAtMs < grantMs;
}

/** Looks at all of them, however early one matches. */
function knockOf({ knocks }: Knocks, secretSha256: string): Knock | null {
  const given = Buffer.from(secretSha256, "hex");
  let found: Knock | null = null;
  for (const knock of knocks) {
    if (timingSafeEqual(given, Buffer.from(knock.secretSha256, "hex"))) found = knock;
  }
  return found;
}

function without(state: Knocks, knock: Knock): Knocks {
  return { ...state, knocks: state.knocks.filter((each) => each !== knock) };
}
