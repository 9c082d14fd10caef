// The keys of a workstation: private ones, which sign its bundles, and beside them the public ones that it trusts.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { keyIdOf } from "../../device/slots/signature.ts";
import { fileNameOf, listKeys, revokeKey, trustKey } from "./trust-folder.ts";

const privateFolder = "private";
const trustedFolder = "trusted";

/** Asked for the passphrase of a key that has one. */
export type AskPassphrase = (keyId: string) => Promise<string>;

export interface RingKey {
  readonly keyId: string;
  readonly state: "trusted" | "revoked";
  readonly fingerprint: string;
  /** Whether its private half is here. */
  readonly signs: boolean;
}

/** Where keys are kept unless `--keys` says otherwise. */
export function defaultKeysFolder(): string {
  const config = process.env["XDG_CONFIG_HOME"];
  return join(config === undefined || config === "" ? join(homedir(), ".config") : config, "facelatch", "keys");
}

/** The folder of public keys that this workstation trusts. */
export function ringTrustFolder(folder: string): string {
  return join(folder, trustedFolder);
}

/** The public half of a key, as a file to bring to boards. */
export function publicKeyPath(folder: string, keyId: string): string {
  return join(ringTrustFolder(folder), fileNameOf(keyId));
}

/**
 * Makes a key pair and trusts it here.
 *
 * @param passphrase null leaves the private key readable by whoever may read its file, which is its owner alone
 */
export async function makeKey(folder: string, passphrase: string | null): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const keyId = keyIdOf(publicKey);
  const secret = passphrase === null ? {} : { cipher: "aes-256-cbc", passphrase };
  const pem = privateKey.export({ type: "pkcs8", format: "pem", ...secret }) as string;
  await mkdir(join(folder, privateFolder), { recursive: true, mode: 0o700 });
  await writeFile(join(folder, privateFolder, fileNameOf(keyId)), pem, { flag: "wx", mode: 0o600 });
  await trustKey(ringTrustFolder(folder), publicKey);
  return keyId;
}

/** All keys that are known here. */
export async function ringKeys(folder: string): Promise<RingKey[]> {
  const privateIds = new Set(await privateKeyIds(folder));
  return (await listKeys(ringTrustFolder(folder))).map((key) => ({ ...key, signs: privateIds.has(key.keyId) }));
}

/** Revokes a key here, and removes its private half. Throws KEY_MISSING. */
export async function revokeRingKey(folder: string, keyId: string): Promise<void> {
  await revokeKey(ringTrustFolder(folder), keyId);
  await rm(join(folder, privateFolder, fileNameOf(keyId)), { force: true });
}

/**
 * The private keys that sign: all that are here and not revoked, so that boards which know only the older or only the
 * newer one accept a bundle.
 *
 * @throws FacelatchError KEY_MISSING, KEY_INVALID (others may read it, or the passphrase is wrong)
 */
export async function signingKeys(folder: string, ask: AskPassphrase): Promise<KeyObject[]> {
  const revoked = new Set(
    (await ringKeys(folder)).filter(({ state }) => state === "revoked").map(({ keyId }) => keyId),
  );
  const ids = (await privateKeyIds(folder)).filter((keyId) => !revoked.has(keyId));
  if (ids.length === 0) {
    throw new FacelatchError("KEY_MISSING", {
      expected: `a key to sign with in ${folder}`,
      found: "none",
      next: "Make one: `facelatch keys make`.",
    });
  }
  const keys: KeyObject[] = [];
  // One after the other: each may ask at the terminal.
  for (const keyId of ids) keys.push(await readPrivateKey(join(folder, privateFolder, fileNameOf(keyId)), keyId, ask));
  return keys;
}

async function privateKeyIds(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, privateFolder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .filter((name) => name.endsWith(".pem"))
    .map((name) => name.slice(0, -".pem".length))
    .sort();
}

async function readPrivateKey(path: string, keyId: string, ask: AskPassphrase): Promise<KeyObject> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0)
    throw invalid(path, "a file of mode 0600", `0${(mode & 0o777).toString(8)}`, "chmod 600 it.");
  const pem = await readFile(path, "utf8");
  const passphrase = pem.includes("ENCRYPTED") ? await ask(keyId) : undefined;
  let key: KeyObject;
  try {
    key = createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch (cause) {
    throw invalid(path, "the passphrase of this key", messageOf(cause), "Try again.", cause);
  }
  if (keyIdOf(createPublicKey(key)) === keyId) return key;
  throw invalid(path, `the key ${keyId}`, "another one", "Put the right file back.");
}

function invalid(path: string, expected: string, found: string, next: string, cause?: unknown): FacelatchError {
  return new FacelatchError("KEY_INVALID", { expected: `${expected} at ${path}`, found, next, cause });
}
