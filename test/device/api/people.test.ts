// People over the API: what is asked, recorded, answered and refused, each as the description has it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Errors } from "typebox/value";
import type { EnrolmentState } from "../../../device/enrolment/enrolment.ts";
import type { PersonReport } from "../../../device/people/people.ts";
import { PlayedEnrolment } from "../enrolment/played-enrolment.ts";
import { type Ending, fakeDevice } from "./fake-device.ts";

type Method = "GET" | "POST" | "DELETE";

interface Documented {
  readonly paths: Record<
    string,
    Record<string, { readonly responses: Record<string, { readonly content?: Record<string, { schema: object }> }> }>
  >;
}

function openDoor(t: Ending) {
  const played = new PlayedEnrolment(t);
  const { api } = fakeDevice(t, { people: played.deps });
  /** Asks, and holds the answer against the description. */
  const ask = async (method: Method, url: string, body?: object) => {
    const answer = await api.inject({ method, url, ...(body === undefined ? {} : { payload: body }) });
    const { paths } = (await api.inject("/openapi.json")).json<Documented>();
    const path = url.replace(/\/people\/[0-9a-f]{12}/, "/people/{id}");
    const { responses } = paths[path]![method.toLowerCase()]!;
    const documented = responses[answer.statusCode] ?? responses[`${Math.floor(answer.statusCode / 100)}XX`];
    assert.ok(documented, `${method} ${url} does not document ${answer.statusCode}`);
    if (answer.statusCode === 204) assert.equal(answer.body, "");
    else {
      const [mediaType] = String(answer.headers["content-type"]).split(";");
      assert.deepEqual(Errors(documented.content![mediaType!]!.schema, answer.json()), [], `${method} ${url}`);
    }
    assert.equal(answer.headers["cache-control"], "no-store", `${method} ${url}`);
    return answer;
  };
  const codeOf = async (method: Method, url: string, body?: object): Promise<string> =>
    (await ask(method, url, body)).json<{ code: string }>().code;
  return { played, ask, codeOf };
}

const enrolment = "/v1/people/enrolment";
const owner = { role: "owner", consent: true };

describe("people over the API", () => {
  it("are recorded with their consent, listed, enrolled, copied and erased", async (t) => {
    const { played, ask } = openDoor(t);
    const added = await ask("POST", "/v1/people", owner);
    assert.equal(added.statusCode, 201);
    const person = added.json<PersonReport>();
    assert.deepEqual([person.name, person.consent.by, person.templates], ["Markus", "this machine", 0]);
    const begun = await ask("POST", enrolment, { personId: person.id });
    assert.equal(begun.statusCode, 201);
    assert.equal(begun.json<EnrolmentState>().enrolment?.step, "straight");
    played.showAll();
    const asked = (await ask("GET", enrolment)).json<EnrolmentState>();
    assert.deepEqual([asked.enrolment?.step, asked.enrolment?.waitsForWord], ["glasses", true]);
    await ask("POST", `${enrolment}/step`, { step: "glasses", answer: "skip" });
    const finished = (await ask("POST", `${enrolment}/finish`)).json<PersonReport>();
    assert.deepEqual([finished.templates, finished.inUse], [4, 4]);
    assert.equal((await ask("GET", enrolment)).json<EnrolmentState>().ended?.ending, "finished");
    const { people } = (await ask("GET", "/v1/people")).json<{ people: PersonReport[] }>();
    assert.deepEqual(people, [finished]);
    const copy = await ask("GET", `/v1/people/${person.id}/export`);
    assert.equal(copy.headers["content-disposition"], `attachment; filename="facelatch-person-${person.id}.json"`);
    assert.equal(copy.json<{ templates: unknown[] }>().templates.length, 4);
    assert.equal((await ask("DELETE", `/v1/people/${person.id}`)).statusCode, 204);
    assert.deepEqual((await ask("GET", "/v1/people")).json<{ people: unknown[] }>().people, []);
  });

  it("are refused without consent, without a name, and an owner with one", async (t) => {
    const { played, codeOf } = openDoor(t);
    const bodies = [
      { role: "owner" },
      { role: "owner", consent: false },
      { role: "owner", consent: "true" },
      { ...owner, name: "Erik" },
      { role: "household", consent: true },
      { role: "household", consent: true, name: "../etc" },
      { role: "household", consent: true, name: "" },
      { role: "stranger", consent: true, name: "Erik" },
      { ...owner, templates: [] },
    ];
    for (const body of bodies) assert.equal(await codeOf("POST", "/v1/people", body), "REQUEST_INVALID");
    assert.deepEqual([played.people.list(), played.events], [[], []]);
  });

  it("are the same person however the name was typed", async (t) => {
    const { ask, codeOf } = openDoor(t);
    const called = (name: string) => ({ role: "household", consent: true, name });
    assert.equal((await ask("POST", "/v1/people", called("Zo\u00eb"))).json<PersonReport>().name, "Zo\u00eb");
    assert.equal(await codeOf("POST", "/v1/people", called("Zoe\u0308")), "PERSON_EXISTS");
  });

  it("are refused by name where there is nothing to do it with", async (t) => {
    const { codeOf, ask } = openDoor(t);
    const nobody = "0".repeat(12);
    assert.equal(await codeOf("DELETE", `/v1/people/${nobody}`), "PERSON_UNKNOWN");
    assert.equal(await codeOf("GET", `/v1/people/${nobody}/export`), "PERSON_UNKNOWN");
    assert.equal(await codeOf("POST", enrolment, { personId: nobody }), "PERSON_UNKNOWN");
    assert.equal(await codeOf("POST", `${enrolment}/finish`), "ENROLMENT_MISSING");
    assert.equal(await codeOf("POST", `${enrolment}/step`, { step: "light", answer: "skip" }), "ENROLMENT_MISSING");
    assert.equal((await ask("DELETE", enrolment)).statusCode, 204, "nobody is being enrolled");
    const { id } = (await ask("POST", "/v1/people", owner)).json<PersonReport>();
    await ask("POST", enrolment, { personId: id });
    assert.equal(await codeOf("POST", enrolment, { personId: id }), "ENROLMENT_BUSY");
    assert.equal(await codeOf("POST", `${enrolment}/step`, { step: "straight", answer: "skip" }), "ENROLMENT_STEP");
    assert.equal(await codeOf("POST", `${enrolment}/finish`), "ENROLMENT_INCOMPLETE");
  });

  it("who are erased are not enrolled to the end", async (t) => {
    const { ask } = openDoor(t);
    const { id } = (await ask("POST", "/v1/people", owner)).json<PersonReport>();
    await ask("POST", enrolment, { personId: id });
    await ask("DELETE", `/v1/people/${id}`);
    const { enrolment: running, ended } = (await ask("GET", enrolment)).json<EnrolmentState>();
    assert.deepEqual([running, ended?.ending], [null, "person_erased"]);
  });

  it("are changed and copied only so often", async (t) => {
    const { api } = fakeDevice(t, { people: new PlayedEnrolment(t).deps, limits: { peoplePerMinuteMax: 3 } });
    const codes: number[] = [];
    for (let i = 0; i < 4; i++)
      codes.push((await api.inject({ method: "DELETE", url: `/v1/people/${"0".repeat(12)}` })).statusCode);
    assert.deepEqual(codes, [404, 404, 404, 429]);
    const begun = await api.inject({ method: "POST", url: enrolment, payload: { personId: "0".repeat(12) } });
    assert.deepEqual([begun.statusCode, Number(begun.headers["retry-after"]) > 0], [429, true]);
    assert.equal((await api.inject(enrolment)).statusCode, 200, "to look is free");
  });
});
