// Lists of events and log lines: cursors, filters, and requests that are refused.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Scope } from "../../../device/access/access.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import type { EventType } from "../../../device/events/events.ts";
import { stateFolder } from "../delivery/small-delivery.ts";
import { PlayedEnrolment } from "../enrolment/played-enrolment.ts";
import { fakeDevice, newEvent } from "./fake-device.ts";

interface EventPage {
  readonly events: { readonly seq: number; readonly type: string }[];
  readonly next: number | null;
}

interface LogPage {
  readonly lines: { readonly seq: number; readonly text: string }[];
  readonly next: number | null;
}

function seqsOf(rows: readonly { readonly seq: number }[]): number[] {
  return rows.map((row) => row.seq);
}

describe("/v1/events", () => {
  it("gives events as they were stored", async (t) => {
    const { api, store } = fakeDevice(t);
    const stored = store.append(
      newEvent({ data: { ownerScore: 0.5, label: "\u00e4", live: true, none: null }, reason: null }),
    );
    const answer = await api.inject("/v1/events");
    assert.deepEqual(answer.json(), { events: [{ ...stored, hasSnapshot: false }], next: null });
    assert.equal(answer.headers["cache-control"], "no-store");
  });

  it("is read on by its cursor in both directions, each event once", async (t) => {
    const { api, store } = fakeDevice(t);
    for (let i = 0; i < 10; i++) store.append(newEvent());
    for (const [name, first, expected] of [
      ["before", "", [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]],
      ["after", "&after=0", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ] as const) {
      const seen: number[] = [];
      let cursor: string | null = first;
      while (cursor !== null) {
        const page: EventPage = (await api.inject(`/v1/events?limit=5${cursor}`)).json();
        assert.ok(page.events.length <= 5);
        seen.push(...seqsOf(page.events));
        cursor = page.next === null ? null : `&${name}=${page.next}`;
      }
      assert.deepEqual(seen, expected);
    }
  });

  it("gives 50 unless told otherwise, and at most 200", async (t) => {
    const { api, store } = fakeDevice(t);
    for (let i = 0; i < 60; i++) store.append(newEvent());
    const page: EventPage = (await api.inject("/v1/events")).json();
    assert.equal(page.events.length, 50);
    assert.equal(page.next, 11);
    assert.equal((await api.inject("/v1/events?limit=200")).statusCode, 200);
    assert.equal((await api.inject("/v1/events?limit=201")).statusCode, 400);
  });

  it("filters by one type, several types and time", async (t) => {
    const { api, store } = fakeDevice(t);
    const types: EventType[] = ["presence.started", "unlock.granted", "presence.ended"];
    const stored = types.map((type) => store.append(newEvent({ type })));
    const seqs = async (query: string): Promise<number[]> => {
      const page: EventPage = (await api.inject(`/v1/events?${query}`)).json();
      return seqsOf(page.events);
    };
    assert.deepEqual(await seqs("type=unlock.granted"), [2]);
    assert.deepEqual(await seqs("type=unlock.granted&type=presence.ended"), [3, 2]);
    assert.deepEqual(await seqs(`since=${stored[0]!.at}`), [3, 2, 1]);
    assert.deepEqual(await seqs("since=2099-01-01T00:00:00Z"), []);
    assert.deepEqual(await seqs("until=2020-01-01T00:00:00%2B02:00"), []);
  });

  it("filters by person: an id, a name as in the list of people, or the owner's label with the openings by face", async (t) => {
    const { deps, people, events } = new PlayedEnrolment(t);
    const tokens = new TokenFolder(stateFolder(t));
    const { api, store } = fakeDevice(t, { people: deps, access: tokens, openOnLoopback: false });
    const owner = people.add({ role: "owner", name: "Markus" }, "the test");
    const erik = people.add({ role: "household", name: "Erik" }, "the test");
    people.exported(erik.id, "the test");
    for (const event of events) store.append(event);
    store.append(newEvent({ type: "unlock.granted", reason: null, data: { presenceId: 1 } }));
    store.append(newEvent({ type: "unlock.granted", reason: null, data: { way: "api", by: "Erik (token 1)" } }));
    const tokenFor = async (...scopes: Scope[]) => (await tokens.make({ name: "x", scopes, expiresAt: null })).text;
    const [reader, keeper] = [await tokenFor("read", "admin"), await tokenFor("read", "people")];
    const ask = async (person: string, token: string, more = "") => {
      const url = `/v1/events?person=${encodeURIComponent(person)}${more}`;
      const answer = await api.inject({ url, headers: { authorization: `Bearer ${token}` } });
      if (answer.statusCode !== 200) return answer.json<{ code: string }>().code;
      return seqsOf(answer.json<EventPage>().events);
    };
    for (const token of [reader, keeper]) {
      assert.deepEqual(await ask(erik.id, token), [3, 2]);
      assert.deepEqual(await ask(owner.id, token), [4, 1]);
      assert.deepEqual(await ask("Markus", token), [4, 1]);
      assert.deepEqual(await ask("0".repeat(12), token), []);
    }
    assert.deepEqual(await ask("Erik", keeper, "&type=people.exported"), [3]);
    assert.deepEqual(await ask("Erik", keeper, "&limit=1"), [3]);
    assert.equal(await ask("Anna", keeper), "PERSON_UNKNOWN");
    // Nobody learns by asking who lives here.
    for (const name of ["Erik", "Anna"]) assert.equal(await ask(name, reader), "SCOPE_MISSING");
    people.erase(erik.id, "the test");
    store.append(events.at(-1)!);
    assert.equal(await ask("Erik", keeper), "PERSON_UNKNOWN");
    assert.deepEqual(await ask(erik.id, keeper), [6, 3, 2]);
    assert.ok(!JSON.stringify(store.events({ limit: 9 })).includes('"Erik"'), "an event holds the name");
  });

  it("refuses queries that make no sense, and says why", async (t) => {
    const { api } = fakeDevice(t);
    const queries = [
      "limit=0",
      "limit=x",
      "limit=1.5",
      "limit=1&limit=2",
      "after=-1",
      "before=1e99",
      "type=door.exploded",
      "since=yesterday",
      "since=2026-01-01",
      "since=2026-12-31T23:59:60Z",
      "until=",
      "unknown=1",
      "person=",
      `person=${"x".repeat(129)}`,
      "person=Anna&person=Bert",
      "after[]=1",
    ];
    for (const query of queries) {
      const answer = await api.inject(`/v1/events?${query}`);
      assert.equal(answer.statusCode, 400, query);
      assert.equal(answer.json<{ code: string }>().code, "REQUEST_INVALID");
    }
    assert.match((await api.inject("/v1/events?limit=0")).body, /querystring\/limit must be >= 1/);
    const loud = await api.inject("/v1/logs?level=loud");
    assert.match(loud.body, /querystring\/level must be one of trace, debug, info, warn, error, fatal\./);
    const exploded = await api.inject("/v1/events?type=door.exploded");
    assert.match(exploded.body, /querystring\/type\/0 must be one of the values that \/openapi\.json lists\./);
  });

  it("answers 503 when the store cannot be read", async (t) => {
    const { api, store } = fakeDevice(t);
    store.close();
    const answer = await api.inject("/v1/events");
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.json<{ code: string }>().code, "STORE_UNAVAILABLE");
  });
});

