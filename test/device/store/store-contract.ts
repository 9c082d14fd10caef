// What every store keeps, whatever it is made of.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import type { EventType, LogLevel, LogLine, NewEvent, StoredEvent } from "../../../device/events/events.ts";
import { eventTypes, logLevels, logLineSchema, storedEventSchema } from "../../../device/events/events.ts";
import { ownerByFace, type Retention, type Store } from "../../../device/store/store.ts";

export interface StoreUnderTest {
  readonly store: Store;
  /** Ends the store and opens what it left, as a restart would. */
  readonly reopen: () => Store;
}

export interface StoreConditions {
  readonly wallClock?: () => Date;
  readonly retention?: Retention;
}

export type MakeStore = (t: { after: (end: () => void) => void }, conditions?: StoreConditions) => StoreUnderTest;

export const generous: Retention = { ageMaxDays: 365, eventsMax: 100_000, logLinesMax: 100_000 };

export function newEvent(fields: Partial<NewEvent> = {}): NewEvent {
  return {
    type: "unlock.refused",
    monotonicMs: 1,
    reason: "not_owner",
    message: "Somebody else.",
    data: {},
    ...fields,
  };
}

function seqsOf(rows: readonly { readonly seq: number }[]): number[] {
  return rows.map((row) => row.seq);
}

/** A clock that starts at a time and moves on by a minute with each look. */
function minuteClock(start: string): () => Date {
  let timeMs = Date.parse(start);
  return () => {
    const now = new Date(timeMs);
    timeMs += 60_000;
    return now;
  };
}

export function describeStoreContract(name: string, make: MakeStore): void {
  describe(`${name} keeps the store's contract`, () => {
    describeEvents(make);
    describeQueries(make);
    describeLogs(make);
    describeLogListeners(make);
    describeRetention(make);
  });
}

