// The page's words: German says everything that English says, in other words, and each code of the device has some.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { de } from "../../../../device/api/page/texts/de.ts";
import { codeInGerman, whoInGerman } from "../../../../device/api/page/texts/de-codes.ts";
import { eventInGerman } from "../../../../device/api/page/texts/de-events.ts";
import { en } from "../../../../device/api/page/texts/en.ts";
import { refusalReasons } from "../../../../device/decision/decision.ts";
import { endings, steps } from "../../../../device/enrolment/enrolment.ts";
import { poseFaults } from "../../../../device/enrolment/pose.ts";
import { errorCodes } from "../../../../device/errors/errors.ts";
import { type EventType, eventTypes, type StoredEvent } from "../../../../device/events/events.ts";

/** Words that are the same in both languages. */
const shared: ReadonlySet<string> = new Set(["Name"]);

/** What every function of the tables is given: amounts, names and times are data, whatever the parameter. */
const given = [7, 8, "9"];

function leavesOf(tree: object, path = ""): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    const at = `${path}.${key}`;
    // What the device says is told by its codes, and tried below.
    if (at === ".said") continue;
    if (typeof value === "object") for (const [inner, text] of leavesOf(value as object, at)) leaves.set(inner, text);
    else if (at === ".health.strainText") leaves.set(at, (value as (whys: string[]) => string)(["x", "y"]));
    else if (typeof value === "function") leaves.set(at, String((value as (...args: unknown[]) => unknown)(...given)));
    else leaves.set(at, String(value));
  }
  return leaves;
}

describe("the tables of words", () => {
  it("have the same keys, and nothing of the one is left in the other", () => {
    const [english, german] = [leavesOf(en), leavesOf(de)];
    assert.deepEqual([...german.keys()], [...english.keys()]);
    assert.ok(german.size > 200, `found ${german.size}`);
    for (const [key, text] of german) {
      assert.ok(text.trim() !== "", key);
      assert.ok(shared.has(text) || text !== english.get(key), `${key} is the same in both: ${text}`);
    }
  });

  it("count one and several", () => {
    assert.deepEqual([1, 2, 1_200].map(de.health.frames), ["1 Bild", "2 Bilder", "1.200 Bilder"]);
    assert.deepEqual([1, 2, 1_200].map(en.health.frames), ["1 frame", "2 frames", "1,200 frames"]);
  });
});

describe("what the device says, in German", () => {
  const codes = Object.keys({ ...refusalReasons, ...errorCodes, ...poseFaults });

  it("has words for every reason and every error, and leaves the device's own where it knows none", () => {
    for (const code of codes) assert.notEqual(codeInGerman(code, "untold"), "untold", code);
    assert.equal(codeInGerman("FROM_A_LATER_VERSION", "Something new."), "Something new.");
    assert.equal(codeInGerman(null, "Something new."), "Something new.");
  });

  const eventOf = (type: EventType, fields: Partial<StoredEvent> = {}): StoredEvent => ({
    ...{ seq: 1, bootId: "b", at: "2026-11-23T10:00:00.000Z", monotonicMs: 1, reason: null, data: {} },
    ...{ type, message: "English words." },
    ...fields,
  });

  it("tells every event by its type, its reason and its data", () => {
    for (const type of Object.keys(eventTypes) as EventType[]) {
      for (const reason of codes) {
        assert.doesNotMatch(eventInGerman(eventOf(type, { reason })), /English/, `${type} ${reason}`);
      }
    }
    const ended = Object.keys(endings).map((reason) => eventInGerman(eventOf("enrolment.ended", { reason })));
    assert.equal(new Set(ended).size, Object.keys(endings).length);
    const by = "hall (token 0123456789ab)";
    assert.equal(
      eventInGerman(eventOf("unlock.granted", { data: { by } })),
      "Von Hand geöffnet durch hall (Token 0123456789ab).",
    );
    const withPasskey = { by: `${by} with the passkey "Annas Handy"` };
    assert.equal(
      eventInGerman(eventOf("unlock.granted", { data: withPasskey })),
      "Von Hand geöffnet durch hall (Token 0123456789ab) mit dem Passkey „Annas Handy“.",
    );
    assert.equal(
      eventInGerman(eventOf("lockdown.set", { data: { by } })),
      `Die Tür wurde gesperrt durch ${whoInGerman(by)}.`,
    );
    const loaded = eventOf("bundle.loaded", { message: 'The bundle "Markus" is in use.' });
    assert.equal(eventInGerman(loaded), "Das Paket „Markus“ ist in Gebrauch.");
  });

  it("asks for each step, and tells how an enrolment ended", () => {
    for (const [step, asks] of Object.entries(steps)) {
      assert.notEqual(de.said.asks(step as keyof typeof steps, asks), asks);
      assert.equal(en.said.asks(step as keyof typeof steps, asks), asks);
    }
    for (const [ending, message] of Object.entries(endings))
      assert.notEqual(de.said.ending(ending as keyof typeof endings, message), message);
  });
});
