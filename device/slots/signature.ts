// Who vouches for a bundle: Ed25519 signatures over the manifest's bytes, checked before anything of them is parsed.
import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { type ErrorCode, FacelatchError, messageOf } from "../errors/errors.ts";

const signatureBytesMax = 16 * 1024;

const signaturesSchema = Type.Array(
  Type.Object(
    {
      keyId: Type.String({ pattern: "^[0-9a-f]{16}$" }),
      /** 64 bytes in Base64. */
      signature: Type.String({ pattern: "^[A-Za-z0-9+/]{86}==$" }),
    },
    { additionalProperties: false },
  ),
  { minItems: 1, maxItems: 16 },
);

type Signatures = Static<typeof signaturesSchema>;

/** The public keys that a board or a workstation goes by. */
export interface TrustedKeys {
  /** By their ids; several at once while one follows another. */
  readonly trusted: ReadonlyMap<string, KeyObject>;
  /** Ids that count for nothing, trusted or not. */
  readonly revoked: ReadonlySet<string>;
}

/** A key's id: the first 16 hexadecimal digits of the SHA-256 of its public half (DER, SPKI). */
export function keyIdOf(key: KeyObject): string {
  const publicKey = key.type === "private" ? createPublicKey(key) : key;
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);
}

/** The signature file of a manifest, by one or several private keys; the same keys give the same bytes. */
export function signManifest(manifest: Uint8Array, privateKeys: readonly KeyObject[]): Uint8Array {
  const signatures: Signatures = privateKeys
    .map((key) => ({ keyId: keyIdOf(key), signature: sign(null, manifest, key).toString("base64") }))
    .sort((a, b) => (a.keyId < b.keyId ? -1 : 1));
  return new TextEncoder().encode(`${JSON.stringify(signatures, null, 2)}\n`);
}

/**
 * Returns the id of the trusted key that vouches for the manifest. Every signature in the file must be well formed; one
 * by a trusted key that is not revoked suffices, as others may be by keys that come or go.
 *
 * @throws FacelatchError BUNDLE_SIGNATURE_INVALID (not as it should be, or not over these bytes), BUNDLE_KEY_REVOKED,
 *   BUNDLE_KEY_UNTRUSTED
 */
export function verifySignature(manifest: Uint8Array, file: Uint8Array, { trusted, revoked }: TrustedKeys): string {
  const signatures = parseSignatures(file);
  const known = signatures.filter(({ keyId }) => trusted.has(keyId) && !revoked.has(keyId));
  for (const { keyId, signature } of known) {
    if (verify(null, manifest, trusted.get(keyId)!, Buffer.from(signature, "base64"))) return keyId;
  }
  const ids = signatures.map(({ keyId }) => keyId).join(", ");
  if (known.length > 0)
    throw refused("BUNDLE_SIGNATURE_INVALID", `a signature by ${ids} that holds`, "one that does not");
  if (signatures.some(({ keyId }) => revoked.has(keyId)))
    throw refused("BUNDLE_KEY_REVOKED", "a signature by a key that is trusted", `one by the revoked key ${ids}`);
  const trustedIds = trusted.size === 0 ? "no key is trusted" : `trusted: ${[...trusted.keys()].join(", ")}`;
  throw refused("BUNDLE_KEY_UNTRUSTED", "a signature by a key that is trusted", `one by ${ids} (${trustedIds})`);
}

/** The error for a bundle without a signature. */
export function unsigned(found: string): FacelatchError {
  return refused("BUNDLE_UNSIGNED", "a signed manifest", found);
}

function parseSignatures(file: Uint8Array): Signatures {
  if (file.byteLength > signatureBytesMax) throw malformed(`${file.byteLength} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file));
  } catch (error) {
    throw malformed(messageOf(error).slice(0, 120));
  }
  if (!Check(signaturesSchema, value)) throw malformed("another structure");
  if (new Set(value.map(({ keyId }) => keyId)).size !== value.length) throw malformed("a key twice");
  return value;
}

function malformed(found: string): FacelatchError {
  return refused("BUNDLE_SIGNATURE_INVALID", "a list of keyId and signature", found);
}

const nextSteps: Partial<Record<ErrorCode, string>> = {
  BUNDLE_KEY_REVOKED: "Sign it with a key that is in use: `facelatch bundle make`.",
  BUNDLE_KEY_UNTRUSTED: "If the key is yours: `facelatch keys trust KEY.pem --state DIR` on this device.",
};

function refused(code: ErrorCode, expected: string, found: string): FacelatchError {
  const next = nextSteps[code] ?? "Make the bundle again with `facelatch bundle make`, and bring it over unchanged.";
  return new FacelatchError(code, { expected, found, next });
}
