// The door opened from afar: by whoever has the scope for it, once for each key, with a passkey where one is asked for.
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import type { AccessToken } from "../../access/access.ts";
import type { DoorControl, UnlockAnswer, UnlockRefusal } from "../../door/door.ts";
import { type ErrorCode, FacelatchError } from "../../errors/errors.ts";
import { type Assertion, assertionSchema, type Passkey } from "../../passkeys/passkeys.ts";
import type { Api, ApiLimits, PasskeyDeps } from "../api-deps.ts";
import { callerOf } from "../caller.ts";
import { exactParts, refuseNull, requireJsonIfAny } from "../json-body.ts";
import { limitByAddress } from "../limit-by-address.ts";
import { problemResponses } from "../problem.ts";
import { RateLimitStore } from "../rate-limit-store.ts";
import { askerOf, optionsSchema } from "./passkeys.ts";

const keyHeader = "idempotency-key";
const closed = { additionalProperties: false } as const;

const openedSchema = Type.Object(
  { opened: Type.Literal(true), pulseMs: Type.Number({ minimum: 0, description: "How long the relay is energised." }) },
  { ...closed, description: "The relay is energised." },
);

const keyHeaders = Type.Object({
  [keyHeader]: Type.String({
    pattern: "^[\\x21-\\x7e]{16,64}$",
    description: "Made anew for each opening, such as a UUID.",
  }),
});

/** Where no passkey is shown there need be no body. */
const unlockSchema = Type.Object({ assertion: Type.Optional(assertionSchema) }, closed);
const assertionBytesMax = 8_192;

interface Shown {
  readonly headers: IncomingHttpHeaders;
  readonly accessToken: AccessToken | null;
  readonly assertion: Assertion | undefined;
}

export interface UnlockDeps extends PasskeyDeps {
  readonly door: DoorControl;
}

type UnlockLimits = Pick<ApiLimits, "unlocksPerMinuteMax" | "passkeysPerMinuteMax">;

export function unlockRoutes(api: Api, deps: UnlockDeps, limits: UnlockLimits): void {
  challengeRoute(api, deps, limits.passkeysPerMinuteMax);
  unlockRoute(api, deps, limits.unlocksPerMinuteMax);
}

function challengeRoute(api: Api, { passkeys, siteOf }: UnlockDeps, perMinuteMax: number): void {
  api.route({
    method: "POST",
    url: "/v1/unlock/challenge",
    config: { access: ["unlock"] },
    schema: {
      summary: "Options to show a passkey with, for the opening of one Idempotency-Key",
      description:
        "Good for a minute, once, and for whoever asked for them. 409 PASSKEY_MISSING, PASSKEY_HOST_UNFIT at an address.",
      tags: ["door"],
      headers: keyHeaders,
      response: { 200: optionsSchema, ...problemResponses },
    },
    onRequest: limitByAddress(perMinuteMax, "challenges of passkeys"),
    handler: async ({ headers, accessToken }, reply) => {
      reply.header("cache-control", "no-store");
      const ask = { asker: askerOf(accessToken), site: siteOf(headers) };
      return { ...(await passkeys.challenge(ask, requestIdOf(accessToken, String(headers[keyHeader])))) };
    },
  });
}

