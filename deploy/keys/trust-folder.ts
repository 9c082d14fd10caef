// A folder of public keys that a machine trusts, changed one whole file at a time.
import { createHash, type KeyObject } from "node:crypto";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import { keyIdOf } from "../../device/slots/signature.ts";
import { realFiles, replaceDurably } from "../../device/slots/slot-files.ts";
import { readKeys, revokedFolder } from "../../device/slots/trusted-keys.ts";

export interface ListedKey {
  readonly keyId: string;
  readonly state: "trusted" | "revoked";
  /** SHA-256 of the public key (DER, SPKI), hexadecimal: to be compared by people. */
  readonly fingerprint: string;
}

/** Trusts a public key. Throws KEY_INVALID for one that was revoked here. */
export async function trustKey(folder: string, key: KeyObject): Promise<string> {
  const keyId = keyIdOf(key);
  const revoked = await readKeys(join(folder, revokedFolder));
  if (revoked.some((other) => keyIdOf(other) === keyId)) {
    throw new FacelatchError("KEY_INVALID", {
      expected: "a key that was not revoked",
      found: `${keyId}, revoked in ${folder}`,
      next: "Make another one: `facelatch keys rotate`.",
    });
  }
  await store(folder, key);
  return keyId;
}

/** Revokes a trusted key for good. Throws KEY_MISSING. */
export async function revokeKey(folder: string, keyId: string): Promise<void> {
  const key = (await readKeys(folder)).find((candidate) => keyIdOf(candidate) === keyId);
  if (key === undefined) {
    throw new FacelatchError("KEY_MISSING", {
      expected: `a trusted key ${keyId} in ${folder}`,
      found: "none",
      next: "`facelatch keys list` tells which there are.",
    });
  }
  // First it is revoked, then no longer trusted: a cut in between leaves it both, which counts as revoked.
  await store(join(folder, revokedFolder), key);
  await realFiles.remove(join(folder, fileNameOf(keyId)));
  await realFiles.syncFolder(folder);
}

export async function listKeys(folder: string): Promise<ListedKey[]> {
  const revoked = (await readKeys(join(folder, revokedFolder))).map((key) => listed(key, "revoked"));
  const ids = new Set(revoked.map(({ keyId }) => keyId));
  const trusted = (await readKeys(folder)).map((key) => listed(key, "trusted"));
  return [...trusted.filter(({ keyId }) => !ids.has(keyId)), ...revoked];
}

export function fileNameOf(keyId: string): string {
  return `${keyId}.pem`;
}

function listed(key: KeyObject, state: ListedKey["state"]): ListedKey {
  const fingerprint = createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
  return { keyId: keyIdOf(key), state, fingerprint };
}

/** Commands that root gives must leave the daemon able to read what they wrote. */
async function store(folder: string, key: KeyObject): Promise<void> {
  await realFiles.makeFolder(folder);
  await realFiles.giveToOwnerOf(join(folder, ".."), folder);
  const pem = new TextEncoder().encode(key.export({ type: "spki", format: "pem" }) as string);
  await replaceDurably(realFiles, folder, fileNameOf(keyIdOf(key)), pem);
}