function describeEvents(make: MakeStore): void {
  it("gives an event back as it was appended, with a seq, the boot and the time", (t) => {
    const { store } = make(t, { wallClock: () => new Date("2026-11-23T10:00:00.000Z") });
    const event = newEvent({
      data: { ownerScore: 0.75, frameSeq: 12, live: true, label: "Bär \u{1f9d4}", none: null },
      reason: null,
      message: "Jemand kam; 'quotes' \"and\" % _ are kept.",
      monotonicMs: 1234.5,
    });
    const stored = store.append(event);
    assert.deepEqual({ ...stored, bootId: "" }, { seq: 1, bootId: "", at: "2026-11-23T10:00:00.000Z", ...event });
    assert.ok(Check(storedEventSchema, stored));
    assert.deepEqual(store.events({ limit: 10 }), [stored]);
  });

  it("gives back any event that its schema allows", (t) => {
    const { store } = make(t);
    const value = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    );
    const event = fc.record({
      type: fc.constantFrom(...(Object.keys(eventTypes) as EventType[])),
      monotonicMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
      reason: fc.option(fc.string({ maxLength: 64 })),
      message: fc.string({ maxLength: 500 }),
      data: fc.dictionary(fc.string({ maxLength: 40 }), value, { maxKeys: 8, noNullPrototype: true }),
    });
    fc.assert(
      fc.property(event, (generated) => {
        // JSON, in which events travel, has one zero.
        const expected = JSON.parse(JSON.stringify(generated)) as NewEvent;
        const { seq, bootId, at, ...fields } = store.append(generated);
        const [read] = store.events({ limit: 1 });
        assert.deepEqual(read, { seq, bootId, at, ...expected });
        assert.equal(JSON.stringify(fields), JSON.stringify(generated));
      }),
      { numRuns: 50 },
    );
  });

  it("takes an event that breaks its schema for a bug, and stores nothing", (t) => {
    const { store } = make(t);
    const broken: unknown[] = [
      { ...newEvent(), type: "door.exploded" },
      { ...newEvent(), monotonicMs: -1 },
      { ...newEvent(), monotonicMs: Number.NaN },
      { ...newEvent(), message: "m".repeat(501) },
      { ...newEvent(), data: { picture: new Uint8Array(4) } },
      { ...newEvent(), embedding: [1, 2] },
    ];
    for (const event of broken) assert.throws(() => store.append(event as NewEvent), { name: "AssertionError" });
    assert.equal(store.status().events, 0);
    assert.equal(store.status().fault, null);
  });

  it("tells each listener of each event after it was stored, until the listener ends", (t) => {
    const { store } = make(t);
    const heard: [string, number, number][] = [];
    const endA = store.onEvent((event) => heard.push(["a", event.seq, store.events({ limit: 1 })[0]!.seq]));
    const endB = store.onEvent((event) => heard.push(["b", event.seq, store.events({ limit: 1 })[0]!.seq]));
    store.append(newEvent());
    endA();
    endA();
    store.append(newEvent());
    endB();
    store.append(newEvent());
    assert.deepEqual(heard, [
      ["a", 1, 1],
      ["b", 1, 1],
      ["b", 2, 2],
    ]);
  });

  it("keeps an event whose listener throws, tells the others, and logs the fault", (t) => {
    const { store } = make(t);
    const heard: number[] = [];
    store.onEvent(() => {
      throw new Error("the listener is broken");
    });
    store.onEvent((event) => heard.push(event.seq));
    assert.equal(store.append(newEvent()).seq, 1);
    assert.deepEqual(heard, [1]);
    assert.match(store.logs({ limit: 1 })[0]!.text, /the listener is broken/);
  });

  it("keeps events, log lines and the count of seq over a restart", (t) => {
    const { store, reopen } = make(t);
    const first = store.append(newEvent({ message: "before" }));
    store.log({ level: "info", source: "test", text: "before" });
    const again = reopen();
    assert.deepEqual(again.events({ limit: 10 }), [first]);
    assert.deepEqual(
      again.logs({ limit: 10 }).map((line) => line.text),
      ["before"],
    );
    assert.equal(again.append(newEvent()).seq, 2);
    const { events, logLines, lastSeq, state, fault, bytes } = again.status();
    assert.deepEqual(
      { events, logLines, lastSeq, state, fault },
      { events: 2, logLines: 1, lastSeq: 2, state: "open", fault: null },
    );
    assert.ok(bytes > 0);
  });

  it("refuses to append after it was closed, forgets log lines, and closes twice", (t) => {
    const { store } = make(t);
    store.close();
    store.close();
    assert.throws(() => store.append(newEvent()), { code: "STORE_UNAVAILABLE" });
    assert.throws(() => store.events({ limit: 1 }), { code: "STORE_UNAVAILABLE" });
    assert.throws(() => store.logs({ limit: 1 }), { code: "STORE_UNAVAILABLE" });
    store.log({ level: "info", source: "test", text: "too late" });
    assert.equal(store.status().state, "failed");
  });
}