function unlockRoute(api: Api, deps: UnlockDeps, perMinuteMax: number): void {
  const { door } = deps;
  const allow = perMinute(perMinuteMax);
  api.route({
    method: "POST",
    url: "/v1/unlock",
    config: { access: ["unlock"] },
    schema: {
      summary: "Opens the door, once for each Idempotency-Key",
      description:
        "The opening is recorded before the relay is driven. A request that is sent again with its key within a day, also " +
        "after a restart, opens nothing and gets the first answer, with Idempotent-Replayed: true. 423 LOCKED_DOWN; 409 " +
        "DOOR_BUSY during a pulse and in the pause after it; 403 PASSKEY_NEEDED, PASSKEY_REFUSED and 409 PASSKEY_STALE where " +
        "a passkey is asked for, or shown; 429 TOO_MANY_REQUESTS with Retry-After; 503 " +
        "STORE_UNAVAILABLE where it could not be recorded, RELAY_UNAVAILABLE.",
      tags: ["door"],
      headers: keyHeaders,
      body: unlockSchema,
      response: { 202: openedSchema, ...problemResponses },
    },
    bodyLimit: assertionBytesMax,
    onRequest: requireJsonIfAny,
    preValidation: refuseNull,
    validatorCompiler: exactParts,
    handler: async ({ headers, body, accessToken, log }, reply) => {
      reply.header("cache-control", "no-store");
      const id = requestIdOf(accessToken, String(headers[keyHeader]));
      // Of a request that was answered nothing is asked, and so it must open nothing.
      const known = door.answerTo(id);
      if (known === null) {
        const passkey = await confirmed(deps, { headers, accessToken, assertion: body?.assertion }, id);
        // After it: whoever has no passkey must not use up the openings of those who have.
        allow(reply);
        const by = `${callerOf(accessToken)}${passkey === null ? "" : ` with the passkey "${passkey.name}"`}`;
        const answer = await door.unlock({ by, id });
        if (answer.kind === "opened") log.info(`${by} opened the door`);
        return answered(reply, answer);
      }
      reply.header("idempotent-replayed", "true");
      return answered(reply, await known);
    },
  });
}

function answered(reply: FastifyReply, answer: UnlockAnswer): { opened: true; pulseMs: number } {
  if (answer.kind === "refused") throw refused(answer.reason);
  reply.code(202);
  return { opened: true, pulseMs: answer.pulseMs };
}

/** The passkey that was shown; null where none was, and none is asked for. */
async function confirmed(
  { passkeys, unlockNeedsPasskey, siteOf }: UnlockDeps,
  { headers, accessToken, assertion }: Shown,
  requestId: string,
): Promise<Passkey | null> {
  if (assertion !== undefined) {
    return passkeys.confirm({ asker: askerOf(accessToken), site: siteOf(headers) }, requestId, assertion);
  }
  if (!unlockNeedsPasskey) return null;
  throw new FacelatchError("PASSKEY_NEEDED", {
    expected: "a passkey that somebody released for this opening",
    found: "none",
    next: "Ask /v1/unlock/challenge with the same Idempotency-Key, and send the assertion.",
  });
}

/** One caller's key is not another's. */
function requestIdOf(token: AccessToken | null, key: string): string {
  return createHash("sha256")
    .update(`${token?.id ?? ""} ${key}`)
    .digest("hex")
    .slice(0, 32);
}

/** All addresses together: there is one door. */
function perMinute(max: number): (reply: FastifyReply) => void {
  const requests = new RateLimitStore();
  return (reply) => {
    requests.incr(
      "unlock",
      (_error, result) => {
        if (result === undefined || result.current <= max) return;
        const waitS = Math.ceil(result.ttl / 1_000);
        reply.header("retry-after", String(waitS));
        const next = `Try again in ${waitS} s.`;
        throw new FacelatchError("TOO_MANY_REQUESTS", { expected: `at most ${max} a minute`, found: "more", next });
      },
      60_000,
    );
  };
}

const refusals: Record<UnlockRefusal, { code: ErrorCode; expected: string; found: string; next: string }> = {
  locked_down: {
    code: "LOCKED_DOWN",
    expected: "a door that is not locked down",
    found: "one that is",
    next: "Lift the lockdown first.",
  },
  pulse_active: {
    code: "DOOR_BUSY",
    expected: "a relay at rest",
    found: "a pulse",
    next: "The door can be opened now; or try again, with another key.",
  },
  cooldown: {
    code: "DOOR_BUSY",
    expected: "the least time since the last pulse",
    found: "less",
    next: "Try again in a moment, with another key.",
  },
  audit_unavailable: {
    code: "STORE_UNAVAILABLE",
    expected: "an opening that is recorded first",
    found: "a store that takes nothing",
    next: "See /v1/status.",
  },
  relay_unavailable: {
    code: "RELAY_UNAVAILABLE",
    expected: "a relay that obeys",
    found: "another",
    next: "See /v1/status.",
  },
};

function refused(reason: UnlockRefusal): FacelatchError {
  const { code, ...detail } = refusals[reason];
  return new FacelatchError(code, detail);
}
