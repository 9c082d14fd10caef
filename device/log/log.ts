// The port of the log: how talkative it is, and for how long.
import Type, { type Static } from "typebox";
import { logLevels } from "../events/events.ts";

const closed = { additionalProperties: false } as const;

const levelSchema = Type.Enum([...logLevels], { description: "This level and graver ones are logged." });

export const logLevelReportSchema = Type.Object(
  {
    level: levelSchema,
    configured: Type.Enum([...logLevels], { description: "`log.level` of the configuration." }),
    until: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
      description: "When the configured level counts again by itself, by the wall clock of now; null while it counts.",
    }),
  },
  { ...closed, description: "How talkative the log is." },
);

export type LogLevelReport = Static<typeof logLevelReportSchema>;

/** Unless told otherwise, and at most. */
export const logLevelMinutes = { default: 60, max: 1_440 } as const;

export const newLogLevelSchema = Type.Object(
  {
    level: levelSchema,
    forMinutes: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: logLevelMinutes.max,
        default: logLevelMinutes.default,
        description: "After so long, or at a restart, the configured level counts again.",
      }),
    ),
  },
  closed,
);

export type NewLogLevel = Static<typeof newLogLevelSchema>;

export interface LogLevelControl {
  report(): LogLevelReport;
  /** Logs at a level from now on, for a stated time; the configured level ends it at once. Noted as an event. */
  set(wanted: NewLogLevel, by: string): void;
  /** Goes back to the configured level, of which an event tells where it did not count. */
  reset(by: string): void;
}
