// Feedback over HTTP: what is taken, what is refused and how, and that no picture or embedding ever leaves.
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import { problemSchema } from "../../../device/api/problem.ts";
import { type ErrorCode, errorCodes } from "../../../device/errors/errors.ts";
import { type FeedbackItem, feedbackItemSchema, newFeedbackSchema } from "../../../device/feedback/feedback.ts";
import { openFeedback, space, subjectFrame } from "../feedback/open-feedback.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice, openStore } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;
type Headers = Readonly<Record<string, string>>;

const json = { "content-type": "application/json" };
const body = { bootId: "boot-1", presenceId: 1, verdict: "not_me" } as const;

function post(device: FakeDevice, payload: unknown, headers: Headers = json): Promise<Answer> {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  return device.api.inject({ method: "POST", url: "/v1/feedback", headers, payload: text });
}

function assertProblem(answer: Answer, code: ErrorCode): void {
  assert.equal(answer.statusCode, errorCodes[code].status, answer.body);
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem), answer.body);
  assert.equal(problem.code, code);
}

/** A device before which presences 1 to 3 were. */
function makeDevice(t: Ending, conditions: FakeConditions & { readonly negativesMax?: number } = {}) {
  const store = openStore(t);
  const { negativesMax = 10 } = conditions;
  const { feedback, stateDir } = openFeedback(t, { negativesMax, onEvent: (event) => store.append(event) });
  for (const presenceId of [1, 2, 3]) feedback.noteFrame(subjectFrame(presenceId));
  return { ...fakeDevice(t, { limits: { feedbackPerMinuteMax: 1_000 }, ...conditions, store, feedback }), stateDir };
}

describe("POST /v1/feedback", () => {
  it("answers 201 with the item, and the negative counts from then on", async (t) => {
    const device = makeDevice(t);
    const answer = await post(device, { ...body, name: "Anna" });
    assert.equal(answer.statusCode, 201);
    const item: unknown = answer.json();
    assert.ok(Check(feedbackItemSchema, item));
    assert.deepEqual([item.verdict, item.name, item.isNegative, item.frames], ["not_me", "Anna", true, 1]);
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.equal(device.feedback.negatives(space).length, 1);
  });

  it("answers 200 with the same item when it is said again", async (t) => {
    const device = makeDevice(t);
    const first = await post(device, body);
    const second = await post(device, body);
    assert.deepEqual([second.statusCode, second.json()], [200, first.json()]);
    assert.equal(device.store.events({ types: ["feedback.recorded"], limit: 9 }).length, 1);
  });

  it("answers by its stable code what cannot be taken, and says the next step", async (t) => {
    const device = makeDevice(t, { negativesMax: 1 });
    assertProblem(await post(device, { ...body, presenceId: 99 }), "FEEDBACK_PRESENCE_UNKNOWN");
    assertProblem(await post(device, { ...body, bootId: "boot-0" }), "FEEDBACK_PRESENCE_UNKNOWN");
    const { id } = (await post(device, body)).json() as FeedbackItem;
    const conflict = await post(device, { ...body, verdict: "was_me" });
    assertProblem(conflict, "FEEDBACK_CONFLICT");
    assert.ok(conflict.body.includes(`facelatch feedback forget ${id}`));
    assertProblem(await post(device, { ...body, presenceId: 2 }), "FEEDBACK_LIMIT");
    assertProblem(await post(device, { ...body, presenceId: 2, verdict: "was_me", name: "Anna" }), "REQUEST_INVALID");
    assert.equal(device.feedback.items({ limit: 9 }).length, 1);
  });

  it("records an event with the verdict, by which people can follow it", async (t) => {
    const device = makeDevice(t);
    await post(device, body);
    await post(device, { ...body, presenceId: 2, verdict: "was_me" });
    assert.deepEqual(
      device.store
        .events({ types: ["feedback.recorded"], limit: 9 })
        .map(({ reason, data }) => [reason, data["presenceId"], data["frames"]]),
      [
        ["was_me", 2, 1],
        ["not_me", 1, 1],
      ],
    );
  });

  it("takes bodies of its schema alone, exactly as they are", async (t) => {
    const device = makeDevice(t);
    const broken: unknown[] = [
      {},
      [],
      null,
      1,
      '"text"',
      { ...body, presenceId: "1" },
      { ...body, presenceId: [1] },
      { ...body, presenceId: 1.5 },
      { ...body, presenceId: 0 },
      { ...body, presenceId: 2 ** 53 },
      { ...body, verdict: "maybe" },
      { ...body, verdict: null },
      { ...body, bootId: "" },
      { ...body, bootId: "b".repeat(65) },
      { ...body, extra: 1 },
      { ...body, name: null },
      ...["", " ", "..", ".hidden", "a/b", "a\\b", "a\nb", "a\0b", "a ", "x".repeat(41), "\u202eabc", "a:b"].map(
        (name) => ({ ...body, name }),
      ),
      // Another form of the same letters, in which it would be too long.
      { ...body, name: "\u0958".repeat(40) },
      { bootId: "boot-1", presenceId: 1 },
      "{",
      "",
      `{"bootId":"boot-1","presenceId":1,"verdict":"not_me","__proto__":{"name":"x"}}`,
      { ...body, name: "x".repeat(9_999) },
    ];
    for (const payload of broken) assertProblem(await post(device, payload), "REQUEST_INVALID");
    assert.deepEqual(device.feedback.items({ limit: 9 }), []);
    assert.deepEqual(
      device.logged.filter((line) => Number(line["level"]) >= 50),
      [],
    );
  });

  it("answers any body with 201 where it fits the schema and a presence, and with a problem otherwise", async (t) => {
    const device = makeDevice(t);
    const nearly = fc.record(
      {
        bootId: fc.oneof(fc.constant("boot-1"), fc.string()),
        presenceId: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.double(), fc.string()),
        verdict: fc.constantFrom("not_me", "was_me", "", null),
        name: fc.oneof(fc.string({ unit: "grapheme" }), fc.constant("Anna")),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(nearly, fc.jsonValue()), async (payload) => {
        const sent = JSON.stringify(payload);
        const answer = await post(device, sent);
        assert.ok(answer.statusCode < 500, `${answer.statusCode} for ${sent}`);
        if (answer.statusCode >= 300) assert.ok(Check(problemSchema, answer.json()));
        else assert.ok(Check(newFeedbackSchema, JSON.parse(sent)), sent);
      }),
      { numRuns: 300 },
    );
  });
});

