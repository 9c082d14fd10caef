// A network's key from its passphrase, as IEEE 802.11 (annex J.4) has it, so that the passphrase itself is written nowhere.
import { pbkdf2Sync } from "node:crypto";
import { FacelatchError } from "../../device/errors/errors.ts";

const iterations = 4096;
const keyBytes = 32;

/**
 * 64 hexadecimal digits.
 *
 * @param passphrase 8 to 63 printable ASCII characters; or the 64 digits of a key, which are taken as they are
 * @throws FacelatchError INPUT_INVALID; it never tells the passphrase
 */
export function wpaPsk(ssid: string, passphrase: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(passphrase)) return passphrase.toLowerCase();
  if (!/^[ -~]{8,63}$/.test(passphrase)) {
    throw new FacelatchError("INPUT_INVALID", {
      expected: "a passphrase of 8 to 63 printable ASCII characters",
      found: `${[...passphrase].length} characters, or others`,
      next: "Type it as the access point has it.",
    });
  }
  return pbkdf2Sync(passphrase, ssid, iterations, keyBytes, "sha1").toString("hex");
}
