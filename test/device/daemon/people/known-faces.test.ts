// Who is known at the door: the bundle's people and those that the owner named, or nobody while those cannot be read.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KnownFaces, knownFaces, noteFace } from "../../../../device/daemon/people/known-faces.ts";
import { FacelatchError } from "../../../../device/errors/errors.ts";
import type { Negative, SubjectFrame } from "../../../../device/feedback/feedback.ts";
import { observationOf } from "../../../../device/observe.ts";
import type { KnownPerson, Role } from "../../../../device/people/people.ts";
import type { Look } from "../../../../device/pipeline.ts";
import { analysisOf, bundle, embeddingOf } from "../../played-door.ts";

const bars = { verifiedScoreMin: 0.65, householdMarginMin: 0.1 };
const looking = (score: number) => ({ embedding: embeddingOf(score), step: "straight" });
const person = (role: Role, name: string, ...scores: number[]): KnownPerson => ({
  ...{ id: name.toLowerCase(), role, name },
  templates: scores.map(looking),
});

describe("the gallery at the door", () => {
  it("holds the bundle's housemates, those named since and those enrolled, of one name together", () => {
    const household = [{ name: "brother", templates: [embeddingOf(0.5)] }];
    const loaded = { ...bundle, gallery: { ...bundle.gallery, household } };
    const negatives = [
      { name: "brother", embedding: embeddingOf(0.4) },
      { name: "unnamed", embedding: embeddingOf(0.3) },
    ];
    const people = [person("household", "brother", 0.2), person("household", "Anna", 0.1), person("household", "Eve")];
    const { gallery, inUse } = knownFaces(loaded, negatives, people, bars);
    assert.deepEqual(gallery.owner, bundle.gallery.owner);
    assert.deepEqual(gallery.household, [
      { name: "brother", templates: [embeddingOf(0.5), embeddingOf(0.4), embeddingOf(0.2)] },
      { name: "unnamed", templates: [embeddingOf(0.3)] },
      { name: "Anna", templates: [embeddingOf(0.1)] },
    ]);
    assert.deepEqual(
      [...inUse],
      [
        ["brother", 1],
        ["anna", 1],
        ["eve", 0],
      ],
    );
  });

  it("takes the owner's templates that the bundle's own recognise, behind them", () => {
    const { gallery, inUse } = knownFaces(bundle, [], [person("owner", "Markus", 0.9, 0.64, 0.7)], bars);
    assert.deepEqual(gallery.owner, [...bundle.gallery.owner, embeddingOf(0.9), embeddingOf(0.7)]);
    assert.equal(inUse.get("markus"), 2);
  });

  it("takes none that came too near to somebody who was named since, and none of another owner", () => {
    const known = [person("owner", "Markus", 0.9, 0.7)];
    const near = knownFaces(bundle, [{ name: "unnamed", embedding: embeddingOf(0.8) }], known, bars);
    assert.deepEqual(near.gallery.owner, [...bundle.gallery.owner]);
    assert.equal(knownFaces(bundle, [], [person("owner", "Erik", 0.9)], bars).gallery.owner.length, 1);
  });

  it("does not let templates vouch for one another", () => {
    // Each is like the one before, and the last is nobody's.
    const chain = [0.99, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4];
    const { gallery } = knownFaces(bundle, [], [person("owner", "Markus", ...chain)], bars);
    assert.equal(gallery.owner.length, 1 + 4);
  });

  it("is made anew only when something changed, and tells of the owner's templates", () => {
    const told: number[] = [];
    let people: readonly KnownPerson[] = [];
    const negatives: readonly Negative[] = [];
    const known = new KnownFaces({
      feedback: { negatives: () => negatives },
      people: { known: () => people },
      bars: () => bars,
      onOwnerTemplates: ({ templates }) => told.push(templates.length),
    });
    const first = known.galleryOf(bundle);
    assert.equal(known.galleryOf(bundle), first);
    people = [person("owner", "Markus", 0.9)];
    assert.equal(known.galleryOf(bundle)?.owner.length, 2);
    assert.equal(known.bundleOwnerIn(bundle)?.owner.length, 1);
    assert.equal(known.inUse(bundle, "markus"), 1);
    assert.deepEqual(told, [0, 1]);
  });

  it("is unknown while somebody who was named cannot be known, and a defect stays one", () => {
    const detail = { expected: "x", found: "y", next: "z" };
    const failing = (error: Error | null) => () => {
      if (error !== null) throw error;
      return [];
    };
    const galleryWith = (feedbackFails: Error | null, peopleFail: Error | null) =>
      new KnownFaces({
        feedback: { negatives: failing(feedbackFails) },
        people: { known: failing(peopleFail) },
        bars: () => bars,
        onOwnerTemplates: () => undefined,
      }).galleryOf(bundle);
    assert.notEqual(galleryWith(null, null), null);
    assert.equal(galleryWith(new FacelatchError("FEEDBACK_UNAVAILABLE", detail), null), null);
    assert.equal(galleryWith(null, new FacelatchError("PEOPLE_UNAVAILABLE", detail)), null);
    assert.throws(() => galleryWith(null, new TypeError("defect")), TypeError);
  });
});

describe("a look that is remembered", () => {
  const frame = { seq: 3, jpeg: Uint8Array.of(1), capturedAtMs: 50, digest: "d" };
  const presence = { id: 9, startedAtMs: 0, lastSeenAtMs: 0, frames: 1, agreeing: 0 };
  const decision = {
    ...({ kind: "refuse", reason: "not_owner" } as const),
    ...{ presence, presenceChange: null, presenceEnded: null, lockoutUntilMs: null },
  };
  const lookOf = (verifiedScore: number | null, changes: Partial<Look> = {}): Look => {
    const analysis = analysisOf(verifiedScore);
    const observation = observationOf(frame, analysis, bundle, bundle.gallery);
    return { frame, analysis, observation, decision, decidedAtMs: 60, sustainsPulse: true, ...changes };
  };
  const noted = (look: Look): SubjectFrame[] => {
    const frames: SubjectFrame[] = [];
    noteFace(look, bundle.embeddingSpace, { noteFrame: (one) => frames.push(one) });
    return frames;
  };

  it("is one of a face in a presence", () => {
    const [one] = noted(lookOf(0.6));
    assert.deepEqual([one?.presenceId, one?.frameSeq, one?.embeddingSpace], [9, 3, bundle.embeddingSpace]);
    assert.deepEqual(one?.embedding, embeddingOf(0.6));
    assert.ok(one!.quality > 0);
    assert.deepEqual(noted(lookOf(null)), []);
    assert.deepEqual(noted(lookOf(0.6, { decision: { ...decision, presence: null } })), []);
    assert.deepEqual(noted(lookOf(0.6, { frame: null })), []);
  });

  it("counts for less where the face cannot be judged", () => {
    const analysis = analysisOf(0.6);
    const unfit = { ...analysis, subject: { ...analysis.subject!, unfit: "too_dark" as const } };
    const observation = observationOf(frame, unfit, bundle, bundle.gallery);
    assert.equal(noted(lookOf(0.6, { analysis: unfit, observation }))[0]?.quality, 0);
  });
});
