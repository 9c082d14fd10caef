// The bundles of this board: the report card of the one in use, and of the one before.
import Type from "typebox";
import { allows } from "../../access/access.ts";
import { reportCardSchema, withoutNames } from "../../bundle/report-card.ts";
import type { Delivery } from "../../delivery/delivery.ts";
import type { Api } from "../api-deps.ts";
import { problemResponses } from "../problem.ts";

const cardOrNull = (description: string) => Type.Union([reportCardSchema, Type.Null()], { description });

const bundlesSchema = Type.Object(
  {
    current: cardOrNull("The bundle in use, on trial or not; null without one that can be read."),
    previous: cardOrNull("The one before."),
    isOnTrial: Type.Boolean({ description: "Whether the one in use is on trial." }),
  },
  { additionalProperties: false, description: "What was measured of each bundle." },
);

export function bundleRoutes(api: Api, delivery: Delivery): void {
  api.route({
    method: "GET",
    url: "/v1/bundles",
    schema: {
      summary: "The report cards of the bundle in use and of the one before",
      description: "Housemates are named to whoever has the scope `people`; to others `name` is null.",
      tags: ["updates"],
      response: { 200: bundlesSchema, ...problemResponses },
    },
    handler: async ({ accessToken }, reply) => {
      reply.header("cache-control", "no-store");
      const { current, previous, isOnTrial } = await delivery.bundles();
      if (accessToken === null || allows(accessToken, ["people"])) return { current, previous, isOnTrial };
      return {
        current: current === null ? null : withoutNames(current),
        previous: previous === null ? null : withoutNames(previous),
        isOnTrial,
      };
    },
  });
}
