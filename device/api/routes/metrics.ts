// Figures of the device, for Prometheus.
import Type from "typebox";
import type { Api } from "../api-deps.ts";
import type { Metrics } from "../metrics.ts";
import { problemResponses } from "../problem.ts";

export function metricsRoutes(api: Api, metrics: Metrics): void {
  const text = { "text/plain": { schema: Type.String({ description: "Prometheus' text format, version 0.0.4." }) } };
  api.route({
    method: "GET",
    url: "/metrics",
    schema: {
      summary: "Figures for Prometheus",
      tags: ["status"],
      response: { 200: { description: "The figures.", content: text }, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store").type(metrics.contentType);
      return metrics.text();
    },
  });
}
