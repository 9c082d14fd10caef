// How talkative the log is: told of, set for a while, and given back to the configuration.

import Type from "typebox";
import { type LogLevelControl, logLevelReportSchema, newLogLevelSchema } from "../../log/log.ts";
import type { Api } from "../api-deps.ts";
import { callerOf } from "../caller.ts";
import { exactBody, requireJson } from "../json-body.ts";
import { problemResponses } from "../problem.ts";

const url = "/v1/log-level";

export function logLevelRoutes(api: Api, logLevel: LogLevelControl): void {
  api.route({
    method: "GET",
    url,
    schema: {
      summary: "How talkative the log is, and until when",
      tags: ["logs"],
      response: { 200: logLevelReportSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return logLevel.report();
    },
  });

  api.route({
    method: "PUT",
    url,
    config: { access: ["admin"] },
    schema: {
      summary: "Logs more, or less, for a limited time",
      description: "At once, and recorded. The configured level counts again after `forMinutes`, or at a restart.",
      tags: ["logs"],
      body: newLogLevelSchema,
      response: { 200: logLevelReportSchema, ...problemResponses },
    },
    onRequest: requireJson,
    validatorCompiler: exactBody(newLogLevelSchema),
    handler: async ({ body, accessToken }, reply) => {
      logLevel.set(body, callerOf(accessToken));
      reply.header("cache-control", "no-store");
      return logLevel.report();
    },
  });

  api.route({
    method: "DELETE",
    url,
    config: { access: ["admin"] },
    schema: {
      summary: "Goes back to the configured log level",
      tags: ["logs"],
      response: { 204: Type.Null({ description: "The configured one counts." }), ...problemResponses },
    },
    handler: async ({ accessToken }, reply) => {
      logLevel.reset(callerOf(accessToken));
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}
