// What people say of a presence: taken, listed, and which presences can still be spoken of.
import Type from "typebox";
import { bootIdSchema, candidateSchema, feedbackItemSchema, newFeedbackSchema } from "../../feedback/feedback.ts";
import type { Api, ApiDeps } from "../api-deps.ts";
import { cursorProperties, cursorQuery, nextSchema, pageOf } from "../cursor.ts";
import { exactBody, requireJson } from "../json-body.ts";
import { limitByAddress } from "../limit-by-address.ts";
import { problemResponses } from "../problem.ts";

const querySchema = Type.Object(cursorProperties, { additionalProperties: false });

const listSchema = Type.Object(
  { items: Type.Array(feedbackItemSchema), next: nextSchema },
  { additionalProperties: false, description: "One page of what was said." },
);

const candidatesSchema = Type.Object(
  { bootId: bootIdSchema, candidates: Type.Array(candidateSchema) },
  { additionalProperties: false, description: "The presences that are remembered, the latest first." },
);

type FeedbackDeps = Pick<ApiDeps, "feedback">;

export function feedbackRoutes(api: Api, deps: FeedbackDeps, perMinuteMax: number): void {
  recordRoute(api, deps, perMinuteMax);
  listRoute(api, deps);
  candidatesRoute(api, deps);
}

function recordRoute(api: Api, { feedback }: FeedbackDeps, perMinuteMax: number): void {
  api.route({
    method: "POST",
    url: "/v1/feedback",
    config: { access: ["feedback"] },
    schema: {
      summary: "Says of a presence that it was not the owner, or that it was",
      description:
        "not_me keeps such a face out from this answer on, and keeps its frames for the next training; was_me only " +
        "keeps the frames: it never makes the door open more easily. Saying the same again changes nothing.",
      tags: ["feedback"],
      body: newFeedbackSchema,
      response: {
        201: { ...feedbackItemSchema, description: "It was stored." },
        200: { ...feedbackItemSchema, description: "It had been said before." },
        ...problemResponses,
      },
    },
    onRequest: [requireJson, limitByAddress(perMinuteMax, "pieces of feedback")],
    validatorCompiler: exactBody(newFeedbackSchema),
    handler: async ({ body }, reply) => {
      const { item, isNew } = feedback.record(body);
      reply.code(isNew ? 201 : 200).header("cache-control", "no-store");
      return item;
    },
  });
}

function listRoute(api: Api, { feedback }: FeedbackDeps): void {
  api.route({
    method: "GET",
    url: "/v1/feedback",
    schema: {
      summary: "What was said of presences, the newest first; never a picture",
      tags: ["feedback"],
      querystring: querySchema,
      response: { 200: listSchema, ...problemResponses },
    },
    handler: async ({ query }, reply) => {
      const { page, next } = pageOf(feedback.items(cursorQuery(query)), query.limit);
      reply.header("cache-control", "no-store");
      return { items: page, next };
    },
  });
}

function candidatesRoute(api: Api, { feedback }: FeedbackDeps): void {
  api.route({
    method: "GET",
    url: "/v1/feedback/candidates",
    schema: {
      summary: "The presences that can still be spoken of",
      tags: ["feedback"],
      response: { 200: candidatesSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return feedback.candidates();
    },
  });
}
