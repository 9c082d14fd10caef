// Comparisons over identities and the figures from them, on embeddings whose cosines are known.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compareFaces, type KnownFace } from "../../../training/evaluation/comparisons.ts";
import { equalErrorRate } from "../../../training/evaluation/error-rates.ts";
import { figuresOf, verify } from "../../../training/evaluation/verification.ts";
import { seededRandom } from "../../../training/seeded-random.ts";

/** A unit vector in the plane. */
const at = (degrees: number): number[] => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];

const face = (identity: string, degrees: number): KnownFace => ({ identity, embedding: at(degrees) });

/** So many identities in random directions of many dimensions, with photos that stray from them. */
function crowd(identities: number, photos: number, straying: number, seed = 1): KnownFace[] {
  const random = seededRandom(seed);
  const vector = (width: number, from?: readonly number[]) => {
    const values = Array.from(
      { length: width },
      (_, i) => (from?.[i] ?? 0) + (random.next() - 0.5) * (from ? straying : 1),
    );
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  };
  return Array.from({ length: identities }, (_, i) => ({ identity: `id${i}`, centre: vector(24) })).flatMap(
    ({ identity, centre }) => Array.from({ length: photos }, () => ({ identity, embedding: vector(24, centre) })),
  );
}

describe("comparing faces", () => {
  it("scores each pair once by its cosine, genuine and impostor apart, best first", () => {
    const { genuine, impostor, identities } = compareFaces([face("a", 0), face("b", 90), face("a", 60)]);
    assert.deepEqual(identities, ["a", "b"]);
    assert.deepEqual([genuine.scores.length, genuine.first[0], genuine.second[0]], [1, 0, 2]);
    assert.ok(Math.abs(genuine.scores[0]! - 0.5) < 1e-12);
    // The cosine of 30 degrees stands before that of 90.
    assert.deepEqual(
      [...impostor.scores].map((score) => Number(score.toFixed(6))),
      [0.866025, 0],
    );
    assert.deepEqual([...impostor.first, ...impostor.second], [1, 0, 2, 1]);
  });

  it("takes at most four faces of an identity, the first ones", () => {
    const { genuine, impostor, identityOf } = compareFaces([
      ...[1, 2, 3, 4, 5, 6].map((degrees) => face("a", degrees)),
      face("b", 50),
    ]);
    assert.deepEqual([...identityOf], [0, 0, 0, 0, -1, -1, 1]);
    assert.deepEqual([genuine.scores.length, impostor.scores.length], [6, 4]);
  });

  it("finds every pair whatever the order of the faces", () => {
    const identities = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 24 });
    fc.assert(
      fc.property(identities, (names) => {
        const counts = new Map<string, number>();
        for (const name of names) counts.set(name, Math.min(4, (counts.get(name) ?? 0) + 1));
        const used = [...counts.values()].reduce((sum, count) => sum + count, 0);
        const within = [...counts.values()].reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
        const { genuine, impostor } = compareFaces(names.map((name, i) => face(name, 7 * i)));
        assert.equal(genuine.scores.length, within);
        assert.equal(impostor.scores.length, (used * used - used) / 2 - within);
      }),
    );
  });
});

describe("verification figures", () => {
  const faces = crowd(80, 3, 0.8);
  const verification = verify(faces);

  it("are those of the pairs' scores", () => {
    const { genuine, impostor } = verification.compared;
    const eer = equalErrorRate({ genuine: [...genuine.scores], impostor: [...impostor.scores] })!;
    assert.ok(eer > 0.005 && eer < 0.3, `a crowd in which some are mistaken, not ${eer}`);
    assert.equal(verification.eer!.value, eer);
    const { identities, genuinePairs, impostorPairs } = figuresOf(verification);
    assert.deepEqual([identities, genuinePairs, impostorPairs], [80, 240, 28_440]);
  });

  it("have an interval that contains them, the same on every run", () => {
    for (const rate of [verification.eer!, ...Object.values(verification.tarAtFar).filter((rate) => rate !== null)]) {
      assert.ok(rate.low <= rate.value && rate.value <= rate.high && rate.low < rate.high, JSON.stringify(rate));
    }
    assert.deepEqual(figuresOf(verify(faces)), figuresOf(verification));
  });

  it("give a TAR at a threshold that holds its FAR, and none where the pairs of identities are too few", () => {
    // 80 identities have 3160 pairs: enough for 1e-2 and 1e-3, not for 1e-4.
    const { tarAtFar, scoreMinAtFar, compared } = verification;
    assert.equal(tarAtFar["1e-4"], null);
    assert.equal(scoreMinAtFar["1e-4"], null);
    const passing = compared.impostor.scores.filter((score) => score >= scoreMinAtFar["1e-3"]!).length;
    assert.equal(passing, 28);
    const accepted = compared.genuine.scores.filter((score) => score >= scoreMinAtFar["1e-3"]!).length;
    assert.equal(tarAtFar["1e-3"]!.value, accepted / 240);
    assert.ok(tarAtFar["1e-2"]!.value >= tarAtFar["1e-3"]!.value);
  });

  it("count persons, not photos: six times the photos of few persons leave the interval wide", () => {
    const width = ({ low, high }: { readonly low: number; readonly high: number }) => high - low;
    const few = verify(crowd(20, 4, 0.8)).eer!;
    const many = verify(crowd(120, 4, 0.8)).eer!;
    assert.ok(width(few) > 1.5 * width(many), `${JSON.stringify(few)} ${JSON.stringify(many)}`);
  });

  it("do not claim that nothing ever fails because nothing did", () => {
    const apart = verify([face("a", 0), face("a", 1), face("b", 90), face("b", 91)]);
    assert.equal(apart.eer!.value, 0);
    assert.ok(apart.eer!.high > 0.5);
    assert.equal(apart.tarAtFar["1e-2"], null);
  });

  it("do not claim to know persons from two of them", () => {
    // Both persons have a pair that fails: resampled, they would say half, and nothing else.
    const { eer } = verify([face("a", 0), face("a", 80), face("b", 90), face("b", 170)]);
    assert.ok(eer !== null && eer.value > 0 && eer.value < 1);
    assert.ok(eer.high - eer.low > 0.5, JSON.stringify(eer));
  });

  it("are unknown for one person, or for one photo of each", () => {
    assert.equal(verify([face("a", 0), face("a", 1)]).eer, null);
    assert.equal(verify([face("a", 0), face("b", 1)]).eer, null);
    assert.equal(verify([]).eer, null);
  });

  it("draw a curve from all refused to all accepted", () => {
    const { det } = verification;
    assert.deepEqual(det[0], { far: 0, frr: 1 });
    assert.ok(det.at(-1)!.frr === 0 || det.at(-1)!.far > 0.9);
    for (const [i, { far, frr }] of det.entries()) {
      const before = det[i - 1];
      if (before !== undefined) assert.ok(before.far <= far && before.frr >= frr);
    }
  });
});