function describeQueries(make: MakeStore): void {
  it("lists the newest events first, and those after a seq oldest first", (t) => {
    const { store } = make(t);
    for (let i = 0; i < 7; i++) store.append(newEvent());
    assert.deepEqual(seqsOf(store.events({ limit: 3 })), [7, 6, 5]);
    assert.deepEqual(seqsOf(store.events({ beforeSeq: 5, limit: 3 })), [4, 3, 2]);
    assert.deepEqual(seqsOf(store.events({ beforeSeq: 2, limit: 3 })), [1]);
    assert.deepEqual(seqsOf(store.events({ afterSeq: 0, limit: 3 })), [1, 2, 3]);
    assert.deepEqual(seqsOf(store.events({ afterSeq: 5, limit: 3 })), [6, 7]);
    assert.deepEqual(seqsOf(store.events({ afterSeq: 2, beforeSeq: 6, limit: 9 })), [3, 4, 5]);
    assert.deepEqual(store.events({ afterSeq: 7, limit: 3 }), []);
  });

  it("gives every event once when it is read page by page, in both directions", (t) => {
    const { store } = make(t);
    for (let i = 0; i < 23; i++) store.append(newEvent());
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.boolean(), (limit, forward) => {
        const seen: number[] = [];
        let page: StoredEvent[] = store.events(forward ? { afterSeq: 0, limit } : { limit });
        while (page.length > 0) {
          seen.push(...seqsOf(page));
          const cursor = page.at(-1)!.seq;
          page = store.events(forward ? { afterSeq: cursor, limit } : { beforeSeq: cursor, limit });
        }
        const ascending = Array.from({ length: 23 }, (_, i) => i + 1);
        assert.deepEqual(seen, forward ? ascending : ascending.reverse());
      }),
      { numRuns: 30 },
    );
  });

  it("filters by types and by inclusive times of any ISO 8601 form, together", (t) => {
    const { store } = make(t, { wallClock: minuteClock("2026-11-23T10:00:00Z") });
    const types: EventType[] = ["presence.started", "unlock.granted", "presence.ended", "unlock.granted"];
    for (const type of types) store.append(newEvent({ type }));
    assert.deepEqual(seqsOf(store.events({ types: ["unlock.granted"], limit: 9 })), [4, 2]);
    assert.deepEqual(seqsOf(store.events({ types: ["unlock.granted", "presence.ended"], limit: 9 })), [4, 3, 2]);
    assert.deepEqual(store.events({ types: ["relay.fault"], limit: 9 }), []);
    assert.deepEqual(seqsOf(store.events({ since: "2026-11-23T10:01:00Z", limit: 9 })), [4, 3, 2]);
    assert.deepEqual(
      seqsOf(store.events({ since: "2026-11-23T12:01:00+02:00", until: "2026-11-23T10:02:00.000Z", limit: 9 })),
      [3, 2],
    );
    assert.deepEqual(seqsOf(store.events({ types: ["unlock.granted"], until: "2026-11-23T10:01:30Z", limit: 9 })), [2]);
  });

  it("filters by people: by the ids in events, and the owner by openings without a hand", (t) => {
    const { store } = make(t, { wallClock: minuteClock("2026-11-23T10:00:00Z") });
    const [anna, bert] = ["a".repeat(12), "b".repeat(12)];
    const events: Partial<NewEvent>[] = [
      { type: "people.consent", data: { personId: anna, by: "x" } },
      { type: "unlock.granted", reason: null, data: { ownerScore: 0.9, presenceId: 1 } },
      { type: "unlock.granted", reason: null, data: { way: "api", by: "Anna (token 0123456789ab)" } },
      { type: "people.enrolled", data: { personId: bert, by: anna } },
      { type: "unlock.refused", data: { presenceId: 2 } },
      { type: "enrolment.ended", reason: "finished", data: { personId: anna } },
      { type: "people.erased", data: { personId: 5 } },
    ];
    for (const event of events) store.append(newEvent(event));
    const seqs = (people: string[], more: object = {}) => seqsOf(store.events({ people, limit: 9, ...more }));
    assert.deepEqual(seqs([anna]), [6, 1]);
    assert.deepEqual(seqs([bert]), [4]);
    assert.deepEqual(seqs([ownerByFace]), [2]);
    assert.deepEqual(seqs([anna, ownerByFace]), [6, 2, 1]);
    assert.deepEqual(seqs([anna, ownerByFace], { afterSeq: 0 }), [1, 2, 6]);
    assert.deepEqual(seqs([anna, ownerByFace], { limit: 2 }), [6, 2]);
    assert.deepEqual(seqs([anna, ownerByFace], { afterSeq: 1, limit: 1 }), [2]);
    assert.deepEqual(seqs([anna, ownerByFace], { beforeSeq: 6, types: ["people.consent"] }), [1]);
    assert.deepEqual(seqs([anna], { since: "2026-11-23T10:05:00Z" }), [6]);
    for (const nobody of ["c".repeat(12), "", "5", "x"]) assert.deepEqual(seqs([nobody]), [], nobody);
    assert.deepEqual(seqs([]), []);
  });

  it("takes a limit outside 1 to 500 for a bug", (t) => {
    const { store } = make(t);
    for (const limit of [0, -1, 1.5, 501]) {
      assert.throws(() => store.events({ limit }), { name: "AssertionError" });
      assert.throws(() => store.logs({ limit }), { name: "AssertionError" });
    }
  });
}

