// Guided enrolment: begun, told of, spoken to, finished and cancelled.
import Type from "typebox";
import { enrolmentStateSchema, newEnrolmentSchema, stepAnswerSchema } from "../../enrolment/enrolment.ts";
import { personSchema } from "../../people/people.ts";
import type { Api, PeopleDeps } from "../api-deps.ts";
import { callerOf } from "../caller.ts";
import { exactBody, requireJson } from "../json-body.ts";
import type { Allow } from "../limit-by-address.ts";
import { problemResponses } from "../problem.ts";
import { reportOfPerson } from "./people.ts";

const url = "/v1/people/enrolment";
const access = ["people"] as const;
const tags = ["people"];

export function enrolmentRoutes(api: Api, deps: PeopleDeps, allow: Allow): void {
  stateRoute(api, deps);
  beginRoute(api, deps, allow);
  answerRoute(api, deps);
  finishRoute(api, deps, allow);
  cancelRoute(api, deps);
}

function stateRoute(api: Api, { enrolment }: PeopleDeps): void {
  api.route({
    method: "GET",
    url,
    config: { access },
    schema: {
      summary: "The enrolment that is under way: what is asked for, what was taken, and why the last frame was not",
      tags,
      response: { 200: enrolmentStateSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return enrolment.state();
    },
  });
}

function beginRoute(api: Api, { enrolment }: PeopleDeps, allow: Allow): void {
  api.route({
    method: "POST",
    url,
    config: { access },
    schema: {
      summary: "Begins to enrol a person before the door's camera",
      description:
        "From now on the door opens for no face, until it is finished, cancelled, or its time is over. 409 " +
        "ENROLMENT_BUSY, PEOPLE_LIMIT; 404 PERSON_UNKNOWN; 503 NOT_READY without a bundle.",
      tags,
      body: newEnrolmentSchema,
      response: { 201: { ...enrolmentStateSchema, description: "It has begun." }, ...problemResponses },
    },
    onRequest: [requireJson, allow],
    validatorCompiler: exactBody(newEnrolmentSchema),
    handler: async ({ body, accessToken }, reply) => {
      const state = enrolment.begin(body.personId, callerOf(accessToken));
      reply.code(201).header("cache-control", "no-store");
      return state;
    },
  });
}

function answerRoute(api: Api, { enrolment }: PeopleDeps): void {
  api.route({
    method: "POST",
    url: `${url}/step`,
    config: { access },
    schema: {
      summary: "Says of the step that is asked for that the person is ready, or leaves it out",
      description: "409 ENROLMENT_STEP where another step is asked for, or where this one is needed.",
      tags,
      body: stepAnswerSchema,
      response: { 200: enrolmentStateSchema, ...problemResponses },
    },
    onRequest: requireJson,
    validatorCompiler: exactBody(stepAnswerSchema),
    handler: async ({ body }, reply) => {
      reply.header("cache-control", "no-store");
      return enrolment.answer(body);
    },
  });
}

function finishRoute(api: Api, deps: PeopleDeps, allow: Allow): void {
  api.route({
    method: "POST",
    url: `${url}/finish`,
    config: { access },
    schema: {
      summary: "Stores the templates; they count from this answer on",
      description:
        "409 ENROLMENT_INCOMPLETE; 422 ENROLMENT_REFUSED for templates of an owner that the bundle's own do not " +
        "recognise, or that are too like a housemate.",
      tags,
      response: { 200: personSchema, ...problemResponses },
    },
    onRequest: allow,
    handler: async ({ accessToken, log }, reply) => {
      const by = callerOf(accessToken);
      const person = deps.enrolment.finish(by);
      log.info(`${by} enrolled a person`);
      reply.header("cache-control", "no-store");
      return reportOfPerson(person, deps);
    },
  });
}

function cancelRoute(api: Api, { enrolment }: PeopleDeps): void {
  api.route({
    method: "DELETE",
    url,
    config: { access },
    schema: {
      summary: "Ends the enrolment; nothing of it is kept",
      tags,
      response: { 204: Type.Null({ description: "Nobody is being enrolled." }), ...problemResponses },
    },
    handler: async (_request, reply) => {
      enrolment.cancel();
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}
