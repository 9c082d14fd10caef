// What is said of a presence: what it brings about, what is refused, and what every doubt leads to.
import assert from "node:assert/strict";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import { type FeedbackItem, feedbackItemSchema, type Verdict } from "../../../device/feedback/feedback.ts";
import { FeedbackFolder } from "../../../device/feedback/feedback-folder.ts";
import {
  embeddingOf,
  jpegOf,
  openFeedback,
  otherSpace,
  space,
  subjectFrame,
  temporaryFolder,
} from "./open-feedback.ts";

const said = (presenceId: number, verdict: Verdict, name?: string) => ({
  bootId: "boot-1",
  presenceId,
  verdict,
  ...(name !== undefined && { name }),
});

const filesOf = (stateDir: string): string[] =>
  readdirSync(stateDir, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(stateDir, path)).isFile())
    .sort();

describe("not_me", () => {
  it("makes a household negative at once, of every remembered frame, and keeps the frames", (t) => {
    const { feedback, events } = openFeedback(t);
    for (const frameSeq of [1, 2, 3, 4]) feedback.noteFrame(subjectFrame(7, { frameSeq, quality: frameSeq / 10 }));
    assert.deepEqual(feedback.negatives(space), []);
    const { item, isNew } = feedback.record(said(7, "not_me", "Zoë O'Neil-Łuk"));
    assert.ok(isNew && Check(feedbackItemSchema, item));
    assert.deepEqual(
      [item.verdict, item.name, item.frames, item.isNegative, item.presenceId],
      ["not_me", "Zoë O'Neil-Łuk", 3, true, 7],
    );
    assert.deepEqual(
      feedback.negatives(space).map(({ name, embedding }) => [name, [...embedding]]),
      [1, 4, 3].map((seed) => [item.name, [...embeddingOf(seed)]]),
    );
    assert.deepEqual(feedback.negatives(otherSpace), []);
    assert.deepEqual(
      events.map(({ type, reason, data }) => [type, reason, data["presenceId"]]),
      [["feedback.recorded", "not_me", 7]],
    );
  });

  it("counts after a restart too, with the same numbers to the last bit", (t) => {
    const { feedback, stateDir } = openFeedback(t);
    feedback.noteFrame(subjectFrame(1, { frameSeq: 5 }));
    feedback.record(said(1, "not_me"));
    const again = openFeedback(t, { stateDir, bootId: "boot-2" });
    assert.deepEqual(again.feedback.negatives(space), [{ name: "unnamed", embedding: embeddingOf(5) }]);
    assert.deepEqual(again.feedback.items({ limit: 9 }), feedback.items({ limit: 9 }));
    assert.deepEqual(again.events, []);
  });

  it("is refused when there are as many negatives as may be: none is dropped for it", (t) => {
    const { feedback } = openFeedback(t, { negativesMax: 2 });
    for (const presenceId of [1, 2, 3]) feedback.noteFrame(subjectFrame(presenceId));
    feedback.record(said(1, "not_me"));
    feedback.record(said(2, "not_me"));
    assert.throws(() => feedback.record(said(3, "not_me")), { code: "FEEDBACK_LIMIT" });
    assert.equal(feedback.negatives(space).length, 2);
    assert.equal(feedback.record(said(3, "was_me")).item.isNegative, false);
  });
});

describe("was_me", () => {
  it("keeps frames for the next training, and makes nothing a negative, nor anything else", (t) => {
    const { feedback, events, stateDir } = openFeedback(t);
    feedback.noteFrame(subjectFrame(1));
    const { item } = feedback.record(said(1, "was_me"));
    assert.deepEqual([item.isNegative, item.frames, item.name], [false, 1, null]);
    assert.deepEqual(feedback.negatives(space), []);
    assert.equal(events[0]!.reason, "was_me");
    const { content } = FeedbackFolder.open(stateDir);
    assert.deepEqual(content.entries[0]!.embeddings, [], "no embedding of it is stored");
  });

  it("takes no name, for a name says who somebody else is", (t) => {
    const { feedback } = openFeedback(t);
    feedback.noteFrame(subjectFrame(1));
    assert.throws(() => feedback.record(said(1, "was_me", "Anna")), { code: "REQUEST_INVALID" });
    assert.deepEqual(feedback.items({ limit: 9 }), []);
  });
});

