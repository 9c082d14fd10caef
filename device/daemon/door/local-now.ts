// Both clocks of a decision: the monotonic one, and the minute of the local week.
import type { Now } from "../../decision/decision.ts";

/** Before this the wall clock of a board without a clock chip was never set. */
const earliestYear = 2026;

/** The minute since Monday 00:00 in local time; null while the wall clock is not to be trusted. */
export function minuteOfWeek(at: Date): number | null {
  if (at.getFullYear() < earliestYear) return null;
  const daysSinceMonday = (at.getDay() + 6) % 7;
  return (daysSinceMonday * 24 + at.getHours()) * 60 + at.getMinutes();
}

export function localNow(): Now {
  return { nowMs: performance.now(), minuteOfWeek: minuteOfWeek(new Date()) };
}