describe("what another site's page can send", () => {
  it("is refused by its origin, whatever else it says", async (t) => {
    const device = makeDevice(t);
    const own = { ...json, host: "localhost:8780" };
    for (const origin of [
      "https://evil.example",
      "http://localhost.evil.example:8780",
      "http://localhost",
      "http://localhost:8781",
      "http://127.0.0.1:8780",
      "ftp://localhost:8780",
      "https://localhost:8780",
      "null",
      "",
    ]) {
      assertProblem(await post(device, body, { ...own, origin }), "ORIGIN_REFUSED");
    }
    for (const site of ["cross-site", "same-site", "none"]) {
      assertProblem(await post(device, body, { ...own, "sec-fetch-site": site }), "ORIGIN_REFUSED");
    }
    assert.deepEqual(device.feedback.items({ limit: 9 }), []);
    for (const headers of [
      { ...own, origin: "http://localhost:8780", "sec-fetch-site": "same-origin" },
      { ...own, origin: "HTTP://Localhost:8780" },
      own,
    ]) {
      assert.ok((await post(device, body, headers)).statusCode < 300);
    }
  });

  it("is refused by its type: forms and text are no JSON", async (t) => {
    const device = makeDevice(t);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonx",
      "text/plain; application/json",
    ]) {
      assertProblem(await post(device, body, { "content-type": type }), "REQUEST_INVALID");
    }
    assertProblem(await device.api.inject({ method: "POST", url: "/v1/feedback" }), "REQUEST_INVALID");
    assert.deepEqual(device.feedback.items({ limit: 9 }), []);
    const withCharset = { "content-type": "application/json; charset=utf-8" };
    assert.equal((await post(device, body, withCharset)).statusCode, 201);
  });

  it("does not use up what the device's own page may say", async (t) => {
    const device = makeDevice(t, { limits: { feedbackPerMinuteMax: 2 } });
    for (let i = 0; i < 5; i++) {
      assertProblem(await post(device, body, { ...json, origin: "https://evil.example" }), "ORIGIN_REFUSED");
    }
    assert.equal((await post(device, body)).statusCode, 201);
    assert.equal((await post(device, body)).statusCode, 200);
    const answer = await post(device, body);
    assertProblem(answer, "TOO_MANY_REQUESTS");
    const retryAfterS = Number(answer.headers["retry-after"]);
    assert.ok(retryAfterS >= 1 && retryAfterS <= 60);
    assert.equal((await device.api.inject("/v1/feedback")).statusCode, 200);
  });
});

