// Log lines, as a list with cursors.
import Type from "typebox";
import { type LogLevel, logLevels, logLineSchema } from "../../events/events.ts";
import type { Api, ApiDeps } from "../api-deps.ts";
import { cursorProperties, cursorQuery, nextSchema, pageOf, sinceProperty, timesOf, untilProperty } from "../cursor.ts";
import type { LogFilter } from "../log-feed.ts";
import { problemResponses } from "../problem.ts";

/** Which lines a list or a stream is asked for. */
export const logFilterProperties = {
  level: Type.Optional(Type.Enum([...logLevels], { description: "Only lines of this level and graver." })),
  text: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: "Only lines that contain this, letter case ignored." }),
  ),
};

const querySchema = Type.Object(
  { ...cursorProperties, ...sinceProperty, ...untilProperty, ...logFilterProperties },
  { additionalProperties: false },
);

const listSchema = Type.Object(
  { lines: Type.Array(logLineSchema), next: nextSchema },
  { additionalProperties: false, description: "One page of log lines." },
);

/** The part of a store's query, or of a stream, that the filters of a request decide. */
export function logFilterOf({ level, text }: { level?: LogLevel; text?: string }): LogFilter {
  return { ...(level !== undefined && { levelMin: level }), ...(text !== undefined && { text }) };
}

export function logRoutes(api: Api, { store }: Pick<ApiDeps, "store">): void {
  api.route({
    method: "GET",
    url: "/v1/logs",
    schema: {
      summary: "What the daemon logged, the newest first",
      description: "With `text`, of the 5,000 lines nearest to the cursor, and of a million characters of them.",
      tags: ["logs"],
      querystring: querySchema,
      response: { 200: listSchema, ...problemResponses },
    },
    handler: async ({ query }, reply) => {
      const rows = store.logs({ ...cursorQuery(query), ...timesOf(query), ...logFilterOf(query) });
      const { page, next } = pageOf(rows, query.limit);
      reply.header("cache-control", "no-store");
      return { lines: page, next };
    },
  });
}
