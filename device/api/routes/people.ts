// People and their templates: who is known, the consent that comes first, a copy of all that is kept, and the erasure.
import Type from "typebox";
import { FacelatchError } from "../../errors/errors.ts";
import {
  exportedPersonSchema,
  type NewPerson,
  newPersonSchema,
  type Person,
  type PersonReport,
  personIdSchema,
  personSchema,
} from "../../people/people.ts";
import type { Snapshots } from "../../snapshots/snapshots.ts";
import type { Api, PeopleDeps } from "../api-deps.ts";
import { callerOf } from "../caller.ts";
import { exactBody, requireJson } from "../json-body.ts";
import type { Allow } from "../limit-by-address.ts";
import { problemResponses } from "../problem.ts";

const closed = { additionalProperties: false } as const;
const access = ["people"] as const;

const listSchema = Type.Object(
  {
    people: Type.Array(personSchema),
    householdMax: Type.Integer({ minimum: 1, description: "The most household members." }),
    templatesPerPersonMax: Type.Integer({ minimum: 1, description: "The most templates of one person." }),
  },
  { ...closed, description: "Everybody who agreed to be enrolled." },
);

const paramsSchema = Type.Object({ id: personIdSchema }, closed);

export function peopleRoutes(api: Api, deps: PeopleDeps, snapshots: Snapshots | null, allow: Allow): void {
  listRoute(api, deps);
  addRoute(api, deps, allow);
  exportRoute(api, deps, allow);
  eraseRoute(api, deps, snapshots, allow);
}

export function reportOfPerson(person: Person, { inUse }: Pick<PeopleDeps, "inUse">): PersonReport {
  return { ...person, inUse: inUse(person.id) };
}

function listRoute(api: Api, deps: PeopleDeps): void {
  api.route({
    method: "GET",
    url: "/v1/people",
    config: { access },
    schema: {
      summary: "Who may be, or was, enrolled at the door; never a template",
      tags: ["people"],
      response: { 200: listSchema, ...problemResponses },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return { people: deps.people.list().map((person) => reportOfPerson(person, deps)), ...deps.people.limits };
    },
  });
}

function addRoute(api: Api, deps: PeopleDeps, allow: Allow): void {
  api.route({
    method: "POST",
    url: "/v1/people",
    config: { access },
    schema: {
      summary: "Records that a person agrees to be enrolled",
      description:
        "The consent is an event, with who recorded it, before anything is stored; there is no template without it. 409 " +
        "PERSON_EXISTS, PEOPLE_LIMIT.",
      tags: ["people"],
      body: newPersonSchema,
      response: { 201: { ...personSchema, description: "It is recorded." }, ...problemResponses },
    },
    onRequest: [requireJson, allow],
    validatorCompiler: exactBody(newPersonSchema),
    handler: async ({ body, accessToken, log }, reply) => {
      const by = callerOf(accessToken);
      const person = deps.people.add({ role: body.role, name: nameOf(body, deps.ownerName) }, by);
      log.info(`${by} recorded a person's consent`);
      reply.code(201).header("cache-control", "no-store");
      return reportOfPerson(person, deps);
    },
  });
}

/** The owner is who the bundle says; anybody else is named, the same however it was typed. */
function nameOf({ role, name }: NewPerson, ownerName: string): string {
  if (role === "owner" && name === undefined) return ownerName;
  if (role === "household" && name !== undefined) return name.normalize("NFC");
  throw new FacelatchError("REQUEST_INVALID", {
    expected: "a name for a household member, and none for the owner",
    found: role === "owner" ? "one for the owner" : "none",
    next: role === "owner" ? "Leave it away: the owner's is the bundle's label." : "Give one.",
  });
}

function exportRoute(api: Api, { people }: PeopleDeps, allow: Allow): void {
  api.route({
    method: "GET",
    url: "/v1/people/:id/export",
    exposeHeadRoute: false,
    config: { access },
    schema: {
      summary: "All that the door keeps of a person, templates too",
      description: "An event tells who took it, before it is given.",
      tags: ["people"],
      params: paramsSchema,
      response: { 200: exportedPersonSchema, ...problemResponses },
    },
    onRequest: allow,
    handler: async ({ params, accessToken }, reply) => {
      const exported = people.exported(params.id, callerOf(accessToken));
      reply
        .header("cache-control", "no-store")
        .header("content-disposition", `attachment; filename="facelatch-person-${params.id}.json"`);
      return exported;
    },
  });
}

function eraseRoute(api: Api, { people, enrolment }: PeopleDeps, snapshots: Snapshots | null, allow: Allow): void {
  api.route({
    method: "DELETE",
    url: "/v1/people/:id",
    config: { access },
    schema: {
      summary: "Erases a person: consent, name and templates",
      description:
        "The answer comes once nothing of it lies on the disk any more. The event that tells of it comes first, and holds " +
        "no name. Without a housemate the door keeps fewer faces out. An enrolment of this person ends. All pictures of " +
        "events go too: nobody can tell in which of them the person is.",
      tags: ["people"],
      params: paramsSchema,
      response: { 204: Type.Null({ description: "It is gone." }), ...problemResponses },
    },
    onRequest: allow,
    handler: async ({ params, accessToken, log }, reply) => {
      const by = callerOf(accessToken);
      people.get(params.id);
      // First: where that fails, it can all be asked for again.
      await snapshots?.eraseAll(by);
      people.erase(params.id, by);
      enrolment.forget(params.id);
      log.info(`${by} erased a person`);
      reply.code(204).header("cache-control", "no-store");
      return null;
    },
  });
}
