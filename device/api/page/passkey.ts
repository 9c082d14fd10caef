// Passkeys in the browser: the device's options, with bytes in place of their base64url, and back.
import type { Assertion, NewCredential } from "../../passkeys/passkeys.ts";

/** As the device gives them, in the JSON of WebAuthn Level 3. */
type Json<Options> = Omit<Options, "challenge"> & { readonly challenge: string };
type DescriptorJson = Omit<PublicKeyCredentialDescriptor, "id"> & { readonly id: string };

export type CreationJson = Json<Omit<PublicKeyCredentialCreationOptions, "user" | "excludeCredentials">> & {
  readonly user: Omit<PublicKeyCredentialUserEntity, "id"> & { readonly id: string };
  readonly excludeCredentials: readonly DescriptorJson[];
};

export type RequestJson = Json<Omit<PublicKeyCredentialRequestOptions, "allowCredentials">> & {
  readonly allowCredentials: readonly DescriptorJson[];
};

/** A new passkey of this page's host; null where nobody made one, or this browser has none to make. */
export async function makePasskey(options: CreationJson): Promise<NewCredential | null> {
  const { challenge, user, excludeCredentials } = options;
  const made = await attempt(() =>
    navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytesOf(challenge),
        user: { ...user, id: bytesOf(user.id) },
        excludeCredentials: excludeCredentials.map(descriptorOf),
      },
    }),
  );
  if (!(made?.response instanceof AuthenticatorAttestationResponse)) return null;
  const { clientDataJSON, attestationObject } = made.response;
  return {
    id: made.id,
    clientDataJSON: textOf(clientDataJSON),
    attestationObject: textOf(attestationObject),
    transports: made.response.getTransports().slice(0, 8),
  };
}

/** What a person released a passkey with; null where nobody did. */
export async function showPasskey(options: RequestJson): Promise<Assertion | null> {
  const { challenge, allowCredentials } = options;
  const shown = await attempt(() =>
    navigator.credentials.get({
      publicKey: { ...options, challenge: bytesOf(challenge), allowCredentials: allowCredentials.map(descriptorOf) },
    }),
  );
  if (!(shown?.response instanceof AuthenticatorAssertionResponse)) return null;
  const { clientDataJSON, authenticatorData, signature } = shown.response;
  return {
    id: shown.id,
    clientDataJSON: textOf(clientDataJSON),
    authenticatorData: textOf(authenticatorData),
    signature: textOf(signature),
  };
}

/** A browser refuses alike whether somebody cancelled, waited too long, or has no passkey here; it tells no more. */
async function attempt(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential | null> {
  try {
    return (await ask()) as PublicKeyCredential | null;
  } catch {
    return null;
  }
}

function descriptorOf(descriptor: DescriptorJson): PublicKeyCredentialDescriptor {
  return { ...descriptor, id: bytesOf(descriptor.id) };
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
}

function textOf(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
