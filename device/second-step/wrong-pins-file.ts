// The count of wrong PINs in a row, on disk, so that neither a restart nor a kill forgets it.
import { join } from "node:path";
import Type from "typebox";
import { Check } from "typebox/value";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { readPrivateFile, writePrivateFile } from "../files/private-file.ts";

const recordSchema = Type.Object(
  { formatVersion: Type.Literal(1), wrongInRow: Type.Integer({ minimum: 0, maximum: 1_000_000_000 }) },
  { additionalProperties: false },
);

export function wrongPinsPath(stateDir: string): string {
  return join(stateDir, "keys", "wrong-pins.json");
}

/** The count; 0 where none was written. Throws SECOND_STEP_UNAVAILABLE where it cannot be read: it may be any. */
export async function readWrongPins(stateDir: string): Promise<number> {
  try {
    const text = await readPrivateFile(wrongPinsPath(stateDir));
    if (text === null) return 0;
    const record: unknown = JSON.parse(text);
    if (!Check(recordSchema, record)) throw new Error("a damaged file");
    return record.wrongInRow;
  } catch (error) {
    throw unavailable(error, "Set the PIN again with `facelatch pin set`, which begins the count anew.");
  }
}

/** Throws SECOND_STEP_UNAVAILABLE where it cannot be written: then no PIN may be judged. */
export async function writeWrongPins(stateDir: string, wrongInRow: number): Promise<void> {
  try {
    await writePrivateFile(wrongPinsPath(stateDir), `${JSON.stringify({ formatVersion: 1, wrongInRow })}\n`);
  } catch (error) {
    throw unavailable(error, "Check that the state directory can be written and has space.");
  }
}

function unavailable(error: unknown, next: string): FacelatchError {
  return new FacelatchError("SECOND_STEP_UNAVAILABLE", {
    expected: "the count of wrong PINs on disk",
    found: messageOf(error),
    next,
    cause: error,
  });
}
