// How far a rollout is, in a file: a rollout that stopped or was killed goes on where it was.
import { open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";

const doorSchema = Type.Object(
  {
    outcome: Type.Enum(["confirmed", "failed"]),
    at: Type.String(),
    /** Why it failed: a stable code, and words. */
    code: Type.Union([Type.String(), Type.Null()]),
    message: Type.Union([Type.String(), Type.Null()]),
  },
  { additionalProperties: false },
);

const stateSchema = Type.Object(
  {
    bundleSha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    bundleName: Type.String(),
    doors: Type.Record(Type.String(), doorSchema),
  },
  { additionalProperties: false },
);

export type RolloutState = Static<typeof stateSchema>;
export type DoorOutcome = Static<typeof doorSchema>;

/** Null where there is no such file. Throws INPUT_INVALID. */
export async function readRolloutState(path: string): Promise<RolloutState | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw invalid(path, messageOf(error));
  }
  try {
    const state: unknown = JSON.parse(text);
    if (Check(stateSchema, state)) return state;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid(path, "something else");
}

/** Replaces the file as a whole, and on the disk when the call returns. */
export async function writeRolloutState(path: string, state: RolloutState): Promise<void> {
  const next = `${path}.next`;
  const file = await open(next, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function invalid(path: string, found: string): FacelatchError {
  const next = "Name another file with --progress-file, or remove it to begin anew.";
  return new FacelatchError("INPUT_INVALID", { expected: `the state of a rollout in ${path}`, found, next });
}
