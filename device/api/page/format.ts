// Times, amounts and refusals as the page's language writes them.
import type { ScheduleReport } from "../../door/door.ts";
import { locale, texts } from "./language.ts";

/** A board without a clock chip starts in the past until it learns the time. */
const clockSetFrom = Date.UTC(2026, 0, 1);

export function timeText(at: string): string {
  const time = new Date(at);
  if (time.getTime() < clockSetFrom) return texts().times.clockNotSet;
  const clock = { hour: "2-digit", minute: "2-digit" } as const;
  const isToday = time.toDateString() === new Date().toDateString();
  return time.toLocaleString(
    locale(),
    isToday ? { ...clock, second: "2-digit" } : { day: "numeric", month: "short", ...clock },
  );
}

export function dateText(atMs: number): string {
  return new Date(atMs).toLocaleDateString(locale());
}

type Day = NonNullable<ScheduleReport["windows"]>[number]["days"][number];

export const weekdays: readonly Day[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export function dayText(day: Day, style: "short" | "long"): string {
  // The first of January 2024 was a Monday.
  const date = new Date(2024, 0, 1 + weekdays.indexOf(day));
  return date.toLocaleDateString(locale(), { weekday: style });
}

/** Days of the week as a list, in their order. */
export function daysText(days: readonly Day[]): string {
  const named = weekdays.filter((day) => days.includes(day)).map((day) => dayText(day, "short"));
  return named.join(", ");
}

export function durationText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : texts().times.days(Math.floor(hours / 24));
}

export function bytesText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${decimalText(bytes / 1024 / 1024, 1)} MiB`;
}

export function percentText(ratio: number): string {
  return `${decimalText(ratio * 100, ratio > 0.99 && ratio < 1 ? 1 : 0)} %`;
}

/** A share of which also the small ones count. */
export function rateText(ratio: number): string {
  const digits = ratio === 0 || ratio === 1 ? 0 : ratio < 0.01 || ratio > 0.99 ? 2 : 1;
  return `${decimalText(ratio * 100, digits)}\u00a0%`;
}

export function countText(count: number): string {
  return count.toLocaleString(locale());
}

export function decimalText(value: number, digits: number): string {
  return value.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** What there is to say of refusals, by their codes. */
type Failures = Readonly<Record<string, string>>;

/**
 * Why something that was asked for was not done.
 *
 * @param code null where the device gave no answer
 * @param failures what the view has to say of codes
 */
export function failureText(code: string | null, failures: Failures, noAnswer = texts().failure.noAnswer): string {
  if (code === null) return noAnswer;
  const { refused } = texts().failure;
  const common: Failures = texts().failure.common;
  return failures[code] ?? common[code] ?? refused(code);
}
