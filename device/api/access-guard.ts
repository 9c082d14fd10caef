// Who may ask for what: every route but those that are public demands a token, or a page's session, with its scope.
import assert from "node:assert/strict";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Access, type AccessToken, allows, type Scope } from "../access/access.ts";
import { type ErrorCode, FacelatchError } from "../errors/errors.ts";
import type { Api } from "./api-deps.ts";
import { hostOf } from "./host-check.ts";
import { RateLimitStore } from "./rate-limit-store.ts";
import type { SessionCookie } from "./session-cookie.ts";

export interface AccessGuardDeps {
  readonly access: Access;
  readonly openOnLoopback: boolean;
}

/** Counts one refused request; throws TOO_MANY_REQUESTS once its address was refused too often. */
export type CountRefusal = (request: FastifyRequest, reply: FastifyReply) => void;

type Demand = readonly Scope[] | "public";

/** What reading needs where a route says nothing. */
const demandOfReading: Demand = ["read"];

/** Adds the guard to every route, also to addresses that do not exist: without a token nothing is told of them either. */
export function guardAccess(
  api: Api,
  { access, openOnLoopback }: AccessGuardDeps,
  cookie: SessionCookie,
  countRefusal: CountRefusal,
): void {
  api.addHook("onRoute", ({ method, url, config }) => {
    const reads = [method].flat().every((name) => name === "GET" || name === "HEAD");
    assert.ok(reads || config?.access !== undefined, `${method} ${url} names no scope`);
  });
  api.decorateRequest("accessToken", null);
  api.decorateRequest("stillAdmitted", async () => true);
  api.addHook("onRequest", async (request, reply) => {
    const demand = request.routeOptions.config?.access ?? demandOfReading;
    if (demand === "public" || (openOnLoopback && isFromThisMachine(request))) return;
    try {
      const admit = () => admitted(request, access, cookie, demand);
      request.accessToken = await admit();
      request.stillAdmitted = () =>
        admit().then(
          () => true,
          () => false,
        );
    } catch (error) {
      // Tokens that cannot be read are nobody's guess.
      if (!(error instanceof FacelatchError) || error.code === "ACCESS_UNAVAILABLE") throw error;
      countRefusal(request, reply);
      challenge(error, reply);
      throw error;
    }
  });
}

/** The part of an OpenAPI operation that tells what it demands. */
export function securityOf(demand: Demand = demandOfReading): Record<string, string[]>[] {
  return demand === "public" ? [] : demand.flatMap((scope) => [{ token: [scope] }, { session: [scope] }]);
}

async function admitted(
  request: FastifyRequest,
  access: Access,
  cookie: SessionCookie,
  demand: readonly Scope[],
): Promise<AccessToken> {
  const shown = credentialOf(request, cookie);
  if (shown === null) throw refused("TOKEN_MISSING", "an access token", "none", "Send `Authorization: Bearer TOKEN`.");
  const token = await access.tokenOf(shown.text);
  // A token in a cookie, or a session elsewhere, was put there by somebody who found it.
  if (token?.kind !== shown.kind) {
    throw refused(
      "TOKEN_INVALID",
      `a ${shown.kind} that counts`,
      "one that is unknown, revoked or expired",
      shown.kind === "session" ? "Pair this browser again, or show a token." : "Make another one.",
    );
  }
  if (token.kind === "session") cookie.refuseForgery(request, shown.text);
  if (allows(token, demand)) return token;
  const found = `one for ${token.scopes.join(", ")}`;
  throw refused("SCOPE_MISSING", `a token for ${demand.join(" or ")}`, found, "Make one with this scope.");
}

/** What a request shows: a token, which a program sends, before the session that a browser adds by itself. */
function credentialOf(
  { headers }: FastifyRequest,
  cookie: SessionCookie,
): { readonly kind: AccessToken["kind"]; readonly text: string } | null {
  if (headers.authorization !== undefined) {
    const [, text] = /^bearer +([\x21-\x7e]{1,512})$/i.exec(headers.authorization) ?? [];
    return text === undefined ? null : { kind: "token", text };
  }
  const text = cookie.textIn(headers.cookie);
  return text === null ? null : { kind: "session", text };
}

/** See RFC 6750, section 3. */
function challenge({ code }: FacelatchError, reply: FastifyReply): void {
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
export function refusalCounter(perMinuteMax: number): CountRefusal {
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
          expected: `at most ${perMinuteMax} requests a minute that are refused for want of a token or its scope`,
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
