// The door looked after from afar: locked down, and with faces switched off and on.
import Type from "typebox";
import { type AccessToken, allows } from "../../access/access.ts";
import { type DoorControl, faceUnlockSchema, lockdownSchema } from "../../door/door.ts";
import { FacelatchError } from "../../errors/errors.ts";
import type { Api } from "../api-deps.ts";
import { callerOf } from "../caller.ts";
import { exactBody, requireJson } from "../json-body.ts";
import { problemResponses } from "../problem.ts";

const closed = { additionalProperties: false } as const;

const lockdownReportSchema = Type.Object({ lockdown: Type.Union([lockdownSchema, Type.Null()]) }, closed);

export function doorRoutes(api: Api, door: DoorControl): void {
  lockdownRoutes(api, door);
  faceUnlockRoutes(api, door);
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
