// The port of the configuration: YAML goes in, checked settings with every default filled in come out.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { Check } from "typebox/value";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { checkSource, leafOrDefault, lineOfPath } from "./check.ts";
import { contradictionsOf, isLoopbackHost } from "./consistency.ts";
import { apiSchema } from "./network-schema.ts";
import {
  type Schedule,
  scheduleContradictions,
  scheduleSchema,
  scheduleWindowsMax,
  type WeeklyWindow,
  weeklyWindows,
} from "./schedule.ts";
import { type Config, configSchema } from "./schema.ts";
import { configBytesMax, type Problem, readSection, readYaml } from "./yaml-source.ts";

export { exampleYaml } from "./example.ts";
export type { Config, Schedule, WeeklyWindow };
export {
  configBytesMax,
  configSchema,
  isLoopbackHost,
  scheduleContradictions,
  scheduleSchema,
  scheduleWindowsMax,
  weeklyWindows,
};

/** The problems that one error tells; beyond them it only counts. */
const problemsShownMax = 20;

/** The settings of a file that says nothing but that frames are replayed and the relay is recorded. */
export function defaultConfig(): Config {
  return parseConfig("camera: { kind: replay, path: scene.mjpeg }\nrelay: { kind: recorded }\n", "the defaults");
}

/**
 * Parses YAML 1.2, fills in defaults and checks every setting.
 *
 * @param sourceName how errors call the text, such as its path
 * @throws FacelatchError CONFIG_INVALID, telling all problems with their lines
 */
export function parseConfig(yamlText: string, sourceName: string): Config {
  const source = readYaml(yamlText);
  if (!("root" in source)) throw invalid(sourceName, source);
  const { value, problems, lines } = checkSource(configSchema, source);
  if (problems.length > 0) throw invalid(sourceName, problems);
  if (!Check(configSchema, value)) {
    throw new FacelatchError("INTERNAL", {
      expected: "a checked configuration to match its schema",
      found: "a mismatch",
      next: "Report this configuration as a bug.",
    });
  }
  const contradictions = contradictionsOf(value).map(({ path, text }) => ({ line: lineOfPath(lines, path), text }));
  if (contradictions.length > 0) throw invalid(sourceName, contradictions);
  return value;
}

/**
 * Reads and parses a configuration file of at most 256 KiB.
 *
 * @throws FacelatchError INPUT_MISSING without such a file, INPUT_INVALID when it cannot be read, CONFIG_INVALID
 */
export function loadConfig(path: string): Config {
  return parseConfig(readText(path), path);
}

/**
 * Where the API listens while the file is not valid, as the cause must be told somewhere: to this machine alone, at the
 * file's port where that can be read. `openOnLoopback` is false where the file speaks of a proxy, which may bring others
 * in. Never throws for a bad file.
 */
export function faultApiSettings(path: string): {
  readonly host: string;
  readonly port: number;
  readonly openOnLoopback: boolean;
} {
  const text = readTextIfAny(path);
  const section = readSection(text, "api");
  const { host, port } = apiSchema.properties;
  const given = leafOrDefault(host, section, "host");
  return {
    host: isLoopbackHost(given) ? given : "127.0.0.1",
    port: leafOrDefault(port, section, "port"),
    openOnLoopback: !/\bproxy\b/.test(text),
  };
}

function readTextIfAny(path: string): string {
  try {
    return readText(path);
  } catch (error) {
    if (error instanceof FacelatchError) return "";
    throw error;
  }
}

function readText(path: string): string {
  const bytes = readBounded(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid(path, [{ line: null, text: "the file is not UTF-8 text" }]);
  }
}

/** At most one byte more than a configuration may have, which is enough to refuse it. */
function readBounded(path: string): Uint8Array {
  const buffer = new Uint8Array(configBytesMax + 1);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, "r");
    if (!fstatSync(descriptor).isFile()) throw new Error("it is not a file");
    let length = 0;
    let read = 1;
    while (read > 0 && length < buffer.length) {
      read = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
    }
    return buffer.subarray(0, length);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new FacelatchError(missing ? "INPUT_MISSING" : "INPUT_INVALID", {
      expected: `a configuration file at ${path}`,
      found: missing ? "nothing" : messageOf(error),
      next: "Name another file, or write one; an empty file means all defaults.",
      cause: error,
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function invalid(sourceName: string, problems: readonly Problem[]): FacelatchError {
  const told = problems
    .slice(0, problemsShownMax)
    .map(({ line, text }) => `\n  ${line === null ? "" : `line ${line}: `}${text}`);
  const untold = problems.length - told.length;
  told.push(untold > 0 ? `\n  and ${untold} more` : "\n  and nothing else");
  return new FacelatchError("CONFIG_INVALID", {
    expected: `valid settings in ${sourceName}`,
    found: `${problems.length} problem${problems.length === 1 ? "" : "s"}:${told.join("")}`,
    next: "Mend these lines; `facelatch config --config FILE` checks the file.",
  });
}