describe("/v1/logs", () => {
  it("gives lines with cursor, gravity and text", async (t) => {
    const { api, store } = fakeDevice(t);
    store.log({ level: "debug", source: "camera", text: "Frame 1" });
    store.log({ level: "warn", source: "camera", text: "Frame 2 is late" });
    store.log({ level: "error", source: "relay", text: "No line" });
    const page = async (query: string): Promise<LogPage> => (await api.inject(`/v1/logs?${query}`)).json();
    assert.deepEqual(
      (await page("")).lines.map((line) => line.text),
      ["No line", "Frame 2 is late", "Frame 1"],
    );
    assert.deepEqual(seqsOf((await page("level=warn")).lines), [3, 2]);
    assert.deepEqual(seqsOf((await page("text=FRAME")).lines), [2, 1]);
    assert.deepEqual(seqsOf((await page("text=frame&level=warn")).lines), [2]);
    assert.deepEqual(seqsOf((await page("since=2099-01-01T00:00:00Z")).lines), []);
    assert.deepEqual(seqsOf((await page("until=2020-01-01T00:00:00Z")).lines), []);
    assert.deepEqual(seqsOf((await page("until=2099-01-01T00:00:00Z")).lines), [3, 2, 1]);
    const first = await page("limit=2");
    assert.deepEqual([seqsOf(first.lines), first.next], [[3, 2], 2]);
    const second = await page("limit=2&before=2");
    assert.deepEqual([seqsOf(second.lines), second.next], [[1], null]);
  });

  it("refuses queries that make no sense", async (t) => {
    const { api } = fakeDevice(t);
    for (const query of ["level=loud", "text=", `text=${"x".repeat(201)}`, "limit=500", "type=unlock.granted"]) {
      assert.equal((await api.inject(`/v1/logs?${query}`)).statusCode, 400, query);
    }
  });
});