describe("what is said", () => {
  it("of an unknown presence, or one of another run, is refused", (t) => {
    const { feedback, stateDir } = openFeedback(t, { recent: { presencesMax: 2, bytesMax: 1e6, ageMaxMs: 1e9 } });
    for (const presenceId of [1, 2, 3]) feedback.noteFrame(subjectFrame(presenceId));
    for (const unknown of [said(1, "not_me"), said(9, "not_me"), { ...said(3, "not_me"), bootId: "boot-0" }])
      assert.throws(() => feedback.record(unknown), { code: "FEEDBACK_PRESENCE_UNKNOWN" });
    assert.deepEqual(filesOf(stateDir), [], "nothing is on the disk before something was said");
  });

  it("twice is stored once, also after a restart, when the presence is remembered no more", (t) => {
    const { feedback, stateDir, events } = openFeedback(t);
    feedback.noteFrame(subjectFrame(1));
    const first = feedback.record(said(1, "not_me", "Anna"));
    const files = filesOf(stateDir);
    assert.deepEqual(feedback.record(said(1, "not_me", "Anna")), { item: first.item, isNew: false });
    assert.deepEqual(feedback.record(said(1, "not_me")), { item: first.item, isNew: false });
    const again = openFeedback(t, { stateDir, bootId: "boot-2" }).feedback;
    assert.deepEqual(again.record(said(1, "not_me")), { item: first.item, isNew: false });
    assert.deepEqual(filesOf(stateDir), files);
    assert.equal(events.length, 1);
  });

  it("differently later is a conflict, and changes nothing", (t) => {
    const { feedback } = openFeedback(t);
    for (const presenceId of [1, 2]) feedback.noteFrame(subjectFrame(presenceId));
    feedback.record(said(1, "not_me", "Anna"));
    feedback.record(said(2, "was_me"));
    const before = feedback.items({ limit: 9 });
    for (const other of [said(1, "was_me"), said(1, "not_me", "Bert"), said(2, "not_me")])
      assert.throws(() => feedback.record(other), { code: "FEEDBACK_CONFLICT" });
    assert.deepEqual(feedback.items({ limit: 9 }), before);
    assert.equal(feedback.negatives(space).length, 1);
  });

  it("shows at the presences that can still be spoken of", (t) => {
    const { feedback } = openFeedback(t, { nowMs: () => 10_000 });
    for (const presenceId of [1, 2]) feedback.noteFrame(subjectFrame(presenceId));
    const { item } = feedback.record(said(1, "was_me"));
    const { bootId, candidates } = feedback.candidates();
    assert.equal(bootId, "boot-1");
    assert.deepEqual(
      candidates.map((candidate) => [candidate.presenceId, candidate.frames, candidate.item]),
      [
        [2, 1, null],
        [1, 1, item],
      ],
    );
  });

  it("is listed by cursor, in both directions", (t) => {
    const { feedback } = openFeedback(t);
    for (let presenceId = 1; presenceId <= 5; presenceId++) {
      feedback.noteFrame(subjectFrame(presenceId));
      feedback.record(said(presenceId, presenceId % 2 === 0 ? "was_me" : "not_me"));
    }
    const seqs = (query: object) => feedback.items({ limit: 2, ...query }).map(({ seq }) => seq);
    assert.deepEqual(seqs({}), [5, 4]);
    assert.deepEqual(seqs({ beforeSeq: 4 }), [3, 2]);
    assert.deepEqual(seqs({ afterSeq: 0 }), [1, 2]);
    assert.deepEqual(seqs({ afterSeq: 4 }), [5]);
  });
});

