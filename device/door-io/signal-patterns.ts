// What the LED shows and the buzzer sounds, pure: patterns of levels over time.

/** Times in ms for which the line is on and off in turn, beginning with on. */
export interface Pattern {
  readonly timesMs: readonly number[];
  /** Begins again after its end; else the line stays off. */
  readonly repeats: boolean;
}

/** What the LED can say, the gravest first; a door that is open is what people look for. */
export const leds = ["opened", "fault", "looking", "locked"] as const;
export type Led = (typeof leds)[number];

const sounds = ["alarm", "opened", "refused"] as const;
export type Sound = (typeof sounds)[number];

/** A minute: a pulse is never longer. */
const steadyMs = 60_000;
const alarmBeeps = 12;

export const ledPatterns: Readonly<Record<Led, Pattern>> = {
  opened: { timesMs: [steadyMs], repeats: true },
  fault: { timesMs: [120, 120, 120, 1_140], repeats: true },
  looking: { timesMs: [250, 250], repeats: true },
  // A flash now and then tells a door that is locked from a board that is dead.
  locked: { timesMs: [40, 3_960], repeats: true },
};

export const soundPatterns: Readonly<Record<Sound, Pattern>> = {
  alarm: { timesMs: Array.from({ length: 2 * alarmBeeps }, () => 250), repeats: false },
  opened: { timesMs: [120], repeats: false },
  refused: { timesMs: [350, 150, 350], repeats: false },
};

export interface Level {
  readonly level: 0 | 1;
  /** Until the next level, from the pattern's beginning; null where none comes. */
  readonly untilMs: number | null;
}

/** The level of a pattern that began `elapsedMs` ago. */
export function levelAt({ timesMs, repeats }: Pattern, elapsedMs: number): Level {
  const lengthMs = timesMs.reduce((sum, timeMs) => sum + timeMs, 0);
  if (!repeats && elapsedMs >= lengthMs) return { level: 0, untilMs: null };
  let endMs = repeats ? Math.floor(elapsedMs / lengthMs) * lengthMs : 0;
  for (const [index, timeMs] of timesMs.entries()) {
    endMs += timeMs;
    if (elapsedMs < endMs) return { level: index % 2 === 0 ? 1 : 0, untilMs: endMs };
  }
  // Only where rounding loses the last moment of a round.
  return { level: 0, untilMs: endMs + timesMs[0]! };
}

/** What the LED says of the door. */
export function ledOf(door: {
  readonly isOpening: boolean;
  readonly isFaulty: boolean;
  readonly isSomebodyThere: boolean;
}): Led {
  if (door.isOpening) return "opened";
  if (door.isFaulty) return "fault";
  return door.isSomebodyThere ? "looking" : "locked";
}
