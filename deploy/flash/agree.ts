// Asks whoever sits at the terminal whether to go on.
import { createInterface } from "node:readline/promises";
import { FacelatchError } from "../../device/errors/errors.ts";

/** The question to ask, or no question where the command line has said yes. */
export function agreement(yes: boolean): (question: string) => Promise<boolean> {
  return async (question) => {
    if (yes) return true;
    if (!process.stdin.isTTY) {
      throw new FacelatchError("CONFIRMATION_NEEDED", {
        expected: "a terminal to ask at, or --yes",
        found: "neither",
        next: "Look at the figures above, and say --yes.",
      });
    }
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
    } finally {
      lines.close();
    }
  };
}
