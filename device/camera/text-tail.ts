// The last words of a process: the end of its error output, bounded and without credentials.
import { maskCredentials } from "../errors/mask-credentials.ts";

const tailCharsMax = 2048;

/** Keeps the last 2,048 characters of what it is given. */
export class TextTail {
  #text = "";
  #cut = false;

  push(text: string): void {
    const joined = this.#text + text;
    if (joined.length > tailCharsMax) this.#cut = true;
    this.#text = joined.slice(-tailCharsMax);
  }

  /** The tail on one line, credentials masked, at most `charsMax` characters from its end. */
  words(charsMax: number): string {
    // The first word may be the rest of an address whose beginning, by which it would be masked, is cut off.
    const whole = this.#cut ? this.#text.replace(/^\S*/, "") : this.#text;
    const words = maskCredentials(whole).replace(/\s+/g, " ").trim();
    return words.length > charsMax ? `…${words.slice(1 - charsMax)}` : words;
  }
}
