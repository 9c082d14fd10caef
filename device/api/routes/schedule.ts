// When a face may open the door: told of, set, and given back to the configuration.
import Type from "typebox";
import { newScheduleSchema, type ScheduleControl, scheduleReportSchema } from "../../door/door.ts";
import type { Api } from "../api-deps.ts";
import { callerOf } from "../caller.ts";
import { exactBody, requireJson } from "../json-body.ts";
import { problemResponses } from "../problem.ts";

const url = "/v1/schedule";
/** Fifty windows with all seven days have less. */
const bodyBytesMax = 8_192;

export function scheduleRoutes(api: Api, schedule: ScheduleControl): void {
  api.route({
    method: "GET",
    url,
    schema: {
      summary: "When a face may open the door, and whether it may now",
      tags: ["door"],
      response: { 200: scheduleReportSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return schedule.report();
    },
  });

  api.route({
    method: "PUT",
    url,
    bodyLimit: bodyBytesMax,
    // It may let in whom the door keeps out now.
    config: { access: ["admin"] },
    schema: {
      summary: "Sets when a face may open the door, before what the configuration says, from the next frame on",
      description:
        "Recorded before it counts, and kept through restarts. 400 REQUEST_INVALID: a window that ends when it begins. 503 " +
        "STORE_UNAVAILABLE: the one before stands; SCHEDULE_UNSAVED: what its file says stands, see `fault`.",
      tags: ["door"],
      body: newScheduleSchema,
      response: { 200: scheduleReportSchema, ...problemResponses },
    },
    onRequest: requireJson,
    validatorCompiler: exactBody(newScheduleSchema),
    handler: async ({ body, accessToken, log }, reply) => {
      const by = callerOf(accessToken);
      await schedule.set(body, by);
      log.info(`${by} set the schedule`);
      reply.header("cache-control", "no-store");
      return schedule.report();
    },
  });

  api.route({
    method: "DELETE",
    url,
    config: { access: ["admin"] },
    schema: {
      summary: "Goes back to the configuration's schedule",
      description:
        "503 STORE_UNAVAILABLE: the one before stands; SCHEDULE_UNSAVED: what its file says stands, see `fault`.",
      tags: ["door"],
      response: { 204: Type.Null({ description: "The configuration's counts." }), ...problemResponses },
    },
    handler: async ({ accessToken, log }, reply) => {
      const by = callerOf(accessToken);
      await schedule.reset(by);
      log.info(`${by} went back to the configuration's schedule`);
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}
