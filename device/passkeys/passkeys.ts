// The port of passkeys: who opens the door by hand shows, each time anew, a key that a person released.
import Type, { type Static } from "typebox";

const closed = { additionalProperties: false } as const;

/** Base64url without padding, as WebAuthn has it in JSON. */
function bytes(lengthMax: number, description: string) {
  return Type.String({ pattern: `^[A-Za-z0-9_-]{1,${lengthMax}}$`, description });
}

const credentialId = bytes(1_364, "The credential's id, base64url.");
const clientDataJSON = bytes(2_048, "As the browser signed it, base64url.");

/** What a browser made for creation options. */
export const newCredentialSchema = Type.Object(
  {
    id: credentialId,
    clientDataJSON,
    attestationObject: bytes(8_192, "Base64url."),
    transports: Type.Array(Type.String({ pattern: "^[a-z-]{1,20}$" }), {
      maxItems: 8,
      description: "How it is reached.",
    }),
  },
  { ...closed, description: "The new credential." },
);

export type NewCredential = Static<typeof newCredentialSchema>;

/** What a browser made for request options. */
export const assertionSchema = Type.Object(
  {
    id: credentialId,
    clientDataJSON,
    authenticatorData: bytes(1_024, "Base64url."),
    signature: bytes(1_024, "Base64url."),
  },
  { ...closed, description: "That somebody released a passkey for this request." },
);

export type Assertion = Static<typeof assertionSchema>;

/** A passkey as far as it may be shown. */
export interface Passkey {
  /** 12 hexadecimal digits; no secret, and not the credential's own id. */
  readonly id: string;
  /** What its owner calls it. */
  readonly name: string;
  /** The host name at which alone it counts. */
  readonly host: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; null when it was never used. */
  readonly lastUsedAt: string | null;
}

/** Where the page is that asks. */
export interface Site {
  /** A host name in lower case, without its port; no address. */
  readonly host: string;
  /** Scheme, host and port. */
  readonly origin: string;
}

/** What a challenge is for: nothing else, and nobody else, can use it. */
export interface Ask {
  /** The id of the session or token that asks. */
  readonly asker: string;
  readonly site: Site;
}

/** Options for `navigator.credentials`, in the JSON of WebAuthn Level 3. */
export type CredentialOptions = Readonly<Record<string, unknown>>;

/** Each of these throws PASSKEYS_UNAVAILABLE where the passkeys cannot be read or written: nothing is opened then. */
export interface Passkeys {
  /** The oldest first. */
  list(): Promise<Passkey[]>;
  /** Options to make a passkey with, good for a minute and for one. Throws PASSKEY_LIMIT, TOO_MANY_REQUESTS. */
  offer(ask: Ask): Promise<CredentialOptions>;
  /**
   * Stores a passkey that was made with such options.
   *
   * @param name at most 64 characters
   * @param by who asks, in words, for the record
   * @throws FacelatchError PASSKEY_STALE, PASSKEY_REFUSED, PASSKEY_LIMIT, and STORE_UNAVAILABLE or STORE_FULL where that
   * cannot be recorded first
   */
  register(
    ask: Ask,
    given: { readonly name: string; readonly by: string; readonly credential: NewCredential },
  ): Promise<Passkey>;
  /**
   * Options to show a passkey with, good for a minute, once, and for one request alone.
   *
   * @param requestId tells that request from all others
   * @throws FacelatchError PASSKEY_MISSING where none counts at this host, TOO_MANY_REQUESTS
   */
  challenge(ask: Ask, requestId: string): Promise<CredentialOptions>;
  /**
   * The passkey that somebody released for a request; it counts once.
   *
   * @throws FacelatchError PASSKEY_STALE for a challenge that is unknown, used, too old, or of another request;
   * PASSKEY_REFUSED for an assertion that does not hold
   */
  confirm(ask: Ask, requestId: string, assertion: Assertion): Promise<Passkey>;
  /** From the moment of its return the passkey counts no more. Throws PASSKEY_UNKNOWN. */
  remove(id: string, by: string): Promise<void>;
}
