// What commands print: people read stderr and stdout, programs read one JSON object on the last line of stdout.
import { errorCodes, FacelatchError, messageOf } from "../errors/errors.ts";

/** Prints a command's result: the JSON object with `--json`, the text otherwise. */
export function printResult(json: boolean, value: unknown, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
}

/** Reports what a command threw; returns its exit code. Only defects show a stack. */
export function reportFailure(error: unknown): number {
  if (error instanceof FacelatchError) {
    process.stderr.write(`facelatch: ${error.message} [${error.code}]\n`);
    return errorCodes[error.code].exitCode;
  }
  process.stderr.write(`facelatch: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`);
  return errorCodes.INTERNAL.exitCode;
}

/** Parses a command line's whole number. Throws USAGE. */
export function wholeNumber(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/.test(text) && value >= min && value <= max) return value;
    throw new FacelatchError("USAGE", {
      expected: `${name} as a whole number from ${min} to ${max}`,
      found: JSON.stringify(text),
      next: "See `facelatch help`.",
    });
  };
}

/** Parses a command line's choice among words. Throws USAGE. */
export function oneOf<const T extends string>(name: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw new FacelatchError("USAGE", {
      expected: `${name} as one of ${words.join(", ")}`,
      found: JSON.stringify(text),
      next: "See `facelatch help`.",
    });
  };
}

/** Parses a command line's number. Throws USAGE. */
export function anyNumber(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= min && value <= max) return value;
    throw new FacelatchError("USAGE", {
      expected: `${name} as a number from ${min} to ${max}`,
      found: JSON.stringify(text),
      next: "See `facelatch help`.",
    });
  };
}
