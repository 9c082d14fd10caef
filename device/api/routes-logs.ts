// Log lines, as a list with cursors.
import Type from "typebox";
import { logLevels, logLineSchema } from "../events/events.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { cursorProperties, cursorQuery, nextSchema, pageOf, sinceProperty, timesOf } from "./cursor.ts";
import { problemResponses } from "./problem.ts";

const querySchema = Type.Object(
  {
    ...cursorProperties,
    ...sinceProperty,
    level: Type.Optional(Type.Enum([...logLevels], { description: "Only lines of this level and graver." })),
    text: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: "Only lines that contain this, letter case ignored." }),
    ),
  },
  { additionalProperties: false },
);

const listSchema = Type.Object(
  { lines: Type.Array(logLineSchema), next: nextSchema },
  { additionalProperties: false, description: "One page of log lines." },
);

export function logRoutes(api: Api, { store }: Pick<ApiDeps, "store">): void {
  api.route({
    method: "GET",
    url: "/v1/logs",
    schema: {
      summary: "What the daemon logged, the newest first",
      tags: ["logs"],
      querystring: querySchema,
      response: { 200: listSchema, ...problemResponses },
    },
    handler: async ({ query }, reply) => {
      const { level, text } = query;
      const rows = store.logs({
        ...cursorQuery(query),
        ...timesOf(query),
        ...(level !== undefined && { levelMin: level }),
        ...(text !== undefined && { text }),
      });
      const { page, next } = pageOf(rows, query.limit);
      reply.header("cache-control", "no-store");
      return { lines: page, next };
    },
  });
}
