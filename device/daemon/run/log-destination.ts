// Where pino's lines go: to stdout, which the journal keeps, and to the store, which the API serves.
import { Writable } from "node:stream";
import { type LogLevel, logLevels } from "../../events/events.ts";
import type { Store } from "../../store/store.ts";

/** pino's numbers: 10 for trace, 20 for debug and so on. */
function levelOf(value: unknown): LogLevel {
  return logLevels[Number(value) / 10 - 1] ?? "info";
}

/** A stream of pino's JSON lines. */
export function logDestination(store: Store): Writable {
  // A reader that went away, such as a closed pipe, must not end the door.
  process.stdout.on("error", () => undefined);
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      const line = chunk.toString("utf8");
      process.stdout.write(line);
      const { level, msg, err } = JSON.parse(line) as { level: number; msg?: string; err?: { message?: string } };
      const text = [msg, err?.message].filter((part) => part !== undefined).join(": ");
      store.log({ level: levelOf(level), source: "daemon", text });
      done();
    },
  });
}
