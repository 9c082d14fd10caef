// Whether the weekly schedule lets the door open.
import type { Policy } from "./policy.ts";
import type { RefusalReason } from "./reasons.ts";

/**
 * Why the schedule refuses; null when it allows.
 *
 * @param minuteOfWeek local minutes since Monday 00:00; null when the wall clock is not to be trusted
 */
export function scheduleRefusal(minuteOfWeek: number | null, policy: Pick<Policy, "schedule">): RefusalReason | null {
  if (policy.schedule === null) return "schedule_unavailable";
  if (policy.schedule.length === 0) return null;
  if (minuteOfWeek === null || !Number.isFinite(minuteOfWeek)) return "clock_unknown";
  const allowed = policy.schedule.some((window) => window.fromMinute <= minuteOfWeek && minuteOfWeek < window.toMinute);
  return allowed ? null : "outside_schedule";
}
