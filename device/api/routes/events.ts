// Events, as a list with cursors.
import Type from "typebox";
import { type EventType, eventTypes } from "../../events/events.ts";
import type { Api, ApiDeps } from "../api-deps.ts";
import { cursorProperties, cursorQuery, nextSchema, pageOf, sinceProperty, timesOf, untilProperty } from "../cursor.ts";
import { peopleAsked } from "../person-query.ts";
import { problemResponses } from "../problem.ts";
import { shownEvent, shownEventSchema } from "../shown-event.ts";

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
    person: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          "Only events about this person: an id or, with the scope people, a name as in /v1/people, or the owner's label. " +
          "Of the owner these are also the openings by face. 404 PERSON_UNKNOWN, 403 SCOPE_MISSING.",
      }),
    ),
  },
  { additionalProperties: false },
);

const listSchema = Type.Object(
  { events: Type.Array(shownEventSchema), next: nextSchema },
  { additionalProperties: false, description: "One page of events." },
);

export function eventRoutes(
  api: Api,
  { store, snapshots, people }: Pick<ApiDeps, "store" | "snapshots" | "people">,
): void {
  api.route({
    method: "GET",
    url: "/v1/events",
    schema: {
      summary: "What happened, the newest first",
      tags: ["events"],
      querystring: querySchema,
      response: { 200: listSchema, ...problemResponses },
    },
    handler: async ({ query, accessToken }, reply) => {
      const rows = store.events({
        ...{ ...cursorQuery(query), ...timesOf(query) },
        ...(query.type && { types: query.type }),
        ...(query.person && { people: peopleAsked(query.person, people, accessToken) }),
      });
      const { page, next } = pageOf(rows, query.limit);
      reply.header("cache-control", "no-store");
      return { events: page.map((event) => shownEvent(event, snapshots)), next };
    },
  });
}