describe("on the disk", () => {
  it("neither a picture nor an embedding nor a name can be read", (t) => {
    const { feedback, stateDir } = openFeedback(t);
    const frame = subjectFrame(1);
    feedback.noteFrame(frame);
    feedback.record(said(1, "not_me", "Annabella"));
    const secrets = [
      Buffer.from(frame.jpeg.subarray(100, 140)),
      Buffer.from(frame.embedding.buffer, 16, 32),
      Buffer.from("Annabella"),
      Buffer.from("not_me"),
    ];
    const files = filesOf(stateDir);
    assert.deepEqual(files.slice(1), ["feedback/register-2", "keys/feedback.key"]);
    for (const path of files) {
      const bytes = readFileSync(join(stateDir, path));
      for (const secret of secrets) assert.equal(bytes.indexOf(secret), -1, path);
      assert.equal(statSync(join(stateDir, path)).mode & 0o777, 0o600, path);
    }
  });

  it("frames go after the retention, and their negative stays", (t) => {
    let nowMs = Date.parse("2026-11-23T10:00:00Z");
    const { feedback, stateDir } = openFeedback(t, { wallClock: () => new Date(nowMs) });
    for (const presenceId of [1, 2, 3]) feedback.noteFrame(subjectFrame(presenceId));
    feedback.record(said(1, "not_me"));
    feedback.record(said(2, "was_me"));
    nowMs += 29 * 86_400_000;
    feedback.record(said(3, "was_me"));
    assert.equal(feedback.sweep(), 0);
    nowMs += 2 * 86_400_000;
    assert.equal(feedback.sweep(), 2);
    assert.equal(feedback.sweep(), 0);
    const facts = ({ presenceId, frames, isNegative }: FeedbackItem) => [presenceId, frames, isNegative];
    assert.deepEqual(feedback.items({ limit: 9 }).map(facts), [
      [3, 1, false],
      [1, 0, true],
    ]);
    assert.equal(feedback.negatives(space).length, 1);
    assert.equal(readdirSync(join(stateDir, "feedback/frames")).length, 1);
    assert.deepEqual(openFeedback(t, { stateDir }).feedback.items({ limit: 9 }).map(facts), [
      [3, 1, false],
      [1, 0, true],
    ]);
  });

  it("the oldest frames make room for new ones", (t) => {
    const { feedback, stateDir } = openFeedback(t, { queue: { retentionDays: 30, bytesMax: 10_000 } });
    for (let presenceId = 1; presenceId <= 6; presenceId++) {
      feedback.noteFrame(subjectFrame(presenceId, { jpeg: jpegOf(presenceId, 3_000) }));
      feedback.record(said(presenceId, presenceId === 1 ? "not_me" : "was_me"));
      assert.ok(feedback.status().queueBytes <= 10_000);
    }
    assert.deepEqual(
      feedback.items({ limit: 9 }).map(({ presenceId, frames }) => [presenceId, frames]),
      [
        [6, 1],
        [5, 1],
        [4, 1],
        [1, 0],
      ],
    );
    const bytes = readdirSync(join(stateDir, "feedback/frames")).map(
      (name) => statSync(join(stateDir, "feedback/frames", name)).size,
    );
    assert.equal(
      bytes.reduce((sum, size) => sum + size, 0),
      feedback.status().queueBytes,
    );
  });
});

/** A state with one negative and one frame of the owner, closed. */
function makeState(t: { after: (end: () => void) => void }): { stateDir: string; ids: string[]; register: string } {
  const { feedback, stateDir } = openFeedback(t);
  for (const presenceId of [1, 2]) feedback.noteFrame(subjectFrame(presenceId));
  const ids = [feedback.record(said(1, "not_me")), feedback.record(said(2, "was_me"))].map(({ item }) => item.id);
  return { stateDir, ids, register: join(stateDir, "feedback/register-3") };
}

