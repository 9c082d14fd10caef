// The port of the device's own certificate: made once, kept in the state folder, and known to people by its fingerprint.
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { readPrivateFile, writePrivateFile } from "../files/private-file.ts";

export interface DeviceCertificate {
  /** The certificate and its private key, PEM. */
  readonly pem: string;
  /** SHA-256, in pairs of digits with colons between, as browsers and openssl show it. */
  readonly fingerprint: string;
}

function certificatePath(stateDir: string): string {
  // One file, so that a key never lies beside another key's certificate.
  return join(stateDir, "tls", "device.pem");
}

/** Throws TLS_UNAVAILABLE where it is damaged; null where it was not made yet. */
export async function readDeviceCertificate(stateDir: string): Promise<DeviceCertificate | null> {
  try {
    const pem = await readPrivateFile(certificatePath(stateDir));
    return pem === null ? null : { pem, fingerprint: fingerprintOf(pem) };
  } catch (error) {
    throw unavailable(error);
  }
}

/**
 * The device's certificate, made where there is none.
 *
 * @param names by which the device is addressed; a certificate that is there keeps its own
 * @throws FacelatchError TLS_UNAVAILABLE
 */
export async function deviceCertificate(stateDir: string, names: readonly string[]): Promise<DeviceCertificate> {
  const kept = await readDeviceCertificate(stateDir);
  if (kept !== null) return kept;
  try {
    // Loaded here, as it is needed once in the device's life.
    const { makeCertificate } = await import("./make-certificate.ts");
    const pem = await makeCertificate(names);
    await writePrivateFile(certificatePath(stateDir), pem);
    return { pem, fingerprint: fingerprintOf(pem) };
  } catch (error) {
    throw unavailable(error);
  }
}

/** Throws where the text holds no certificate. */
export function fingerprintOf(pem: string | Buffer): string {
  return new X509Certificate(pem).fingerprint256;
}

function unavailable(error: unknown): FacelatchError {
  return new FacelatchError("TLS_UNAVAILABLE", {
    expected: "the device's own certificate in tls/ of the state directory",
    found: messageOf(error),
    next: "Check the folder; without it, a new certificate is made, which other machines have to be told of.",
    cause: error,
  });
}
