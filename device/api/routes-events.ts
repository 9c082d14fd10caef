// Events, as a list with cursors.
import Type from "typebox";
import { type EventType, eventTypes } from "../events/events.ts";
import type { Api, ApiDeps } from "./api-deps.ts";
import { cursorProperties, cursorQuery, nextSchema, pageOf, sinceProperty, timesOf, untilProperty } from "./cursor.ts";
import { problemResponses } from "./problem.ts";
import { shownEvent, shownEventSchema } from "./shown-event.ts";

const typeNames = Object.keys(eventTypes) as EventType[];

const querySchema = Type.Object(
  {
    ...cursorProperties,
    ...sinceProperty,
    ...untilProperty,
    type: Type.Optional(
      Type.Array(Type.Enum(typeNames), {
        maxItems: typeNames.length,
        description: "Only events of this type; may be repeated.",
      }),
    ),
  },
  { additionalProperties: false },
);

const listSchema = Type.Object(
  { events: Type.Array(shownEventSchema), next: nextSchema },
  { additionalProperties: false, description: "One page of events." },
);

export function eventRoutes(api: Api, { store, snapshots }: Pick<ApiDeps, "store" | "snapshots">): void {
  api.route({
    method: "GET",
    url: "/v1/events",
    schema: {
      summary: "What happened, the newest first",
      tags: ["events"],
      querystring: querySchema,
      response: { 200: listSchema, ...problemResponses },
    },
    handler: async ({ query }, reply) => {
      const rows = store.events({ ...cursorQuery(query), ...timesOf(query), ...(query.type && { types: query.type }) });
      const { page, next } = pageOf(rows, query.limit);
      reply.header("cache-control", "no-store");
      return { events: page.map((event) => shownEvent(event, snapshots)), next };
    },
  });
}
