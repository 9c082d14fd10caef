// The code that pairs a browser: short enough to type, made of characters that cannot be taken for one another.
import { randomInt } from "node:crypto";
import { sha256 } from "./token-text.ts";

const alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
const codeLength = 8;

/** Eight characters of 31: about 40 bits, of which five can be tried. */
export function makePairingCode(): string {
  return Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join("");
}

/** In two halves, as the console shows it. */
export function pairingCodeText(code: string): string {
  return `${code.slice(0, codeLength / 2)}-${code.slice(codeLength / 2)}`;
}

/** What a person typed as the code that it may be: letter case, spaces and dashes say nothing. */
export function readPairingCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, "");
}

/** @param id of the pairing, so that two pairings of one code differ */
export function pairingCodeHash(id: string, code: string): Buffer {
  return sha256(`${id} ${code}`);
}
