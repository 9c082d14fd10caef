// The queue's rules: what goes by age and for lack of room, and what must never go.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { crowdedOut, outdated, queueBytesOf, withoutFrames } from "../../../device/feedback/queue.ts";
import type { Entry, RegisterContent } from "../../../device/feedback/register-content.ts";

const limits = { retentionDays: 30, bytesMax: 1_000 };
const now = Date.parse("2026-11-23T10:00:00Z");
const dayMs = 86_400_000;

function entry(seq: number, fields: Partial<Entry> = {}): Entry {
  const id = seq.toString(16).padStart(12, "0");
  const at = new Date(now).toISOString();
  return {
    ...{ seq, id, at, bootId: "boot-1", presenceId: seq, verdict: "was_me", name: null },
    ...{ frames: 1, fileBytes: 100, embeddings: [] },
    ...fields,
  };
}

const negative: Partial<Entry> = { verdict: "not_me", embeddings: [{ space: "ab".repeat(32), values: "AAAAAA==" }] };

function contentOf(entries: Entry[]): RegisterContent {
  return { nextSeq: entries.length + 1, entries };
}

function daysAgo(days: number): string {
  return new Date(now - days * dayMs).toISOString();
}

describe("by age", () => {
  const goneSeqs = (ages: (string | number)[]): number[] => {
    const entries = ages.map((age, i) => entry(i + 1, { at: typeof age === "number" ? daysAgo(age) : age }));
    return outdated(contentOf(entries), limits, now).map(({ seq }) => seq);
  };

  it("frames older than the retention go", () => {
    assert.deepEqual(goneSeqs([40, 31, 29, 0]), [1, 2]);
    assert.deepEqual(goneSeqs([29.99, 0]), []);
    assert.deepEqual(goneSeqs([]), []);
  });

  it("an item from a time when the clock was not set is not old, but what is older than an old one is", () => {
    assert.deepEqual(goneSeqs(["1970-01-01T00:00:00.000Z", 1]), []);
    assert.deepEqual(goneSeqs(["1970-01-01T00:00:00.000Z", 40, 1]), [1, 2]);
  });

  it("an old time after a young one is a clock that jumped", () => {
    assert.deepEqual(goneSeqs([1, 40, 2]), []);
  });
});

describe("for lack of room", () => {
  it("the oldest go, as few as it takes", () => {
    const entries = [1, 2, 3, 4].map((seq) => entry(seq, { fileBytes: 250 }));
    assert.deepEqual(crowdedOut(contentOf(entries), limits, 0), []);
    assert.deepEqual(
      crowdedOut(contentOf(entries), limits, 251).map(({ seq }) => seq),
      [1, 2],
    );
  });

  it("small pictures are limited in number", () => {
    const entries = Array.from({ length: 1_000 }, (_, i) => entry(i + 1, { fileBytes: 0 }));
    assert.deepEqual(
      crowdedOut(contentOf(entries), limits, 0).map(({ seq }) => seq),
      [1],
    );
  });
});

describe("without their frames", () => {
  it("negatives stay, and everything else is gone", () => {
    const content = contentOf([entry(1), entry(2, negative), entry(3)]);
    const after = withoutFrames(content, content.entries.slice(0, 2));
    assert.deepEqual(after.entries, [entry(2, { ...negative, frames: 0, fileBytes: 0 }), entry(3)]);
    assert.equal(after.nextSeq, content.nextSeq);
  });

  it("no negative is ever lost, and the bytes fit, whatever the queue holds", () => {
    const made = fc.array(
      fc.record({ isNegative: fc.boolean(), fileBytes: fc.integer({ min: 1, max: 600 }), days: fc.nat(100) }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(made, fc.integer({ min: 0, max: 1_000 }), (items, moreBytes) => {
        const entries = items.map(({ isNegative, fileBytes, days }, i) =>
          entry(i + 1, { ...(isNegative ? negative : {}), fileBytes, at: daysAgo(days) }),
        );
        const before = contentOf(entries);
        const roomy = withoutFrames(before, crowdedOut(before, limits, moreBytes));
        assert.ok(queueBytesOf(roomy) + moreBytes <= limits.bytesMax);
        const after = withoutFrames(roomy, outdated(roomy, limits, now));
        const negatives = (content: RegisterContent) => content.entries.flatMap(({ embeddings }) => embeddings).length;
        assert.equal(negatives(after), negatives(before));
      }),
    );
  });
});
