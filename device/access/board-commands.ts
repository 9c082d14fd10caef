// The commands on the board: make, list and revoke access tokens, and revoke the sessions of browsers.
import { existsSync } from "node:fs";
import { FacelatchError } from "../errors/errors.ts";
import { type AccessToken, type ListedToken, type Scope, scopes } from "./access.ts";
import { PairingFiles, pairingMs } from "./pairing-files.ts";
import { TokenFolder } from "./token-folder.ts";

const msPerDay = 86_400_000;

export interface NewTokenFlags {
  readonly name: string;
  /** Separated by commas. */
  readonly scopes: string;
  /** Null for a token that does not expire. */
  readonly expiresDays: number | null;
}

/** Throws INPUT_MISSING without the state folder, USAGE for a scope that does not exist, ACCESS_UNAVAILABLE. */
export async function makeToken(
  stateDir: string,
  { name, scopes: given, expiresDays }: NewTokenFlags,
): Promise<AccessToken & { readonly text: string }> {
  const expiresAt = expiresDays === null ? null : new Date(Date.now() + expiresDays * msPerDay);
  return tokensIn(stateDir).make({ name, scopes: scopesOf(given), expiresAt });
}

/** The oldest first. Throws INPUT_MISSING without the state folder, ACCESS_UNAVAILABLE. */
export async function listTokens(stateDir: string): Promise<ListedToken[]> {
  return tokensIn(stateDir).list();
}

/** Throws INPUT_MISSING without such a token or session, ACCESS_UNAVAILABLE. */
export async function revokeToken(stateDir: string, id: string): Promise<AccessToken> {
  return tokensIn(stateDir).revoke(id);
}

export function describeNewToken({
  id,
  scopes: given,
  expiresAt,
  text,
}: AccessToken & { readonly text: string }): string {
  const until = expiresAt === null ? "does not expire" : `expires ${expiresAt}`;
  return `${text}\n\nToken ${id} (${given.join(", ")}; ${until}). It is shown only now.`;
}

export function describeTokens(tokens: readonly ListedToken[]): string {
  if (tokens.length === 0) return "No token was made.";
  return tokens
    .map(({ id, kind, state, scopes: given, createdAt, expiresAt, lastUsedAt, name }) =>
      [
        id,
        kind.padEnd(7),
        state.padEnd(7),
        given.join(","),
        `made ${createdAt}`,
        expiresAt === null ? "does not expire" : `expires ${expiresAt}`,
        lastUsedAt === null ? "never used" : `last used ${lastUsedAt}`,
        name,
      ].join("  "),
    )
    .join("\n");
}

/** Opens a pairing that a running daemon knows at once. Throws INPUT_MISSING without the state folder, ACCESS_UNAVAILABLE. */
export async function openPairing(stateDir: string): Promise<{ readonly code: string; readonly expiresInMs: number }> {
  assertState(stateDir);
  return { code: await new PairingFiles(stateDir).open(), expiresInMs: pairingMs };
}

/** @param address how the page is reached, in words */
export function describePairing({ code }: { readonly code: string }, address: string): string {
  return `Pairing code ${code}, for two minutes and one browser, at ${address}`;
}

function scopesOf(text: string): Scope[] {
  return [...new Set(text.split(","))].map((word) => {
    const scope = scopes.find((candidate) => candidate === word.trim());
    if (scope !== undefined) return scope;
    throw new FacelatchError("USAGE", {
      expected: `--scopes of ${scopes.join(", ")}, separated by commas`,
      found: JSON.stringify(word.slice(0, 40)),
      next: "See `facelatch tokens make --help`.",
    });
  });
}

function tokensIn(stateDir: string): TokenFolder {
  assertState(stateDir);
  return new TokenFolder(stateDir);
}

function assertState(stateDir: string): void {
  if (existsSync(stateDir)) return;
  throw new FacelatchError("INPUT_MISSING", {
    expected: `the daemon's state directory at ${stateDir}`,
    found: "nothing",
    next: "Start the daemon once, or name the folder.",
  });
}