describe("household negatives that cannot be known", () => {
  const damages: Record<string, (state: ReturnType<typeof makeState>) => void> = {
    "because the register was altered": ({ register }) => {
      const bytes = readFileSync(register);
      bytes[bytes.length - 9]! ^= 1;
      writeFileSync(register, bytes);
    },
    "because the register was cut short": ({ register }) => truncateSync(register, 100),
    "because the register is empty": ({ register }) => truncateSync(register, 0),
    "because the register is gone": ({ register }) => rmSync(register),
    "because everything but the key is gone": ({ stateDir }) => rmSync(join(stateDir, "feedback"), { recursive: true }),
    "because the register goes under another number": ({ register }) =>
      renameSync(register, join(dirname(register), "register-4")),
    "because a file of frames is in the register's place": ({ register, stateDir, ids }) =>
      copyFileSync(join(stateDir, `feedback/frames/${ids[0]}.frames`), register),
    "because the key is gone": ({ stateDir }) => rmSync(join(stateDir, "keys"), { recursive: true }),
    "because the key is another one": ({ stateDir }) =>
      writeFileSync(join(stateDir, "keys/feedback.key"), Buffer.alloc(32, 1)),
    "because others may read the key": ({ stateDir }) => chmodSync(join(stateDir, "keys/feedback.key"), 0o644),
    "because the folder is a file": ({ stateDir }) => {
      rmSync(join(stateDir, "feedback"), { recursive: true });
      writeFileSync(join(stateDir, "feedback"), "");
    },
  };

  for (const [name, damage] of Object.entries(damages)) {
    it(`${name}: nobody is told that there are none, and nothing is overwritten`, (t) => {
      const state = makeState(t);
      damage(state);
      const before = filesOf(state.stateDir).map((path) => [path, readFileSync(join(state.stateDir, path))]);
      const { feedback, events } = openFeedback(t, { stateDir: state.stateDir });
      assert.throws(() => feedback.negatives(space), { code: "FEEDBACK_UNAVAILABLE" });
      feedback.noteFrame(subjectFrame(5));
      assert.throws(() => feedback.record(said(5, "not_me")), { code: "FEEDBACK_UNAVAILABLE" });
      assert.throws(() => feedback.items({ limit: 1 }), { code: "FEEDBACK_UNAVAILABLE" });
      assert.throws(() => feedback.sweep(), { code: "FEEDBACK_UNAVAILABLE" });
      assert.equal(feedback.status().state, "failed");
      assert.equal(feedback.status().fault?.code, "FEEDBACK_UNAVAILABLE");
      assert.equal(feedback.candidates().candidates.length, 1);
      assert.deepEqual(
        events.map(({ type, reason }) => [type, reason]),
        [["feedback.fault", "FEEDBACK_UNAVAILABLE"]],
      );
      const after = filesOf(state.stateDir).map((path) => [path, readFileSync(join(state.stateDir, path))]);
      assert.deepEqual(after, before);
    });
  }

  it("are known again once what was missing is back, without a restart", (t) => {
    const { stateDir } = makeState(t);
    const keyPath = join(stateDir, "keys/feedback.key");
    renameSync(keyPath, `${keyPath}.away`);
    let nowMs = 0;
    const { feedback, events } = openFeedback(t, { stateDir, nowMs: () => nowMs });
    assert.throws(() => feedback.negatives(space), { code: "FEEDBACK_UNAVAILABLE" });
    renameSync(`${keyPath}.away`, keyPath);
    assert.throws(() => feedback.negatives(space), { code: "FEEDBACK_UNAVAILABLE" }, "not tried at every frame");
    nowMs += 1_000;
    assert.equal(feedback.negatives(space).length, 1);
    assert.equal(feedback.status().fault, null);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["feedback.fault", "feedback.recovered"],
    );
  });

  it("are noticed while the daemon runs: a register that goes away, or an older one in its place", (t) => {
    const { stateDir, register } = makeState(t);
    const older = readFileSync(register);
    const { feedback } = openFeedback(t, { stateDir });
    feedback.noteFrame(subjectFrame(5));
    feedback.record(said(5, "not_me"));
    assert.equal(feedback.negatives(space).length, 2);
    const newer = join(stateDir, "feedback/register-4");
    renameSync(newer, join(stateDir, "away"));
    writeFileSync(register, older);
    assert.throws(() => feedback.sweep(), { code: "FEEDBACK_UNAVAILABLE", message: /an older one/ });
    assert.equal(feedback.status().state, "failed");
  });
});

describe("damaged frames", () => {
  it("that are missing, cut short, altered or another item's are told once, skipped, and loosen nothing", (t) => {
    const { feedback, stateDir } = openFeedback(t);
    const path = (id: string) => join(stateDir, `feedback/frames/${id}.frames`);
    const ids = [1, 2, 3, 4, 5].map((presenceId) => {
      feedback.noteFrame(subjectFrame(presenceId));
      return feedback.record(said(presenceId, "not_me")).item.id;
    });
    rmSync(path(ids[0]!));
    truncateSync(path(ids[1]!), 500);
    const altered = readFileSync(path(ids[2]!));
    altered[200]! ^= 0x80;
    writeFileSync(path(ids[2]!), altered);
    copyFileSync(path(ids[4]!), path(ids[3]!));
    const { feedback: again, events } = openFeedback(t, { stateDir });
    for (let i = 0; i < 10; i++) again.sweep();
    assert.deepEqual(
      events.map(({ type, data }) => [type, data["itemId"]]),
      ids.slice(0, 4).map((id) => ["feedback.damaged", id]),
    );
    const { state, damaged, fault, negatives } = again.status();
    assert.deepEqual([state, damaged, fault, negatives], ["open", 4, null, 5]);
    assert.equal(again.negatives(space).length, 5);
  });
});

