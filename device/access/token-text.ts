// The text of a token or session: how it is made, read and compared. Only its hash is ever kept.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { TokenKind } from "./access.ts";

const secretBytes = 32;
const pattern = /^(fl|fs)_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const prefixes: Record<TokenKind, string> = { token: "fl", session: "fs" };

export interface NewTokenText {
  readonly id: string;
  /** Shown once, to whoever made it. */
  readonly text: string;
  readonly secretSha256: string;
}

/** A new token of 256 random bits. A plain hash keeps it, as nobody can try so many. */
export function makeTokenText(kind: TokenKind): NewTokenText {
  const id = randomBytes(6).toString("hex");
  const secret = randomBytes(secretBytes).toString("base64url");
  return { id, text: `${prefixes[kind]}_${id}_${secret}`, secretSha256: sha256(secret).toString("hex") };
}

export interface TokenParts {
  readonly kind: TokenKind;
  readonly id: string;
  readonly secret: string;
}

/** The parts of a token's text; null where it cannot be one. */
export function readTokenText(text: string): TokenParts | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  return { kind: match[1] === prefixes.session ? "session" : "token", id: match[2]!, secret: match[3]! };
}

/** Compares in constant time; an unknown token's hash is null, and takes as long. */
export function isSecret(secret: string, hash: string | null): boolean {
  const expected = Buffer.from(hash ?? "0".repeat(64), "hex");
  return timingSafeEqual(sha256(secret), expected) && hash !== null;
}

export function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
