// Encryption at rest: AES-256-GCM with a random nonce for each sealing; what and whose a box is, is part of its seal.
import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

export const keyBytes = 32;
/** Raised when the meaning of a box's contents changes; a box of another version does not open. */
const sealVersion = 1;

const magic = Buffer.from(`FLF${sealVersion}`, "latin1");
const nonceBytes = 12;
const tagBytes = 16;

/** How many bytes longer a box is than its contents. */
export const sealOverheadBytes = magic.length + nonceBytes + tagBytes;

/** What a box holds, whose it is and which one: a box under another's name does not open. */
export interface Identity {
  /** Who keeps it. */
  readonly realm: string;
  readonly kind: "register" | "frames" | "picture";
  readonly id: string;
}

/** Layout: magic and version (4 bytes), nonce (12), tag (16), ciphertext. */
export function seal(key: Uint8Array, identity: Identity, contents: Uint8Array): Buffer {
  assert.equal(key.length, keyBytes);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(associatedData(identity));
  const sealed = [cipher.update(contents), cipher.final()];
  return Buffer.concat([magic, nonce, cipher.getAuthTag(), ...sealed]);
}

/** The contents of a box; null where it was altered, cut short, or sealed with another key or for another place. */
export function unseal(key: Uint8Array, identity: Identity, box: Uint8Array): Buffer | null {
  assert.equal(key.length, keyBytes);
  if (box.length < sealOverheadBytes || !magic.equals(box.subarray(0, magic.length))) return null;
  const nonceEnd = magic.length + nonceBytes;
  const decipher = createDecipheriv("aes-256-gcm", key, box.subarray(magic.length, nonceEnd), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(associatedData(identity));
  decipher.setAuthTag(box.subarray(nonceEnd, sealOverheadBytes));
  try {
    return Buffer.concat([decipher.update(box.subarray(sealOverheadBytes)), decipher.final()]);
  } catch {
    return null;
  }
}

function associatedData({ realm, kind, id }: Identity): Buffer {
  return Buffer.from(JSON.stringify([`facelatch ${realm}`, sealVersion, kind, id]));
}
