// The schedule: its schema, what the schema cannot say, and the same in minutes of the week.
import Type, { type Static } from "typebox";
import { type ReadonlyDeep, section } from "./schema-kit.ts";

export const scheduleWindowsMax = 50;

const dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

export const scheduleSchema = Type.Array(
  section("A part of the week.", {
    days: Type.Array(Type.Enum([...dayNames]), {
      description: "The days on which it begins.",
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      default: [...dayNames],
    }),
    from: Type.String({
      description: "The first minute.",
      pattern: "^([01]\\d|2[0-3]):[0-5]\\d$",
      expected: 'a time from "00:00" to "23:59"',
    }),
    to: Type.String({
      description: "The minute after the last; on the next day where it is not later than `from`.",
      pattern: "^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$",
      expected: 'a time from "00:00" to "24:00"',
    }),
  }),
  {
    description: "When the door may open for a face, in local time; an empty list means always.",
    maxItems: scheduleWindowsMax,
    default: [],
    examples: [[{ days: ["mon", "fri"], from: "07:00", to: "22:00" }]],
  },
);

/** When the door may open for a face, as a file holds it. */
export type Schedule = ReadonlyDeep<Static<typeof scheduleSchema>>;

/** What is wrong with a schedule that its schema accepts. @param path how errors call it */
export function scheduleContradictions(schedule: Schedule, path: string): { path: string; text: string }[] {
  return schedule.flatMap(({ from, to }, index) => {
    const at = `${path}[${index}].to`;
    return from === to ? [{ path: at, text: `${at} equals from; a whole day is from "00:00" to "24:00"` }] : [];
  });
}

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
export function weeklyWindows(schedule: Schedule): WeeklyWindow[] {
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
