// The text of a token: how it is made, read and compared. Only its hash is ever kept.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const secretBytes = 32;
const pattern = /^fl_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

export interface NewTokenText {
  readonly id: string;
  /** Shown once, to whoever made it. */
  readonly text: string;
  readonly secretSha256: string;
}

/** A new token of 256 random bits. A plain hash keeps it, as nobody can try so many. */
export function makeTokenText(): NewTokenText {
  const id = randomBytes(6).toString("hex");
  const secret = randomBytes(secretBytes).toString("base64url");
  return { id, text: `fl_${id}_${secret}`, secretSha256: hashOf(secret).toString("hex") };
}

/** The parts of a token's text; null where it cannot be one. */
export function readTokenText(text: string): { readonly id: string; readonly secret: string } | null {
  const match = pattern.exec(text);
  return match === null ? null : { id: match[1]!, secret: match[2]! };
}

/** Compares in constant time; an unknown token's hash is null, and takes as long. */
export function isSecret(secret: string, sha256: string | null): boolean {
  const expected = Buffer.from(sha256 ?? "0".repeat(64), "hex");
  return timingSafeEqual(hashOf(secret), expected) && sha256 !== null;
}

function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
