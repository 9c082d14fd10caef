// The door from afar: opened for whoever has the scope for it, and locked down.
import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { type AccessToken, allows } from "../access/access.ts";
import { type DoorControl, faceUnlockSchema, lockdownSchema, type UnlockRefusal } from "../door/door.ts";
import { type ErrorCode, FacelatchError } from "../errors/errors.ts";
import type { Api } from "./api-deps.ts";
import { callerOf } from "./caller.ts";
import { exactBody, requireJson } from "./json-body.ts";
import { problemResponses } from "./problem.ts";
import { RateLimitStore } from "./rate-limit-store.ts";

const keyHeader = "idempotency-key";
const closed = { additionalProperties: false } as const;

const openedSchema = Type.Object(
  { opened: Type.Literal(true), pulseMs: Type.Number({ minimum: 0, description: "How long the relay is energised." }) },
  { ...closed, description: "The relay is energised." },
);

const lockdownReportSchema = Type.Object({ lockdown: Type.Union([lockdownSchema, Type.Null()]) }, closed);

export function doorRoutes(api: Api, door: DoorControl, unlocksPerMinuteMax: number): void {
  unlockRoute(api, door, unlocksPerMinuteMax);
  lockdownRoutes(api, door);
  faceUnlockRoutes(api, door);
}

function unlockRoute(api: Api, door: DoorControl, perMinuteMax: number): void {
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
        "DOOR_BUSY during a pulse and in the pause after it; 429 TOO_MANY_REQUESTS with Retry-After; 503 " +
        "STORE_UNAVAILABLE where it could not be recorded, RELAY_UNAVAILABLE.",
      tags: ["door"],
      headers: Type.Object({
        [keyHeader]: Type.String({
          pattern: "^[\\x21-\\x7e]{16,64}$",
          description: "Made anew for each opening, such as a UUID.",
        }),
      }),
      response: { 202: openedSchema, ...problemResponses },
    },
    handler: async ({ headers, accessToken, log }, reply) => {
      reply.header("cache-control", "no-store");
      const by = callerOf(accessToken);
      const id = requestIdOf(accessToken, String(headers[keyHeader]));
      const isReplayed = door.isAnswered(id);
      if (isReplayed) reply.header("idempotent-replayed", "true");
      else allow(reply);
      const answer = await door.unlock({ by, id });
      if (answer.kind === "refused") throw refused(answer.reason);
      if (!isReplayed) log.info(`${by} opened the door`);
      reply.code(202);
      return { opened: true as const, pulseMs: answer.pulseMs };
    },
  });
}

function lockdownRoutes(api: Api, door: DoorControl): void {
  api.route({
    method: "GET",
    url: "/v1/lockdown",
    schema: {
      summary: "Whether the door is locked down, since when and by whom",
      tags: ["door"],
      response: { 200: lockdownReportSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return { lockdown: door.lockdown() };
    },
  });

  api.route({
    method: "POST",
    url: "/v1/lockdown",
    config: { access: ["unlock", "admin"] },
    schema: {
      summary: "Locks the door down: from now on it opens for nobody, until that is lifted",
      description: "503 LOCKDOWN_UNSAVED: it is locked down, but a restart would forget it.",
      tags: ["door"],
      response: { 200: lockdownReportSchema, ...problemResponses },
    },
    handler: async ({ accessToken }, reply) => {
      reply.header("cache-control", "no-store");
      return { lockdown: await door.lockDown(callerOf(accessToken)) };
    },
  });

  api.route({
    method: "DELETE",
    url: "/v1/lockdown",
    config: { access: ["admin"] },
    schema: {
      summary: "Lifts the lockdown",
      description: "503 LOCKDOWN_UNSAVED, STORE_UNAVAILABLE: it stands.",
      tags: ["door"],
      response: { 204: Type.Null({ description: "There is none." }), ...problemResponses },
    },
    handler: async ({ accessToken }, reply) => {
      await door.liftLockdown(callerOf(accessToken));
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}

const switchSchema = Type.Object({ on: Type.Boolean({ description: "Whether faces may open the door." }) }, closed);

function faceUnlockRoutes(api: Api, door: DoorControl): void {
  api.route({
    method: "GET",
    url: "/v1/face-unlock",
    schema: {
      summary: "Whether faces may open the door; where not, since when and by whom they are off",
      tags: ["door"],
      response: { 200: faceUnlockSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return door.faceUnlock();
    },
  });

  api.route({
    method: "PUT",
    url: "/v1/face-unlock",
    // As with a lockdown: whoever may open may make the door stricter, but only `admin` makes it open for more again.
    config: { access: ["unlock", "admin"] },
    schema: {
      summary: "Switches faces off, or on again; the door still opens by hand",
      description:
        "To switch them on needs the scope admin: 403 SCOPE_MISSING. 503 FACE_UNLOCK_UNSAVED: they are off, but a restart " +
        "would forget it, or they could not be switched on. 503 STORE_UNAVAILABLE: they stay off.",
      tags: ["door"],
      body: switchSchema,
      response: { 200: faceUnlockSchema, ...problemResponses },
    },
    onRequest: requireJson,
    validatorCompiler: exactBody(switchSchema),
    handler: async ({ body, accessToken, log }, reply) => {
      reply.header("cache-control", "no-store");
      const by = callerOf(accessToken);
      if (body.on) {
        assertMaySwitchOn(accessToken);
        await door.switchFacesOn(by);
      } else await door.switchFacesOff(by);
      log.info(`${by} switched faces ${body.on ? "on" : "off"}`);
      return door.faceUnlock();
    },
  });
}

function assertMaySwitchOn(token: AccessToken | null): void {
  if (token === null || allows(token, ["admin"])) return;
  throw new FacelatchError("SCOPE_MISSING", {
    expected: "a token for admin",
    found: `one for ${token.scopes.join(", ")}`,
    next: "Make one with this scope.",
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
