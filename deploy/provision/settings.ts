// What a new board is told at its first boot, checked: nothing of it can break out of the files that it is written into.
import { FacelatchError } from "../../device/errors/errors.ts";

export interface Wifi {
  readonly ssid: string;
  readonly hidden: boolean;
  /** 64 hexadecimal digits: the passphrase itself is written nowhere. */
  readonly psk: string;
}

export interface Settings {
  readonly hostname: string;
  readonly user: string;
  /** Lines of authorized_keys; at least one, as there is no password. */
  readonly sshKeys: readonly string[];
  /** Such as Europe/Berlin; null leaves the image's own. */
  readonly timezone: string | null;
  /** Two letters, where the board's radio is used; null leaves it unset. */
  readonly country: string | null;
  readonly wifi: Wifi | null;
}

const keysMax = 50;
const keyCharsMax = 16_384;
const keyLine =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com) ([A-Za-z0-9+/]+={0,2})(?: ([ -~]{0,200}))?$/;

/** Throws USAGE, naming the option. */
export function checkHostname(text: string): string {
  // RFC 1123; a name of digits alone is read as an address.
  if (/^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(text) && /[a-z]/.test(text)) return text;
  throw usage("--hostname as small letters, digits and hyphens, at most 63", text);
}

/** As Raspberry Pi OS' own set-up takes it. Throws USAGE. */
export function checkUser(text: string): string {
  const taken = ["root", "facelatch", "nobody", "daemon", "sshd"];
  if (/^[a-z][a-z0-9-]{0,31}$/.test(text) && !taken.includes(text)) return text;
  throw usage("--user as small letters, digits and hyphens, at most 32, and none of the system's own users", text);
}

/** Throws USAGE. */
export function checkTimezone(text: string): string {
  if (/^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/.test(text) && isTimezone(text)) return text;
  throw usage("--timezone as a name of the time zone database, such as Europe/Berlin", text);
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    // RangeError: there is none of that name.
    return false;
  }
}

/** Throws USAGE. */
export function checkCountry(text: string): string {
  if (/^[A-Z]{2}$/.test(text)) return text;
  throw usage("--country as two capital letters of ISO 3166, such as DE", text);
}

/** 1 to 32 bytes without control characters. Throws USAGE. */
export function checkSsid(text: string): string {
  const bytes = new TextEncoder().encode(text).length;
  const printable = [...text].every((character) => character >= " " && character !== "\u007f");
  if (bytes >= 1 && bytes <= 32 && printable) return text;
  throw usage("--wifi as a network's name of 1 to 32 bytes", text);
}

/**
 * The lines of a public key file, or of an authorized_keys file without options.
 *
 * @throws FacelatchError INPUT_INVALID for a private key, and for anything that is no public key
 */
export function readSshKeys(text: string, source: string): string[] {
  if (text.includes("PRIVATE KEY"))
    throw invalidKey(source, "a private key", "Give the file that ends in .pub instead.");
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0 || lines.length > keysMax)
    throw invalidKey(source, `${lines.length} lines`, "Give 1 to 50 keys.");
  for (const line of lines) {
    const [, type, body] = keyLine.exec(line) ?? [];
    if (line.length > keyCharsMax || type === undefined || !startsWithType(body!, type)) {
      throw invalidKey(source, JSON.stringify(line.slice(0, 40)), "Give lines such as `ssh-ed25519 AAAA... you@desk`.");
    }
  }
  return lines;
}

/** The key's body begins with its type, as a length and the letters (RFC 4253). */
function startsWithType(body: string, type: string): boolean {
  const bytes = Buffer.from(body, "base64");
  return (
    bytes.length > type.length + 4 &&
    bytes.readUInt32BE(0) === type.length &&
    bytes.toString("latin1", 4, 4 + type.length) === type
  );
}

function invalidKey(source: string, found: string, next: string): FacelatchError {
  return new FacelatchError("INPUT_INVALID", { expected: `SSH public keys in ${source}`, found, next });
}

function usage(expected: string, found: string): FacelatchError {
  return new FacelatchError("USAGE", {
    expected,
    found: JSON.stringify(found),
    next: "See `facelatch provision --help`.",
  });
}
