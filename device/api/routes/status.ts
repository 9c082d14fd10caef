// The status of the whole device.
import type { Api, ApiDeps } from "../api-deps.ts";
import { problemResponses } from "../problem.ts";
import { statusReportSchema } from "../status-report.ts";

export function statusRoutes(api: Api, { status }: Pick<ApiDeps, "status">): void {
  api.route({
    method: "GET",
    url: "/v1/status",
    schema: {
      summary: "How the device is",
      tags: ["status"],
      response: { 200: statusReportSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return status();
    },
  });
}
