// The schedule in minutes of the week.
import { dayNames } from "./decision-schema.ts";
import type { ConfigFile } from "./schema.ts";

/** A part of the week, in minutes since Monday 00:00; `toMinute` is not part of it. */
export interface WeeklyWindow {
  readonly fromMinute: number;
  readonly toMinute: number;
}

const dayMinutes = 24 * 60;
const weekMinutes = 7 * dayMinutes;

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/**
 * The schedule as windows of the week. One whose end is not later than its beginning ends on the next day; one that
 * reaches beyond Sunday is cut in two.
 */
export function weeklyWindows(schedule: ConfigFile["decision"]["schedule"]): WeeklyWindow[] {
  return schedule.flatMap(({ days, from, to }) =>
    days.flatMap((day) => {
      const fromMinute = dayNames.indexOf(day) * dayMinutes + minutesOf(from);
      const lengthMinutes = minutesOf(to) - minutesOf(from);
      const toMinute = fromMinute + (lengthMinutes > 0 ? lengthMinutes : lengthMinutes + dayMinutes);
      if (toMinute <= weekMinutes) return [{ fromMinute, toMinute }];
      return [
        { fromMinute, toMinute: weekMinutes },
        { fromMinute: 0, toMinute: toMinute - weekMinutes },
      ].filter((window) => window.fromMinute < window.toMinute);
    }),
  );
}
