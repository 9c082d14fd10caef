// An authenticator and its browser, in software: makes an ES256 passkey and signs with it, rightly or wrongly as it is told.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { Assertion, CredentialOptions, NewCredential, Site } from "../../../device/passkeys/passkeys.ts";

/** What it does otherwise than it should. */
export interface Faults {
  readonly challenge?: string;
  readonly origin?: string;
  readonly host?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  /** A bit a flag: 1 somebody was there, 4 it knew who. */
  readonly flags?: number;
  readonly counter?: number;
  /** Of the attestation. */
  readonly format?: "none" | "packed";
  /** DER, of an attestation. */
  readonly chain?: readonly Uint8Array[];
}

type Cbor = number | string | Uint8Array | readonly Cbor[] | ReadonlyMap<number | string, Cbor>;

const userThere = 1;
const userVerified = 4;
const hasKey = 64;

/** See RFC 8949, as far as WebAuthn needs it. */
function cbor(value: Cbor): Buffer {
  const head = (major: number, length: number) => {
    if (length < 24) return Buffer.from([(major << 5) | length]);
    if (length < 256) return Buffer.from([(major << 5) | 24, length]);
    return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
  };
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<number | string, Cbor>)];
    return Buffer.concat([head(5, entries.length), ...entries.flatMap(([key, item]) => [cbor(key), cbor(item)])]);
  }
  const items = value as readonly Cbor[];
  return Buffer.concat([head(4, items.length), ...items.map(cbor)]);
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
const sha256 = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

export class Authenticator {
  readonly id: string;
  readonly #privateKey: KeyObject;
  readonly #publicKey: Buffer;
  counter = 0;

  /** @param idBytes of the credential's id; at most 1,023 in WebAuthn */
  constructor(idBytes = 32) {
    this.id = base64url(randomBytes(idBytes));
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#privateKey = privateKey;
    const { x = "", y = "" } = publicKey.export({ format: "jwk" });
    const point = (text: string) => Buffer.from(text, "base64url");
    const key: ReadonlyMap<number, Cbor> = new Map<number, Cbor>([
      ...([
        [1, 2],
        [3, -7],
        [-1, 1],
      ] as const),
      [-2, point(x)],
      [-3, point(y)],
    ]);
    this.#publicKey = cbor(key);
  }

  /** As `navigator.credentials.create` does. */
  make(options: CredentialOptions, site: Site, faults: Faults = {}): NewCredential {
    const id = Buffer.from(this.id, "base64url");
    const length = Buffer.from([id.length >> 8, id.length & 255]);
    const attested = Buffer.concat([Buffer.alloc(16), length, id, this.#publicKey]);
    const authData = Buffer.concat([
      this.#dataOf(site, { flags: userThere | userVerified, ...faults }, hasKey),
      attested,
    ]);
    const clientDataJSON = clientDataOf("webauthn.create", options, site, faults);
    const { format = "none", chain } = faults;
    const statement = new Map<string, Cbor>();
    if (format === "packed") {
      statement.set("alg", -7);
      statement.set("sig", this.#sign(authData, clientDataJSON));
      if (chain !== undefined) statement.set("x5c", chain);
    }
    const attestation = new Map<string, Cbor>([
      ["fmt", format],
      ["attStmt", statement],
      ["authData", authData],
    ]);
    return {
      ...{ id: this.id, transports: ["internal"], clientDataJSON: base64url(clientDataJSON) },
      attestationObject: base64url(cbor(attestation)),
    };
  }

  /** As `navigator.credentials.get` does. */
  show(options: CredentialOptions, site: Site, faults: Faults = {}): Assertion {
    this.counter++;
    const authData = this.#dataOf(site, { flags: userThere | userVerified, ...faults }, 0);
    const clientDataJSON = clientDataOf("webauthn.get", options, site, faults);
    return {
      ...{ id: this.id, clientDataJSON: base64url(clientDataJSON), authenticatorData: base64url(authData) },
      signature: base64url(this.#sign(authData, clientDataJSON)),
    };
  }

  #dataOf({ host }: Site, faults: Faults, flags: number): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(faults.counter ?? this.counter);
    return Buffer.concat([sha256(faults.host ?? host), Buffer.from([(faults.flags ?? 0) | flags]), counter]);
  }

  #sign(authData: Buffer, clientDataJSON: Buffer): Buffer {
    return sign("sha256", Buffer.concat([authData, sha256(clientDataJSON)]), this.#privateKey);
  }
}

function clientDataOf(type: string, options: CredentialOptions, { origin }: Site, faults: Faults): Buffer {
  const { crossOrigin = false } = faults;
  const said = { type, challenge: options["challenge"], origin, crossOrigin };
  const { challenge, origin: otherOrigin, type: otherType } = faults;
  return Buffer.from(
    JSON.stringify({
      ...said,
      ...(challenge !== undefined && { challenge }),
      ...(otherOrigin !== undefined && { origin: otherOrigin }),
      ...(otherType !== undefined && { type: otherType }),
    }),
  );
}
