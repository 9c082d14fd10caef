// The daemon's logger: pino, told by the schemas what it must not write, before lines that are masked once more as a whole.
import { type Logger, pino } from "pino";
import type Type from "typebox";
import type { LogLevel } from "../events/events.ts";
import { secretMask } from "./mask-secrets.ts";
import { secretPathsOf, secretTextsOf } from "./secret-marks.ts";
import { errorFields, shownFields, shownLine } from "./shown-fields.ts";

export interface LoggerOptions {
  readonly level: LogLevel;
  /** The configuration and its schema; null where there is none that is valid. */
  readonly config: { readonly schema: Type.TSchema; readonly value: unknown } | null;
  /** What requests and answers hold. */
  readonly bodies: readonly Type.TSchema[];
  /** Takes a line's fields, and the line as JSON with its end. */
  readonly write: (fields: Readonly<Record<string, unknown>>, line: string) => void;
}

const hidden = "[secret]";
/** Headers by which somebody is let in. */
const secretHeaders = ["authorization", "cookie", "set-cookie", "x-csrf-token", "proxy-authorization"];
/** Where a line may carry headers, and what came or went. */
const headerPlaces = ["headers", "req.headers", "res.headers"];
const bodyPlaces = ["body", "req.body", "res.body"];

export function openLogger({ level, config, bodies, write }: LoggerOptions): Logger {
  const mask = secretMask(config === null ? [] : secretTextsOf(config.schema, config.value));
  const destination = {
    write: (text: string): void => {
      // What came in by bindings, messages and whatever a serializer made of it.
      const fields = shownLine(JSON.parse(text) as object, mask);
      write(fields, `${JSON.stringify(fields)}\n`);
    },
  };
  return pino(
    {
      level,
      redact: { paths: redactedPaths(config?.schema ?? null, bodies), censor: hidden },
      serializers: { err: (error: unknown) => (error instanceof Error ? errorFields(error) : error) },
      // Before pino makes JSON of a picture, a number for each byte.
      formatters: { log: (fields) => shownFields(fields, mask) },
    },
    destination,
  );
}

/** What pino leaves out of a line, as the schemas' marks say. */
export function redactedPaths(config: Type.TSchema | null, bodies: readonly Type.TSchema[]): string[] {
  const headers = headerPlaces.flatMap((place) => secretHeaders.map((name) => `${place}["${name}"]`));
  const marked = bodies.flatMap((schema) => secretPathsOf(schema));
  const inBodies = bodyPlaces.flatMap((place) => marked.map((path) => `${place}.${path}`));
  const inConfig = config === null ? [] : secretPathsOf(config).map((path) => `config.${path}`);
  return [...new Set([...headers, ...inBodies, ...inConfig])];
}
