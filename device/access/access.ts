// The port of access: who may ask the API for what, by tokens that only their holders know.

/** What a token may be allowed. `admin` includes all but `unlock`: who looks after the device is not let in by that. */
export const scopes = ["read", "feedback", "update", "unlock", "admin"] as const;

export type Scope = (typeof scopes)[number];

/** A token as far as it may be shown; its secret is known to its holder alone. */
export interface AccessToken {
  /** 12 hexadecimal digits; no secret. */
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; null for one that does not expire. */
  readonly expiresAt: string | null;
}

export interface Access {
  /**
   * The token that a text is, where it counts at this moment; null where it is unknown, revoked or expired.
   *
   * @throws FacelatchError ACCESS_UNAVAILABLE where the tokens cannot be read: nobody is let in then
   */
  tokenOf(text: string): Promise<AccessToken | null>;
  /** Whether any token counts now. Throws ACCESS_UNAVAILABLE. */
  hasTokens(): Promise<boolean>;
}

/** Whether a token may do what asks for any of these scopes. */
export function allows(token: Pick<AccessToken, "scopes">, anyOf: readonly Scope[]): boolean {
  return anyOf.some((scope) => token.scopes.includes(scope) || (scope !== "unlock" && token.scopes.includes("admin")));
}
