// Where log lines go: to stdout, which the journal keeps, and to the store, which the API serves.
import { type LogLevel, logLevels } from "../../events/events.ts";
import type { Store } from "../../store/store.ts";

/** pino's numbers: 10 for trace, 20 for debug and so on. */
function levelOf(value: unknown): LogLevel {
  return logLevels[Number(value) / 10 - 1] ?? "info";
}

/** Takes the logger's lines. What the store gets of one is its message and that of its error, without a stack. */
export function logDestination(store: Store | null): (fields: object, line: string) => void {
  // A reader that went away, such as a closed pipe, must not end the door.
  process.stdout.on("error", () => undefined);
  return (fields, line) => {
    process.stdout.write(line);
    const { level, msg, err } = fields as { level: number; msg?: string; err?: { message?: string } };
    const text = [msg, err?.message].filter((part) => part !== undefined).join(": ");
    store?.log({ level: levelOf(level), source: "daemon", text });
  };
}
