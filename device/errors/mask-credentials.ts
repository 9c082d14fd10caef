// Takes credentials out of a text before it reaches a log, a status or an event.

/** Parameters that usually hold a secret, in an address or as a field of JSON. */
const named = "user(?:name)?|login|pass(?:word|wd|phrase)?|pwd|psk|pin|token|auth|key|secret";

const patterns: readonly (readonly [pattern: RegExp, shown: string])[] = [
  // Also with an unescaped "@" in the password.
  [/\/\/[^\s/]*@/g, "//***@"],
  [new RegExp(`\\b(${named})=[^&\\s"']+`, "gi"), "$1=***"],
  // Also with an escaped quote in it, and where the text ends within.
  [new RegExp(`"(${named})"(\\s{0,4}):(\\s{0,4})"[^"\\\\]*(?:\\\\.[^"\\\\]*)*(?:"|\\\\?$)`, "gis"), '"$1"$2:$3"***"'],
  [/\b(Bearer|Basic) {1,4}[A-Za-z0-9._~+/=-]{16,}/gi, "$1 ***"],
  // A token or a session of this program; its id is no secret.
  [/(f[ls]_[0-9a-f]{12})_[A-Za-z0-9_-]+/g, "$1_***"],
  [/whsec_[A-Za-z0-9+/=_-]+/g, "whsec_***"],
];

/**
 * Replaces users and passwords of addresses, the values of parameters that usually hold a secret, and tokens by their
 * shape. Takes time in proportion to the text.
 */
export function maskCredentials(text: string): string {
  return patterns.reduce((masked, [pattern, shown]) => masked.replace(pattern, shown), text);
}
