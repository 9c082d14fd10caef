// Takes passwords out of addresses before they reach a log, a status or an event.

/**
 * Replaces the user and password of every address in a text, and the values of parameters that usually hold them.
 * Covers `rtsp://user:pass@host`, also with an unescaped "@" in the password, and `?user=..&password=..`.
 */
export function maskCredentials(text: string): string {
  return text
    .replace(/\/\/[^\s/]*@/g, "//***@")
    .replace(/\b(user(?:name)?|login|pass(?:word|wd)?|pwd|token|auth|key|secret)=[^&\s"']+/gi, "$1=***");
}
