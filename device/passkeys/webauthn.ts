// WebAuthn (https://www.w3.org/TR/webauthn-3/), as far as a door needs it: options for a browser, and the checks of what came
// back. The library is loaded when it is first needed: most doors have no passkeys.
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { challengeMs } from "./challenges.ts";
import type { StoredPasskey } from "./passkey-files.ts";
import type { Assertion, CredentialOptions, NewCredential, Site } from "./passkeys.ts";

/** EdDSA, ES256 and RS256, by their numbers in COSE. */
const algorithms = [-8, -7, -257];
const userIdBytes = 32;

type Known = Pick<StoredPasskey, "credentialId" | "transports">;

function descriptorOf({ credentialId: id, transports }: Known) {
  return { id, transports: transports as never[] };
}

/** @param known those of this host, which an authenticator that has one of them refuses to double */
export async function creationOptions(
  challenge: string,
  { host }: Site,
  known: readonly Known[],
): Promise<CredentialOptions> {
  const { generateRegistrationOptions } = await import("@simplewebauthn/server");
  const options = await generateRegistrationOptions({
    rpName: "Facelatch",
    rpID: host,
    userName: "Facelatch",
    userID: crypto.getRandomValues(new Uint8Array(userIdBytes)),
    challenge: Buffer.from(challenge, "base64url"),
    timeout: challengeMs,
    attestationType: "none",
    excludeCredentials: known.map(descriptorOf),
    authenticatorSelection: { residentKey: "discouraged", userVerification: "required" },
    supportedAlgorithmIDs: algorithms,
  });
  return { ...options };
}

export async function requestOptions(
  challenge: string,
  { host }: Site,
  known: readonly Known[],
): Promise<CredentialOptions> {
  const { generateAuthenticationOptions } = await import("@simplewebauthn/server");
  const options = await generateAuthenticationOptions({
    rpID: host,
    challenge: Buffer.from(challenge, "base64url"),
    timeout: challengeMs,
    allowCredentials: known.map(descriptorOf),
    userVerification: "required",
  });
  return { ...options };
}

/** The challenge that a browser says it signed; null where it says none, or was embedded in another site's page. */
export function challengeIn(clientDataJSON: string): string | null {
  try {
    const said: unknown = JSON.parse(Buffer.from(clientDataJSON, "base64url").toString("utf8"));
    const { challenge, crossOrigin } = said as { readonly challenge?: unknown; readonly crossOrigin?: unknown };
    return typeof challenge === "string" && crossOrigin !== true ? challenge : null;
  } catch {
    return null;
  }
}

/** The parts of a new credential that are kept. Throws PASSKEY_REFUSED. */
export async function verifiedCredential(
  { id, clientDataJSON, attestationObject, transports }: NewCredential,
  challenge: string,
  { host, origin }: Site,
): Promise<Pick<StoredPasskey, "credentialId" | "publicKey" | "counter">> {
  const { verifyRegistrationResponse } = await import("@simplewebauthn/server");
  const { registrationInfo } = await refusing(async () => {
    await refuseChains(attestationObject);
    return verifyRegistrationResponse({
      response: {
        ...{ id, rawId: id, type: "public-key", clientExtensionResults: {} },
        response: { clientDataJSON, attestationObject, transports: transports as never[] },
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: host,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
  });
  if (registrationInfo === undefined) throw refused("one that does not vouch for itself");
  const { credential } = registrationInfo;
  return {
    credentialId: credential.id,
    publicKey: Buffer.from(credential.publicKey).toString("base64url"),
    counter: credential.counter,
  };
}

/** Who made the authenticator was not asked for, and to check it would mean to ask addresses that its certificates name. */
async function refuseChains(attestationObject: string): Promise<void> {
  const { decodeAttestationObject } = await import("@simplewebauthn/server/helpers");
  const decoded = decodeAttestationObject(Buffer.from(attestationObject, "base64url"));
  const format = decoded.get("fmt");
  const isOfItself = format === "packed" && decoded.get("attStmt").get("x5c") === undefined;
  if (format !== "none" && !isOfItself) throw new Error("certificates, which were not asked for");
}

/** The authenticator's new counter. Throws PASSKEY_REFUSED, also for a counter that did not rise. */
export async function verifiedCounter(
  { id, clientDataJSON, authenticatorData, signature }: Assertion,
  challenge: string,
  { host, origin }: Site,
  { credentialId, publicKey, counter }: StoredPasskey,
): Promise<number> {
  const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
  const { verified, authenticationInfo } = await refusing(() =>
    verifyAuthenticationResponse({
      response: {
        ...{ id, rawId: id, type: "public-key", clientExtensionResults: {} },
        response: { clientDataJSON, authenticatorData, signature },
      },
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: host,
      credential: { id: credentialId, publicKey: new Uint8Array(Buffer.from(publicKey, "base64url")), counter },
      requireUserVerification: true,
    }),
  );
  if (!verified) throw refused("a signature of another key");
  return authenticationInfo.newCounter;
}

/** Whatever the library has against it. */
async function refusing<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (error) {
    throw refused(messageOf(error).slice(0, 200), error);
  }
}

export function refused(found: string, cause?: unknown): FacelatchError {
  return new FacelatchError("PASSKEY_REFUSED", {
    expected: "a passkey of this door, released by a person for this request, at this page",
    found,
    next: "Try again, with a passkey that was registered here.",
    cause,
  });
}
