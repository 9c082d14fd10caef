// A limit of its own, by address, for requests that cost the device more than others.
import type { FastifyReply, FastifyRequest } from "fastify";
import { FacelatchError } from "../errors/errors.ts";
import { RateLimitStore } from "./rate-limit-store.ts";

export type Allow = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Far below the limit of all requests: each of these costs the disk several writes that wait for it.
 *
 * @param what is limited, in the plural
 */
export function limitByAddress(perMinuteMax: number, what: string): Allow {
  const store = new RateLimitStore();
  return async ({ ip }, reply) => {
    let waitS: number | null = null;
    store.incr(
      ip,
      (_error, result) => {
        if (result !== undefined && result.current > perMinuteMax) waitS = Math.ceil(result.ttl / 1_000);
      },
      60_000,
    );
    if (waitS === null) return;
    reply.header("retry-after", String(waitS));
    throw new FacelatchError("TOO_MANY_REQUESTS", {
      expected: `at most ${perMinuteMax} ${what} a minute from one address`,
      found: "more",
      next: `Try again in ${waitS} s.`,
    });
  };
}
