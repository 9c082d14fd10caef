// A real pino logger whose level is switched, on a clock that is set by hand.
import { pino } from "pino";
import type { LogLevel, NewEvent } from "../../../device/events/events.ts";
import { LogLevelSwitch } from "../../../device/log/log-level-switch.ts";

export function switchedLog(configured: LogLevel = "info") {
  const lines: string[] = [];
  const events: NewEvent[] = [];
  const clock = { nowMs: 1_000, wall: Date.parse("2026-11-23T10:00:00Z") };
  const logger = pino({ level: configured }, { write: (line) => lines.push(line) });
  const logLevel = new LogLevelSwitch({
    configured,
    logger,
    note: (event) => events.push(event),
    wallClock: () => new Date(clock.wall),
    nowMs: () => clock.nowMs,
  });
  return { logger, logLevel, lines, events, clock };
}
