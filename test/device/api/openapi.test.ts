// The description of the API: complete, of the version it claims, and true of every answer.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Check, Errors } from "typebox/value";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { packageRoot } from "../../../device/installation/installation.ts";
import type { PinAnswer } from "../../../device/second-step/second-step.ts";
import { PlayedButton } from "../access/played-button.ts";
import { handled } from "../daemon/door/handled-door.ts";
import { scheduled } from "../daemon/door/scheduled-door.ts";
import { stateFolder } from "../delivery/small-delivery.ts";
import { PlayedEnrolment } from "../enrolment/played-enrolment.ts";
import { subjectFrame } from "../feedback/open-feedback.ts";
import { switchedLog } from "../log/switched-log.ts";
import { openSnapshots } from "../snapshots/open-snapshots.ts";
import { type FakeDevice, fakeDevice, liveView, newEvent, statusReport } from "./fake-device.ts";
import { openStream } from "./stream-client.ts";

interface Response {
  readonly description: string;
  readonly content: Record<string, { readonly schema: object }>;
}

interface Operation {
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<string, Response>;
}

interface Description {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Record<string, Record<string, Operation>>;
}

async function descriptionOf({ api }: FakeDevice): Promise<Description> {
  return (await api.inject("/openapi.json")).json();
}

/** The one route that is not asked with GET. */
const pinPath = "/v1/second-step";

/** What each address takes, in alphabetical order. */
const methodsOf = (path: string): readonly string[] => severalMethods[path] ?? [methodOf(path)];

const severalMethods: Readonly<Record<string, readonly string[]>> = {
  "/v1/events/{id}/snapshot": ["delete", "get"],
  "/v1/face-unlock": ["get", "put"],
  "/v1/feedback": ["get", "post"],
  "/v1/lockdown": ["delete", "get", "post"],
  "/v1/log-level": ["delete", "get", "put"],
  "/v1/passkeys": ["get", "post"],
  "/v1/passkeys/challenge": ["post"],
  "/v1/passkeys/{id}": ["delete"],
  "/v1/people": ["get", "post"],
  "/v1/people/enrolment": ["delete", "get", "post"],
  "/v1/people/enrolment/finish": ["post"],
  "/v1/people/enrolment/step": ["post"],
  "/v1/people/{id}": ["delete"],
  "/v1/schedule": ["delete", "get", "put"],
  "/v1/session": ["delete", "get", "post"],
  "/v1/session/button": ["get", "post"],
  "/v1/session/button/withdraw": ["post"],
  "/v1/snapshots": ["delete"],
  "/v1/tokens": ["get", "post"],
  "/v1/unlock/challenge": ["post"],
  "/v1/tokens/{id}": ["delete"],
};

const methodOf = (path: string) => (path === pinPath || path === "/v1/unlock" ? "post" : "get");

/** The schema that an answer must match; fails where the answer is not documented at all. */
function documentedSchema(description: Description, path: string, status: number, mediaType: string): object {
  const responses = description.paths[path]?.[methodOf(path)]?.responses ?? {};
  const response = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
  const schema = response?.content[mediaType]?.schema;
  assert.ok(schema, `${path} does not document ${status} ${mediaType}`);
  return schema;
}

async function assertAnswerMatches(
  device: FakeDevice,
  url: string,
  status: number,
  payload: Record<string, unknown> = {},
): Promise<void> {
  const method = methodOf(url) === "post" ? "POST" : "GET";
  const answer = await device.api.inject({ method, url, ...(method === "POST" ? { payload } : {}) });
  assert.equal(answer.statusCode, status, url);
  const mediaType = String(answer.headers["content-type"]).split(";")[0]!;
  const schema = documentedSchema(await descriptionOf(device), url.split("?")[0]!, status, mediaType);
  const value: unknown = mediaType.endsWith("json") ? answer.json() : answer.body;
  assert.deepEqual(Errors(schema, value), [], url);
}

