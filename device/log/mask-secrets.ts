// Takes out of a text what no log may hold: credentials, the secrets of the configuration, and pictures or embeddings.
import { maskCredentials } from "../errors/mask-credentials.ts";
import type { Mask } from "./shown-fields.ts";

/** Base64 or hexadecimal digits beyond any hash: a picture, a template or a key. */
const bytesPattern = /[A-Za-z0-9+/_-]{200,}={0,2}/g;
/** Many numbers in a row: an embedding, a tensor, or bytes one by one. */
const numbersPattern = /(?:-?\d{1,20}(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?\s{0,2},\s{0,2}){15,}-?\d{1,20}(?:\.\d{1,20})?/g;

/** @param secrets texts of the configuration that are replaced wherever they stand, longest first */
export function secretMask(secrets: readonly string[]): Mask {
  return (text) =>
    maskCredentials(secrets.reduce((masked, secret) => masked.replaceAll(secret, "***"), text))
      .replace(numbersPattern, "[numbers]")
      .replace(bytesPattern, "[bytes]");
}
