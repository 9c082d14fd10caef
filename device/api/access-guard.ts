// Who may ask for what: every route but liveness demands a token with the scope that the route names.
import assert from "node:assert/strict";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Access, type AccessToken, allows, type Scope } from "../access/access.ts";
import { type ErrorCode, FacelatchError } from "../errors/errors.ts";
import type { Api } from "./api-deps.ts";
import { hostOf } from "./host-check.ts";
import { RateLimitStore } from "./rate-limit-store.ts";

export interface AccessGuardDeps {
  readonly access: Access;
  readonly openOnLoopback: boolean;
}

type Demand = readonly Scope[] | "public";

/** What reading needs where a route says nothing. */
const demandOfReading: Demand = ["read"];

/** Adds the guard to every route, also to addresses that do not exist: without a token nothing is told of them either. */
export function guardAccess(api: Api, { access, openOnLoopback }: AccessGuardDeps, refusalsPerMinuteMax: number): void {
  const countRefusal = refusalCounter(refusalsPerMinuteMax);
  api.addHook("onRoute", ({ method, url, config }) => {
    const reads = [method].flat().every((name) => name === "GET" || name === "HEAD");
    assert.ok(reads || config?.access !== undefined, `${method} ${url} names no scope`);
  });
  api.decorateRequest("accessToken", null);
  api.addHook("onRequest", async (request, reply) => {
    const demand = request.routeOptions.config?.access ?? demandOfReading;
    if (demand === "public" || (openOnLoopback && isFromThisMachine(request))) return;
    try {
      request.accessToken = await admitted(request, access, demand);
    } catch (error) {
      // Tokens that cannot be read are nobody's guess.
      if (!(error instanceof FacelatchError) || error.code === "ACCESS_UNAVAILABLE") throw error;
      countRefusal(request, reply);
      challenge(error, request, reply);
      throw error;
    }
  });
}

/** The part of an OpenAPI operation that tells what it demands. */
export function securityOf(demand: Demand = demandOfReading): Record<string, string[]>[] {
  return demand === "public" ? [] : demand.map((scope) => ({ token: [scope] }));
}

async function admitted(request: FastifyRequest, access: Access, demand: readonly Scope[]): Promise<AccessToken> {
  const text = tokenTextOf(request.headers.authorization);
  if (text === null) throw refused("TOKEN_MISSING", "an access token", "none", "Send `Authorization: Bearer TOKEN`.");
  const token = await access.tokenOf(text);
  if (token === null) {
    throw refused(
      "TOKEN_INVALID",
      "a token that counts",
      "one that is unknown, revoked or expired",
      "Make another one.",
    );
  }
  if (allows(token, demand)) return token;
  const found = `a token for ${token.scopes.join(", ")}`;
  throw refused("SCOPE_MISSING", `a token for ${demand.join(" or ")}`, found, "Make one with this scope.");
}

/**
 * A browser that opened the page sends what it was asked for as a password.
 *
 * @returns null where the header holds neither form
 */
function tokenTextOf(header: string | undefined): string | null {
  const [, scheme, value] = /^(bearer|basic) +([\x21-\x7e]{1,512})$/i.exec(header ?? "") ?? [];
  if (scheme === undefined || value === undefined) return null;
  if (scheme.toLowerCase() === "bearer") return value;
  const decoded = Buffer.from(value, "base64").toString("latin1");
  return decoded.slice(decoded.indexOf(":") + 1);
}

/** Only a page that a person opens is answered with a question for a password; see RFC 6750, section 3. */
function challenge({ code }: FacelatchError, { headers }: FastifyRequest, reply: FastifyReply): void {
  if (headers.accept?.includes("text/html") === true) {
    reply.header("www-authenticate", 'Basic realm="Facelatch: the token is the password", charset="UTF-8"');
    return;
  }
  const errors: Partial<Record<ErrorCode, string>> = {
    TOKEN_INVALID: ', error="invalid_token"',
    SCOPE_MISSING: ', error="insufficient_scope"',
  };
  reply.header("www-authenticate", `Bearer realm="Facelatch"${errors[code] ?? ""}`);
}

/** Neither through a proxy, which says so, nor by a name that was made to point here. */
function isFromThisMachine({ socket, headers }: FastifyRequest): boolean {
  const address = socket.remoteAddress ?? "";
  const isLoopback = address === "::1" || /^(::ffff:)?127\./.test(address);
  const isForwarded = ["forwarded", "x-forwarded-for", "via"].some((name) => headers[name] !== undefined);
  return isLoopback && !isForwarded && ["127.0.0.1", "localhost", "[::1]"].includes(hostOf(headers.host) ?? "");
}

/**
 * Throws TOO_MANY_REQUESTS once an address was refused too often. A token that counts is let in all the same: others
 * behind one address cannot keep its holder out, and nobody guesses 256 bits.
 */
function refusalCounter(perMinuteMax: number): (request: FastifyRequest, reply: FastifyReply) => void {
  const refusals = new RateLimitStore();
  return ({ ip, log }, reply) => {
    refusals.incr(
      ip,
      (_error, result) => {
        if (result === undefined || result.current <= perMinuteMax) return;
        if (result.current === perMinuteMax + 1) log.warn(`${ip} was refused ${perMinuteMax} times within a minute`);
        const waitS = Math.ceil(result.ttl / 1_000);
        reply.header("retry-after", String(waitS));
        throw new FacelatchError("TOO_MANY_REQUESTS", {
          expected: `at most ${perMinuteMax} requests a minute without a token that counts`,
          found: "more",
          next: `Try again in ${waitS} s.`,
        });
      },
      60_000,
    );
  };
}

function refused(code: ErrorCode, expected: string, found: string, next: string): FacelatchError {
  return new FacelatchError(code, { expected, found, next });
}