function describeLogs(make: MakeStore): void {
  it("gives log lines back in their order, with the time they were logged", (t) => {
    const { store } = make(t, { wallClock: minuteClock("2026-11-23T10:00:00Z") });
    store.log({ level: "info", source: "camera", text: "one" });
    store.log({ level: "warn", source: "vision", text: "two" });
    assert.deepEqual(store.logs({ limit: 9 }), [
      { seq: 2, at: "2026-11-23T10:01:00.000Z", level: "warn", source: "vision", text: "two" },
      { seq: 1, at: "2026-11-23T10:00:00.000Z", level: "info", source: "camera", text: "one" },
    ]);
    assert.equal(store.status().logLines, 2);
  });

  it("filters lines by gravity, time, text in any letter case, and cursor", (t) => {
    const { store } = make(t, { wallClock: minuteClock("2026-11-23T10:00:00Z") });
    for (const level of logLevels) store.log({ level, source: "test", text: `The DOOR, ${level}: öffnen 100%_` });
    const seqs = (filter: object): number[] => seqsOf(store.logs({ limit: 9, ...filter }));
    const atLeast = (levelMin: LogLevel): number[] => seqs({ levelMin });
    assert.deepEqual(atLeast("trace"), [6, 5, 4, 3, 2, 1]);
    assert.deepEqual(atLeast("warn"), [6, 5, 4]);
    assert.deepEqual(atLeast("fatal"), [6]);
    assert.deepEqual(seqs({ text: "the door, WARN" }), [4]);
    assert.deepEqual(seqs({ text: "ÖFFNEN 100%_", levelMin: "error" }), [6, 5]);
    assert.deepEqual(seqs({ text: "%" }).length, 6);
    assert.deepEqual(seqs({ text: "100%%" }), []);
    assert.deepEqual(seqs({ since: "2026-11-23T10:04:00Z" }), [6, 5]);
    assert.deepEqual(seqs({ until: "2026-11-23T12:01:00+02:00" }), [2, 1]);
    assert.deepEqual(seqs({ since: "2026-11-23T10:01:00Z", until: "2026-11-23T10:02:30Z" }), [3, 2]);
    assert.deepEqual(seqs({ afterSeq: 2, limit: 2 }), [3, 4]);
    assert.deepEqual(seqs({ beforeSeq: 3 }), [2, 1]);
  });

  it("searches the lines nearest to the cursor, a million characters of them at most", (t) => {
    const { store } = make(t);
    const found = (filter: object): number[] => seqsOf(store.logs({ limit: 9, text: "the needle", ...filter }));
    for (let i = 1; i <= 600; i++) {
      const text = i === 1 || i === 300 || i === 600 ? "The needle " : "";
      store.log({ level: "info", source: "test", text: text.padEnd(2_000, "Ü") });
    }
    assert.deepEqual(found({}), [600, 300]);
    assert.deepEqual(found({ beforeSeq: 300 }), [1]);
    assert.deepEqual(found({ afterSeq: 1 }), [300]);
    assert.deepEqual(found({ levelMin: "warn" }), []);
  });

  it("cuts a line that is too long rather than fail", (t) => {
    const { store } = make(t);
    store.log({ level: "error", source: "s".repeat(99), text: "t".repeat(9_999) });
    const [line] = store.logs({ limit: 1 });
    assert.ok(Check(logLineSchema, line));
    assert.equal(line.text.length, 2_000);
  });

  it("keeps the newest 1000 lines that wait, and says how many were lost", (t) => {
    const { store } = make(t);
    for (let i = 1; i <= 1_250; i++) store.log({ level: "info", source: "test", text: `line ${i}` });
    const lines = store.logs({ afterSeq: 0, limit: 500 });
    assert.match(lines[0]!.text, /^250 log lines were lost/);
    assert.equal(lines[1]!.text, "line 251");
    assert.equal(store.logs({ limit: 1 })[0]!.text, "line 1250");
    assert.equal(store.status().logLines, 1_001);
  });
}

