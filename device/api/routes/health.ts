// Health checks: whether the process lives, and whether it can do its work; they say nothing else.
import Type from "typebox";
import { FacelatchError } from "../../errors/errors.ts";
import type { Api, ApiDeps } from "../api-deps.ts";
import { problemResponses } from "../problem.ts";

const healthOf = <const S extends string>(status: S) =>
  Type.Object({ status: Type.Literal(status) }, { additionalProperties: false, description: `It is ${status}.` });

export function healthRoutes(api: Api, { status }: Pick<ApiDeps, "status">): void {
  api.route({
    method: "GET",
    url: "/livez",
    config: { rateLimit: false, access: "public" },
    schema: { summary: "Whether the process answers", tags: ["health"], response: { 200: healthOf("live") } },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return { status: "live" as const };
    },
  });

  api.route({
    method: "GET",
    url: "/readyz",
    config: { rateLimit: false },
    schema: {
      summary: "Whether the device can do its work; a device that is locked down does",
      tags: ["health"],
      response: { 200: healthOf("ready"), ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      const { state } = status();
      if (state === "ready" || state === "locked_down") return { status: "ready" as const };
      throw new FacelatchError("NOT_READY", {
        expected: "a device that is ready",
        found: `one that is ${state}`,
        next: "See /v1/status.",
      });
    },
  });
}
