// The port of access: who may ask the API for what, by tokens and sessions that only their holders know.
import type { FacelatchError } from "../errors/errors.ts";

/**
 * What a token may be allowed. `admin` includes all but `unlock`, `people` and `snapshots`: who looks after the device is not
 * let in by that, and is shown nobody's templates or pictures.
 */
export const scopes = ["read", "feedback", "update", "people", "snapshots", "unlock", "admin"] as const;

export type Scope = (typeof scopes)[number];

/** "session": of a browser that was paired or that showed a token; it counts as a cookie alone, a token never does. */
export type TokenKind = "token" | "session";

/** A token as far as it may be shown; its secret is known to its holder alone. */
export interface AccessToken {
  /** 12 hexadecimal digits; no secret. */
  readonly id: string;
  readonly kind: TokenKind;
  /** What its owner calls it. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Of a session, the token that it came from and ends with; null for a token, and for a session of a paired browser. */
  readonly parentId: string | null;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; null for one that does not expire. */
  readonly expiresAt: string | null;
}

export interface ListedToken extends AccessToken {
  readonly state: "valid" | "expired" | "revoked";
  /** ISO 8601, to a minute; null when it was never used. */
  readonly lastUsedAt: string | null;
}

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | null;
}

export interface NewSession {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The token that the browser showed, with which the session ends; null where it was paired by a code. */
  readonly parent: AccessToken | null;
}

/** Each of these throws ACCESS_UNAVAILABLE where the tokens cannot be read or written: nobody is let in then. */
export interface Access {
  /** The token or session that a text is, where it counts at this moment; null where it is unknown, revoked or expired. */
  tokenOf(text: string): Promise<AccessToken | null>;
  /** Whether any token or session counts now. */
  hasTokens(): Promise<boolean>;
  /** All that were ever made, and the sessions that were not revoked, the oldest first. */
  list(): Promise<ListedToken[]>;
  /** Makes a token; its text is told here and never again. Throws INPUT_INVALID. */
  make(token: NewToken): Promise<AccessToken & { readonly text: string }>;
  /** Begins a session; its text is told here and never again. The oldest of its kind makes room where there are too many. */
  openSession(session: NewSession): Promise<AccessToken & { readonly text: string }>;
  /** From the moment of its return the token or session counts no more. Throws INPUT_MISSING where there is none. */
  revoke(id: string): Promise<AccessToken>;
}

/** `closed`: no pairing is under way, or none any more; `busy`: another code is being judged, and this one was not. */
export type PairingAnswer =
  | { readonly kind: "paired" | "closed" | "busy" }
  | { readonly kind: "wrong"; readonly triesLeft: number };

/** The first way in: a code that the board's console shows for two minutes, good for one browser. */
export interface Pairing {
  /** Judges a code, as a person typed it. Throws ACCESS_UNAVAILABLE where it cannot be judged. */
  enter(code: string): Promise<PairingAnswer>;
}

/**
 * What became of a knock. `contested`: several browsers want in, or wanted a moment ago, so that the button lets in none;
 * `closed`: there is no such knock, or none any more.
 */
export type KnockAnswer = "waiting" | "paired" | "contested" | "closed";

/**
 * Another way in: a browser knocks, and somebody holds a button of the board, inside the house. It is let in where no other
 * knocked. All of it is in memory: after a restart nobody is let in.
 */
export interface ButtonPairing {
  /** Why the button is of no use now; null while it can be used. */
  fault(): FacelatchError | null;
  /** Knocks. The knock's secret is told here and never again; null where several want in, so that none is let in. */
  knock(): string | null;
  /** Notes a knock that was refused before it came here: its browser's owner may hold the button all the same. */
  refuseKnock(): void;
  /** What became of the knock with this secret; `paired` once. */
  poll(secret: string): KnockAnswer;
  /** Takes a knock back; nothing where there is none. */
  withdraw(secret: string): void;
}

export interface ButtonPairingStatus {
  /** Which line, in words. */
  readonly adapter: string;
  /** Browsers that want in now. */
  readonly knocks: number;
  /** While there is one, the button lets in nobody. */
  readonly fault: { readonly code: "PAIRING_BUTTON_UNAVAILABLE"; readonly message: string } | null;
}

const ofNoAdmin: readonly Scope[] = ["unlock", "people", "snapshots"];

/** Whether a token may do what asks for any of these scopes. */
export function allows(token: Pick<AccessToken, "scopes">, anyOf: readonly Scope[]): boolean {
  const isOfAdmin = (scope: Scope) => !ofNoAdmin.includes(scope);
  return anyOf.some((scope) => token.scopes.includes(scope) || (isOfAdmin(scope) && token.scopes.includes("admin")));
}