function describeLogListeners(make: MakeStore): void {
  it("tells each listener of a batch of lines after it was written, until the listener ends", (t) => {
    const { store } = make(t);
    const heard: [string, number[], number][] = [];
    const listen = (name: string) =>
      store.onLog((lines) => heard.push([name, seqsOf(lines), store.logs({ limit: 1 })[0]!.seq]));
    const [endA, endB] = [listen("a"), listen("b")];
    const flush = () => store.logs({ limit: 1 });
    for (const text of ["one", "two"]) store.log({ level: "info", source: "test", text });
    assert.deepEqual(heard, []);
    flush();
    flush();
    endA();
    endA();
    store.log({ level: "info", source: "test", text: "three" });
    flush();
    endB();
    store.log({ level: "info", source: "test", text: "four" });
    flush();
    assert.deepEqual(heard, [
      ["a", [1, 2], 2],
      ["b", [1, 2], 2],
      ["b", [3], 3],
    ]);
  });

  it("tells lines as they are read later, and of those that were lost", (t) => {
    const { store } = make(t);
    const heard: LogLine[] = [];
    store.onLog((lines) => heard.push(...lines));
    for (let i = 1; i <= 1_250; i++) store.log({ level: "warn", source: "s".repeat(99), text: `line ${i}` });
    const read = store.logs({ afterSeq: 0, limit: 500 });
    assert.equal(heard.length, 1_001);
    assert.deepEqual(heard.slice(0, 500), read);
    assert.match(heard[0]!.text, /^250 log lines were lost/);
  });

  it("keeps what a listener logs, and tells of it with a later batch", (t) => {
    const { store } = make(t);
    const heard: string[] = [];
    store.onLog((lines) => {
      heard.push(...lines.map(({ text }) => text));
      if (heard.length < 3) store.log({ level: "info", source: "test", text: `heard ${heard.length}` });
    });
    store.log({ level: "info", source: "test", text: "first" });
    for (let i = 0; i < 4; i++) store.logs({ limit: 1 });
    assert.deepEqual(heard, ["first", "heard 1", "heard 2"]);
    assert.equal(store.status().logLines, 3);
  });

  it("tells a listener that throws no more, says so once, and tells the others", (t) => {
    const { store } = make(t);
    let calls = 0;
    const heard: number[] = [];
    store.onLog(() => {
      calls++;
      throw new Error("the listener is broken");
    });
    store.onLog((lines) => heard.push(...seqsOf(lines)));
    store.log({ level: "info", source: "test", text: "first" });
    for (let i = 0; i < 3; i++) store.logs({ limit: 1 });
    assert.deepEqual([calls, heard], [1, [1, 2]]);
    assert.match(store.logs({ limit: 1 })[0]!.text, /the listener is broken/);
  });
}

function describeRetention(make: MakeStore): void {
  it("sweeps the oldest rows beyond the count, at most 100 a call, and never gives a seq twice", (t) => {
    const { store, reopen } = make(t, { retention: { ...generous, eventsMax: 5, logLinesMax: 10 } });
    for (let i = 0; i < 12; i++) store.append(newEvent());
    for (let i = 0; i < 200; i++) store.log({ level: "info", source: "test", text: `line ${i}` });
    store.logs({ limit: 1 });
    assert.equal(store.sweep(), 100);
    assert.deepEqual(seqsOf(store.events({ limit: 9 })), [12, 11, 10, 9, 8]);
    assert.equal(store.sweep(), 97);
    assert.equal(store.sweep(), 0);
    const { events, logLines } = store.status();
    assert.deepEqual({ events, logLines }, { events: 5, logLines: 10 });
    assert.equal(reopen().append(newEvent()).seq, 13);
  });

  it("sweeps rows beyond the age and keeps younger ones", (t) => {
    let now = "2026-03-01T00:00:00Z";
    const { store } = make(t, { wallClock: () => new Date(now), retention: { ...generous, ageMaxDays: 30 } });
    store.append(newEvent());
    store.log({ level: "info", source: "test", text: "old" });
    store.logs({ limit: 1 });
    now = "2026-03-20T00:00:00Z";
    store.append(newEvent());
    assert.equal(store.sweep(), 0);
    now = "2026-04-05T00:00:00Z";
    assert.equal(store.sweep(), 2);
    assert.deepEqual(seqsOf(store.events({ limit: 9 })), [2]);
    assert.deepEqual(store.logs({ limit: 9 }), []);
  });

  it("does not take events for old that were stored before the clock was set", (t) => {
    let now = "1970-01-01T00:00:10Z";
    const { store } = make(t, { wallClock: () => new Date(now), retention: { ...generous, ageMaxDays: 30 } });
    store.append(newEvent());
    now = "2026-03-01T00:00:00Z";
    store.append(newEvent());
    assert.equal(store.sweep(), 0);
    now = "1970-01-01T00:00:10Z";
    store.append(newEvent());
    now = "2026-06-01T00:00:00Z";
    store.append(newEvent());
    assert.equal(store.sweep(), 2);
    assert.deepEqual(seqsOf(store.events({ limit: 9 })), [4, 3]);
  });
}