/** Has every route that does not come with tokens, a button or updates. */
async function wholeDevice(t: TestContext): Promise<FakeDevice> {
  const { schedule } = scheduled(t);
  const { snapshots } = openSnapshots(t);
  const people = new PlayedEnrolment(t).deps;
  const { logLevel } = switchedLog();
  const device = fakeDevice(t, { door: handled(t).handle, schedule, people, snapshots, logLevel });
  await device.api.ready();
  return device;
}

describe("/openapi.json", () => {
  it("is OpenAPI 3.1 with this program's version", async (t) => {
    const { openapi, info } = await descriptionOf(fakeDevice(t));
    assert.match(openapi, /^3\.1\.\d$/);
    assert.deepEqual([info.title, info.version], ["Facelatch", "0.1.0"]);
  });

  it("is what the table of docs/api.md tells, path by path, with each word of a query", async (t) => {
    const told = new Map<string, string>();
    const table = readFileSync(join(packageRoot, "docs/api.md"), "utf8");
    for (const [, cell] of table.matchAll(/^\| (`.*?`) \|/gm)) {
      for (const [, path, query] of cell!.matchAll(/(\/[^`?]*)(\?[^`]*)?`/g)) told.set(path!, query ?? "");
    }
    const { "/openapi.json": _, ...paths } = (await descriptionOf(await wholeDevice(t))).paths;
    for (const [path, operations] of Object.entries(paths)) {
      assert.ok(told.has(path), path);
      for (const { parameters = [] } of Object.values(operations)) {
        for (const { name } of parameters.filter((each) => each.in === "query")) {
          assert.ok(told.get(path)!.includes(`${name}=`), `${name} of ${path}`);
        }
      }
    }
  });

  it("holds every route but those of the page, each with a summary and its problems", async (t) => {
    const device = await wholeDevice(t);
    const description = await descriptionOf(device);
    assert.deepEqual(Object.keys(description.paths).sort(), [
      "/livez",
      "/metrics",
      "/openapi.json",
      "/readyz",
      "/v1/events",
      "/v1/events/stream",
      "/v1/events/{id}/snapshot",
      "/v1/face-unlock",
      "/v1/feedback",
      "/v1/feedback/candidates",
      "/v1/live",
      "/v1/live/frame.jpg",
      "/v1/live/stream",
      "/v1/lockdown",
      "/v1/log-level",
      "/v1/logs",
      "/v1/logs/stream",
      "/v1/passkeys",
      "/v1/passkeys/challenge",
      "/v1/passkeys/{id}",
      "/v1/people",
      "/v1/people/enrolment",
      "/v1/people/enrolment/finish",
      "/v1/people/enrolment/step",
      "/v1/people/{id}",
      "/v1/people/{id}/export",
      "/v1/schedule",
      pinPath,
      "/v1/session",
      "/v1/session/button",
      "/v1/session/button/withdraw",
      "/v1/snapshots",
      "/v1/status",
      "/v1/tokens",
      "/v1/tokens/{id}",
      "/v1/unlock",
      "/v1/unlock/challenge",
    ]);
    const described = Object.keys(description.paths).flatMap((path) =>
      methodsOf(path).map((method) => ({ path, method })),
    );
    for (const { path, method } of described) {
      const url = path.replace("{id}", ":id");
      assert.ok(device.api.hasRoute({ method: method.toUpperCase() as "GET", url }), `${method} ${path}`);
    }
    const tree = device.api.printRoutes({ commonPrefix: false });
    const pageRoutes: Readonly<Record<string, number>> = { get: 3 };
    for (const method of ["get", "post", "put", "patch", "delete"]) {
      const expected = described.filter((operation) => operation.method === method).length + (pageRoutes[method] ?? 0);
      assert.equal(leafCount(tree, method.toUpperCase()), expected, method);
    }
    for (const [path, operations] of Object.entries(description.paths)) {
      const methods = methodsOf(path);
      assert.deepEqual(Object.keys(operations).sort(), methods, path);
      for (const method of methods) {
        assert.ok(operations[method]!.summary.length > 0);
        if (path === "/livez") continue;
        for (const range of ["4XX", "5XX"]) {
          const { content } = operations[method]!.responses[range]!;
          assert.ok(content["application/problem+json"], `${method} ${path} ${range}`);
        }
      }
    }
  });

  it("documents the body of the PIN, which is required and JSON", async (t) => {
    const { paths } = await descriptionOf(fakeDevice(t));
    const { requestBody } = paths[pinPath]!["post"] as unknown as { readonly requestBody: object };
    const pin = { type: "string", pattern: "^[0-9]{4,12}$", description: "The PIN, 4 to 12 digits.", secret: true };
    const schema = { type: "object", required: ["pin"], additionalProperties: false, properties: { pin } };
    assert.deepEqual(requestBody, { required: true, content: { "application/json": { schema } } });
  });

  it("documents parameters with their limits", async (t) => {
    const { paths } = await descriptionOf(fakeDevice(t));
    const parameters = paths["/v1/events"]!["get"]!.parameters!;
    const limit = parameters.find((parameter) => parameter.name === "limit")!;
    assert.deepEqual(limit.schema, { type: "integer", minimum: 1, maximum: 200, default: 50 });
    assert.deepEqual(parameters.map((parameter) => parameter.name).sort(), [
      "after",
      "before",
      "limit",
      "person",
      "since",
      "type",
      "until",
    ]);
    const stream = paths["/v1/events/stream"]!["get"]!.parameters!;
    assert.deepEqual(stream.map((parameter) => `${parameter.in} ${parameter.name}`).sort(), [
      "header last-event-id",
      "query after",
    ]);
    const logs = paths["/v1/logs/stream"]!["get"]!.parameters!;
    assert.deepEqual(logs.map((parameter) => `${parameter.in} ${parameter.name}`).sort(), [
      "header last-event-id",
      "query after",
      "query level",
      "query text",
    ]);
  });

  it("is true of the real answer of every route", async (t) => {
    const device = fakeDevice(t);
    for (const url of ["/v1/live", "/v1/live/frame.jpg"]) await assertAnswerMatches(device, url, 503);
    device.live = liveView(3);
    device.store.append(newEvent({ data: { ownerScore: 0.4, live: true, label: "x", none: null } }));
    device.store.log({ level: "warn", source: "camera", text: "late" });
    for (const presenceId of [1, 2]) device.feedback.noteFrame(subjectFrame(presenceId));
    device.feedback.record({ bootId: "boot-1", presenceId: 1, verdict: "not_me", name: "Anna" });
    for (const url of [
      "/livez",
      "/readyz",
      "/metrics",
      "/v1/session/button",
      "/v1/status",
      "/v1/events",
      "/v1/feedback",
      "/v1/feedback/candidates",
      "/v1/logs",
      "/v1/live",
      "/v1/live/frame.jpg",
      "/openapi.json",
    ]) {
      await assertAnswerMatches(device, url, 200);
    }
    for (const url of [
      "/v1/events?limit=0",
      "/v1/logs?limit=0",
      "/v1/live/frame.jpg?seq=x",
      "/v1/events/stream?after=x",
      "/v1/logs/stream?level=loud",
    ]) {
      await assertAnswerMatches(device, url, 400);
    }
    device.status = () => statusReport({ state: "starting", bundle: null, decision: null, ownerLabel: null });
    await assertAnswerMatches(device, "/v1/status", 200);
    await assertAnswerMatches(device, "/readyz", 503);
    device.status = () => {
      throw new Error("broken");
    };
    await assertAnswerMatches(device, "/v1/status", 500);
  });

  it("is true of every answer to a PIN", async (t) => {
    const answers: PinAnswer[] = [
      { kind: "confirmed" },
      { kind: "nobody_in_view" },
      { kind: "busy" },
      { kind: "wrong", waitMs: 0 },
      { kind: "wait", waitMs: 1_500 },
    ];
    const given = answers[Symbol.iterator]();
    const device = fakeDevice(t, { enterPin: async () => given.next().value! });
    for (const status of [200, 409, 429, 403, 429]) {
      await assertAnswerMatches(device, pinPath, status, { pin: "1234" });
    }
    await assertAnswerMatches(device, pinPath, 400, { pin: "12" });
    await assertAnswerMatches(fakeDevice(t), pinPath, 404, { pin: "1234" });
  });

  it("is true of what a browser is told that asks for the button", async (t) => {
    const played = await new PlayedButton(t).rested();
    const device = fakeDevice(t, { buttonPairing: played.button, access: new TokenFolder(stateFolder(t)) });
    const { paths } = await descriptionOf(device);
    const ask = async (url: string, payload: object, status: number): Promise<Record<string, string>> => {
      const answer = await device.api.inject({ method: "POST", url, payload });
      assert.equal(answer.statusCode, status, answer.body);
      const { requestBody, responses } = paths[url]!["post"]!;
      assert.deepEqual(Errors(requestBody!.content["application/json"]!.schema, payload), []);
      const { content } = (responses[status] ?? responses["4XX"])!;
      const schema = (content["application/json"] ?? content["application/problem+json"])!.schema;
      assert.deepEqual(Errors(schema, answer.json()), []);
      return answer.json();
    };
    const knock = { button: (await ask("/v1/session/button", {}, 201))["button"]! };
    await played.clock.advance(1);
    assert.equal((await ask("/v1/session", knock, 202))["kind"], "waiting");
    await played.hold();
    assert.equal((await ask("/v1/session", knock, 201))["kind"], "session");
    assert.equal((await ask("/v1/session", knock, 409))["code"], "PAIRING_CLOSED");
    played.button.refuseKnock();
    assert.equal((await ask("/v1/session/button", {}, 409))["code"], "PAIRING_CONTESTED");
    device.status = () => statusReport({ pairingButton: played.button.status() });
    await assertAnswerMatches(device, "/v1/status", 200);
  });

  it("is true of what feedback is answered with", async (t) => {
    const device = fakeDevice(t);
    device.feedback.noteFrame(subjectFrame(1));
    const { paths } = await descriptionOf(device);
    const { requestBody, responses } = paths["/v1/feedback"]!["post"]!;
    const payload = { bootId: "boot-1", presenceId: 1, verdict: "not_me", name: "Anna" };
    assert.deepEqual(Errors(requestBody!.content["application/json"]!.schema, payload), []);
    const answerTo = (sent: object) => device.api.inject({ method: "POST", url: "/v1/feedback", payload: sent });
    for (const status of [201, 200]) {
      const answer = await answerTo(payload);
      assert.equal(answer.statusCode, status);
      assert.deepEqual(Errors(responses[status]!.content["application/json"]!.schema, answer.json()), []);
    }
    const refused = await answerTo({ ...payload, presenceId: 2 });
    assert.equal(refused.statusCode, 404);
    assert.deepEqual(Errors(responses["4XX"]!.content["application/problem+json"]!.schema, refused.json()), []);
  });

  it("is true of what the streams send", { timeout: 20_000 }, async (t) => {
    const device = fakeDevice(t);
    device.live = liveView(3);
    const origin = await device.api.listen({ host: "127.0.0.1", port: 0 });
    const description = await descriptionOf(device);
    const live = await openStream(t, `${origin}/v1/live/stream`);
    const liveSchema = documentedSchema(description, "/v1/live", 200, "application/json");
    assert.ok(Check(liveSchema, JSON.parse((await live.next())!.data!)));
    const events = await openStream(t, `${origin}/v1/events/stream`);
    device.store.append(newEvent());
    const listSchema = documentedSchema(description, "/v1/events", 200, "application/json");
    const event: unknown = JSON.parse((await events.next())!.data!);
    assert.ok(Check(listSchema, { events: [event], next: null }));
    const logs = await openStream(t, `${origin}/v1/logs/stream`);
    device.store.log({ level: "info", source: "test", text: "a line" });
    const logsSchema = documentedSchema(description, "/v1/logs", 200, "application/json");
    const line: unknown = JSON.parse((await logs.next())!.data!);
    assert.ok(Check(logsSchema, { lines: [line], next: null }));
  });
});

/** How many routes of a method Fastify's own tree of routes has. */
function leafCount(tree: string, method: string): number {
  return tree.split("\n").filter((line) => new RegExp(`\\([^)]*${method}[^)]*\\)`).test(line)).length;
}