describe("the beginning", () => {
  it("that was cut short between the register and the key starts anew", (t) => {
    const { stateDir } = makeState(t);
    const fresh = temporaryFolder(t);
    mkdirSync(join(fresh, "feedback"));
    copyFileSync(join(stateDir, "feedback/register-3"), join(fresh, "feedback/register-1"));
    const { feedback } = openFeedback(t, { stateDir: fresh });
    assert.deepEqual(feedback.negatives(space), []);
    feedback.noteFrame(subjectFrame(1));
    feedback.record(said(1, "not_me"));
    assert.equal(openFeedback(t, { stateDir: fresh }).feedback.negatives(space).length, 1);
  });

  it("makes nothing on the disk by itself", (t) => {
    const { feedback, stateDir } = openFeedback(t);
    for (let i = 0; i < 3; i++) {
      feedback.noteFrame(subjectFrame(i + 1));
      feedback.negatives(space);
      feedback.sweep();
      feedback.status();
      feedback.items({ limit: 1 });
    }
    assert.deepEqual(readdirSync(stateDir), []);
    assert.ok(!existsSync(join(stateDir, "keys")));
  });
});

describe("household negatives of another embedder", () => {
  it("are counted, for the bundle in use cannot compare with them", (t) => {
    const { feedback } = openFeedback(t);
    feedback.noteFrame(subjectFrame(1));
    feedback.noteFrame(subjectFrame(2, { embeddingSpace: otherSpace, embedding: embeddingOf(2, 128) }));
    feedback.record(said(1, "not_me"));
    feedback.record(said(2, "not_me"));
    assert.equal(feedback.status().negativesOfOtherSpaces, 0, "before any bundle asked");
    assert.equal(feedback.negatives(otherSpace)[0]!.embedding.length, 128);
    assert.equal(feedback.status().negativesOfOtherSpaces, 1);
    feedback.negatives("ef".repeat(32));
    assert.equal(feedback.status().negativesOfOtherSpaces, 2);
  });
});

type Step =
  | { readonly kind: "say"; readonly presenceId: number; readonly verdict: Verdict }
  | { readonly kind: "forget"; readonly nth: number }
  | { readonly kind: "restart" | "sweep" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("say" as const),
      presenceId: fc.integer({ min: 1, max: 12 }),
      verdict: fc.constantFrom<Verdict>("not_me", "was_me"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), nth: fc.nat(11) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("restart" as const, "sweep" as const) }) },
);

describe("any series of words, commands and restarts", () => {
  it("leaves exactly the negatives that were said and not forgotten", (t) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const stateDir = temporaryFolder(t);
        const queue = { retentionDays: 30, bytesMax: 5_000 };
        const open = () => openFeedback(t, { stateDir, queue }).feedback;
        let feedback = open();
        // Of presences that this daemon remembers: each was seen in one frame.
        const noted = new Set<number>();
        const model = new Map<number, { id: string; verdict: Verdict }>();
        for (const next of steps) {
          if (next.kind === "restart") {
            feedback = open();
            noted.clear();
          }
          if (next.kind === "sweep") feedback.sweep();
          if (next.kind === "forget") {
            const [presenceId, item] = [...model].filter(([, { verdict }]) => verdict === "not_me").at(next.nth) ?? [];
            if (item === undefined) continue;
            FeedbackFolder.open(stateDir).forget(item.id);
            model.delete(presenceId!);
            feedback.sweep();
          }
          if (next.kind === "say" && !model.has(next.presenceId)) {
            if (!noted.has(next.presenceId)) feedback.noteFrame(subjectFrame(next.presenceId));
            noted.add(next.presenceId);
            const { item, isNew } = feedback.record(said(next.presenceId, next.verdict));
            if (isNew) model.set(next.presenceId, { id: item.id, verdict: next.verdict });
          }
          const expected = [...model]
            .filter(([, { verdict }]) => verdict === "not_me")
            .map(([presenceId]) => presenceId);
          assert.deepEqual(
            feedback.negatives(space).map(({ embedding }) => embedding),
            expected.map((presenceId) => embeddingOf(presenceId * 100)),
          );
        }
        assert.deepEqual(open().negatives(space), feedback.negatives(space));
        assert.equal(feedback.status().damaged, 0);
      }),
      { numRuns: 40 },
    );
  });
});
