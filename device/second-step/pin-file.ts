// The PIN on disk: a scrypt hash with the parameters that it was made with, never the PIN itself.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { readPrivateFile, writePrivateFile } from "../files/private-file.ts";
import { pinExpectation, pinPattern } from "./second-step.ts";
import { writeWrongPins } from "./wrong-pins-file.ts";

/** The limits keep a file that somebody else wrote from taking all memory. */
const storedPinSchema = Type.Object(
  {
    formatVersion: Type.Literal(1),
    algorithm: Type.Literal("scrypt"),
    /** N of RFC 7914, a power of two; takes 128 * cost * blockSize bytes. */
    cost: Type.Enum([16_384, 32_768, 65_536, 131_072]),
    blockSize: Type.Integer({ minimum: 8, maximum: 16 }),
    parallelism: Type.Integer({ minimum: 1, maximum: 4 }),
    salt: Type.String({ pattern: "^[0-9a-f]{32}$" }),
    hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  },
  { additionalProperties: false },
);

export type StoredPin = Static<typeof storedPinSchema>;
export type PinCost = Pick<StoredPin, "cost" | "blockSize" | "parallelism">;

/** One of the settings that OWASP's cheat sheet on password storage holds equal; this one takes 32 MiB. */
const standardCost: PinCost = { cost: 32_768, blockSize: 8, parallelism: 3 };

const hashBytes = 32;
const setIt = "Set it with `facelatch pin set`.";

export function pinFilePath(stateDir: string): string {
  return join(stateDir, "keys", "pin.json");
}

/**
 * Sets the PIN: a running daemon knows it at the next attempt, and forgives the wrong ones before it at its next start.
 *
 * @throws FacelatchError INPUT_INVALID when it is no PIN, INPUT_MISSING without a state directory,
 *   SECOND_STEP_UNAVAILABLE when it cannot be written
 */
export async function setPin(stateDir: string, pin: string, cost: PinCost = standardCost): Promise<void> {
  if (!pinPattern.test(pin)) {
    // What was typed may be a PIN all the same, but for a slip: it is not shown.
    throw new FacelatchError("INPUT_INVALID", { expected: pinExpectation, found: "other text", next: "Try again." });
  }
  if (!(await isFolder(stateDir))) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `the daemon's state directory at ${stateDir}`,
      found: "none",
      next: "Name it with --state.",
    });
  }
  const salt = randomBytes(16);
  const hash = await hashOf(pin, salt, cost);
  const stored: StoredPin = {
    formatVersion: 1,
    algorithm: "scrypt",
    ...cost,
    salt: salt.toString("hex"),
    hash: hash.toString("hex"),
  };
  try {
    await writePrivateFile(pinFilePath(stateDir), `${JSON.stringify(stored)}\n`);
  } catch (error) {
    throw unavailable(messageOf(error), "Check that you may write to the state directory, and its space.", error);
  }
  await writeWrongPins(stateDir, 0);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** Reads the hash. Throws SECOND_STEP_UNAVAILABLE where there is none, or a damaged one. */
export async function readStoredPin(stateDir: string): Promise<StoredPin> {
  let text: string | null;
  try {
    text = await readPrivateFile(pinFilePath(stateDir));
  } catch (error) {
    throw unavailable(messageOf(error), "Check that the daemon's user may read it.", error);
  }
  if (text === null) throw unavailable("none", setIt);
  const stored = parsed(text);
  if (!Check(storedPinSchema, stored)) throw unavailable("a damaged file", setIt);
  return stored;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Whether it is the PIN; takes about as long either way, off the event loop. */
export async function isPin(pin: string, { salt, hash, ...cost }: StoredPin): Promise<boolean> {
  return timingSafeEqual(await hashOf(pin, Buffer.from(salt, "hex"), cost), Buffer.from(hash, "hex"));
}

function hashOf(pin: string, salt: Uint8Array, { cost, blockSize, parallelism }: PinCost): Promise<Buffer> {
  // The package's own limit leaves no room for what is needed beside the blocks.
  const maxmem = 128 * blockSize * (cost + parallelism + 32);
  const settings = { N: cost, r: blockSize, p: parallelism, maxmem };
  return new Promise((resolve, reject) => {
    scrypt(pin, salt, hashBytes, settings, (error, hash) => (error === null ? resolve(hash) : reject(error)));
  });
}

function unavailable(found: string, next: string, cause?: unknown): FacelatchError {
  return new FacelatchError("SECOND_STEP_UNAVAILABLE", { expected: "a PIN that is set", found, next, cause });
}