describe("GET /v1/feedback", () => {
  it("lists items by cursor, the newest first", async (t) => {
    const device = makeDevice(t);
    for (const presenceId of [1, 2, 3]) await post(device, { ...body, presenceId });
    const page = async (query: string) => {
      const answer = await device.api.inject(`/v1/feedback${query}`);
      assert.equal(answer.statusCode, 200, answer.body);
      const { items, next } = answer.json() as { items: FeedbackItem[]; next: number | null };
      return [items.map(({ presenceId }) => presenceId), next];
    };
    assert.deepEqual(await page(""), [[3, 2, 1], null]);
    assert.deepEqual(await page("?limit=2"), [[3, 2], 2]);
    assert.deepEqual(await page("?limit=2&before=2"), [[1], null]);
    assert.deepEqual(await page("?limit=2&after=0"), [[1, 2], 2]);
    for (const query of ["?limit=0", "?limit=201", "?after=-1", "?verdict=not_me"])
      assertProblem(await device.api.inject(`/v1/feedback${query}`), "REQUEST_INVALID");
  });

  it("tells who can still be spoken of, and what was said", async (t) => {
    const device = makeDevice(t);
    const item = (await post(device, { ...body, presenceId: 2 })).json() as FeedbackItem;
    const { bootId, candidates } = (await device.api.inject("/v1/feedback/candidates")).json() as {
      bootId: string;
      candidates: { presenceId: number; item: FeedbackItem | null }[];
    };
    assert.equal(bootId, "boot-1");
    assert.deepEqual(
      candidates.map((candidate) => [candidate.presenceId, candidate.item]),
      [
        [3, null],
        [2, item],
        [1, null],
      ],
    );
  });

  it("has no way to forget anything: that would loosen the lock", async (t) => {
    const device = makeDevice(t);
    const { id, seq } = (await post(device, body)).json() as FeedbackItem;
    for (const url of ["/v1/feedback", `/v1/feedback/${id}`, `/v1/feedback/${seq}`])
      for (const method of ["DELETE", "PUT", "PATCH"] as const)
        assertProblem(await device.api.inject({ method, url }), "NOT_FOUND");
    assert.equal(device.feedback.negatives(space).length, 1);
  });
});

describe("pictures and embeddings", () => {
  it("are in no answer, no event and no log line, also when something fails", async (t) => {
    const device = makeDevice(t);
    const { jpeg, embedding } = subjectFrame(1);
    const values = Buffer.from(embedding.buffer);
    const secrets = [
      ...[Buffer.from(jpeg), values].flatMap((bytes) => [
        bytes.subarray(48, 72).toString("base64"),
        bytes.subarray(48, 72).toString("hex"),
        bytes.subarray(48, 72).toString("latin1"),
      ]),
      String(embedding[20]),
      embedding[20]!.toFixed(6),
    ];
    const answers = [await post(device, { ...body, name: "Anna" }), await post(device, { ...body, verdict: "was_me" })];
    for (const url of ["/v1/feedback", "/v1/feedback/candidates", "/v1/events", "/v1/logs", "/v1/status"])
      answers.push(await device.api.inject(url));
    // Then a failure whose error passes by everything that was read: the register goes away.
    const { stateDir } = device;
    const register = readdirSync(join(stateDir, "feedback")).find((name) => name.startsWith("register-"))!;
    rmSync(join(stateDir, "feedback", register));
    const failed = await post(device, { ...body, presenceId: 3 });
    assertProblem(failed, "FEEDBACK_UNAVAILABLE");
    assert.ok(!failed.body.includes(stateDir), "the answer names no path");
    answers.push(failed, await device.api.inject("/v1/events"));
    const texts = [...answers.map((answer) => answer.body), JSON.stringify(device.logged)];
    for (const text of texts) for (const secret of secrets) assert.ok(!text.includes(secret), text.slice(0, 200));
    assert.ok(!texts.at(-1)!.includes("Anna") && !texts.at(-2)!.includes("Anna"), "nor a name in logs and events");
  });
});
