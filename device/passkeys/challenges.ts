// Challenges that are under way: each is good once, for a minute, and for what it was made for.
import { randomBytes } from "node:crypto";
import { FacelatchError } from "../errors/errors.ts";
import type { Ask } from "./passkeys.ts";

export const challengeMs = 60_000;
const challengeBytes = 32;
/** Of one session or token; the oldest makes way. */
const perAskerMax = 4;
/** Of all together; a further one is refused. More than a token and all its sessions can have, so that none keeps others out. */
const challengesMax = 1_024;

interface Challenge {
  readonly asker: string;
  /** All that it is good for, as one text. */
  readonly purpose: string;
  readonly madeAtMs: number;
}

export class Challenges {
  /** The oldest first. */
  readonly #challenges = new Map<string, Challenge>();
  readonly #nowMs: () => number;

  /** @param nowMs monotonic */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * A new challenge, in base64url.
   *
   * @param what is done with it: one of the same name is not good for another ask or another `what`
   * @throws FacelatchError TOO_MANY_REQUESTS
   */
  make(ask: Ask, what: string): string {
    this.#forgetOld();
    const own = [...this.#challenges].filter(([, { asker }]) => asker === ask.asker);
    for (const [text] of own.slice(0, Math.max(0, own.length - perAskerMax + 1))) this.#challenges.delete(text);
    if (this.#challenges.size >= challengesMax) {
      throw new FacelatchError("TOO_MANY_REQUESTS", {
        expected: `at most ${challengesMax} challenges of passkeys at once`,
        found: "more",
        next: "Try again in a minute.",
      });
    }
    const text = randomBytes(challengeBytes).toString("base64url");
    this.#challenges.set(text, { asker: ask.asker, purpose: purposeOf(ask, what), madeAtMs: this.#nowMs() });
    return text;
  }

  /** Uses a challenge up; whether it was good for this. */
  take(text: string, ask: Ask, what: string): boolean {
    this.#forgetOld();
    const challenge = this.#challenges.get(text);
    this.#challenges.delete(text);
    return challenge !== undefined && challenge.purpose === purposeOf(ask, what);
  }

  #forgetOld(): void {
    for (const [text, { madeAtMs }] of this.#challenges) {
      if (this.#nowMs() - madeAtMs >= challengeMs) this.#challenges.delete(text);
    }
  }
}

function purposeOf({ asker, site }: Ask, what: string): string {
  return JSON.stringify([what, asker, site.host, site.origin]);
}
