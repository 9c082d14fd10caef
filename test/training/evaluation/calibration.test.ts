// A threshold for a wanted FAR: what it promises, what it costs, and when it is refused.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { type CohortFace, calibrate } from "../../../training/evaluation/calibration.ts";
import { describeFar, parseFar } from "../../../training/evaluation/far.ts";
import { seededRandom } from "../../../training/seeded-random.ts";

const random = seededRandom(3);

/** So many identities in random directions, two photos each, with the owner's score of each given. */
function cohort(identities: number, ownerScore: (i: number) => number | null = () => null): CohortFace[] {
  const vector = (from?: readonly number[]) => {
    const values = Array.from({ length: 16 }, (_, k) => (from?.[k] ?? 0) + (random.next() - 0.5) * (from ? 0.3 : 1));
    const length = Math.hypot(...values);
    return values.map((value) => value / length);
  };
  return Array.from({ length: identities }, (_, i) => i).flatMap((i) => {
    const centre = vector();
    return [1, 2].map((photo) => ({
      identity: `id${i}`,
      path: `id${i}/${photo}.jpg`,
      embedding: vector(centre),
      ownerScore: ownerScore(i),
    }));
  });
}

const options = { far: 0.01, ownerLabel: "Anna", ownerScores: [] };

describe("calibrating a threshold", () => {
  it("lets no more pairs of identities pass than support the FAR at 95 %", () => {
    // 40 identities have 780 pairs: 7 errors would be the FAR itself, 3 have an upper bound of 7.75 in 780.
    const { far, farAtMost, impostorTrials, identities, frr, frrOf, threshold, worst } = calibrate(cohort(40), options);
    assert.deepEqual([impostorTrials, identities, far.n, far.value], [780, 40, 780, 3 / 780]);
    assert.ok(farAtMost <= 0.01 && farAtMost > far.value);
    assert.deepEqual([frrOf, frr.n], ["cohort", 40]);
    assert.ok(worst[2]!.score >= threshold && worst[3]!.score < threshold);
  });

  it("takes a pair's most alike photos, and each pair once", () => {
    const { worst } = calibrate(cohort(40), options);
    const names = worst.map(({ first, second }) => [first.identity, second.identity].sort().join());
    assert.equal(new Set(names).size, worst.length);
    for (const [i, { score }] of worst.entries()) assert.ok(i === 0 || score <= worst[i - 1]!.score);
  });

  it("counts every identity against the owner's templates too, and takes the owner's photos for the FRR", () => {
    const faces = cohort(30, (i) => (i === 7 ? 0.99 : 0.1));
    const ownerScores = [0.999, 0.995, 0.2, 0.995];
    const { impostorTrials, worst, frr, frrOf, threshold } = calibrate(faces, { ...options, ownerScores });
    assert.equal(impostorTrials, 435 + 30);
    assert.deepEqual(worst[0], {
      score: 0.99,
      first: { identity: "id7", path: "id7/1.jpg" },
      second: { identity: "Anna", path: null },
    });
    assert.equal(frrOf, "owner");
    assert.deepEqual([frr.value, frr.n], [ownerScores.filter((score) => score < threshold).length / 4, 4]);
  });

  it("refuses a FAR which the identities cannot support, and says how many are missing", () => {
    assert.throws(
      () => calibrate(cohort(40), { ...options, far: 1 / 1000 }),
      (error: unknown) => {
        assert.ok(error instanceof FacelatchError && error.code === "INPUT_INVALID");
        assert.match(
          error.detail.expected,
          /^3000 independent trials for a FAR of 1\/1000: the pairs of 78 identities$/,
        );
        assert.match(error.detail.found, /^780 from 40 identities$/);
        assert.match(error.detail.next, /38 more persons.*1\/260/);
        return true;
      },
    );
    // What it offers instead is accepted.
    assert.ok(calibrate(cohort(40), { ...options, far: 1 / 260 }).farAtMost <= 1 / 260);
    assert.throws(() => calibrate([], options), /0 from 0 identities/);
  });
});

describe("a FAR on the command line", () => {
  it("is a fraction, a percentage or a decimal", () => {
    for (const [text, far] of [
      ["1/50000", 2e-5],
      ["1 / 50_000", 2e-5],
      ["0.002%", 2e-5],
      ["0.002 %", 2e-5],
      ["2e-5", 2e-5],
      [".001", 0.001],
    ] as const) {
      assert.ok(Math.abs(parseFar(text) - far) < 1e-18, text);
    }
  });

  it("is nothing else", () => {
    for (const text of ["", "0", "1", "60%", "1/0", "2/50000", "-1e-3", "1e-3x", "NaN", "1/1"]) {
      assert.throws(() => parseFar(text), { code: "USAGE" }, text);
    }
  });

  it("is said as people say it", () => {
    assert.deepEqual([2e-5, 1 / 20_945, 0.01, 0.05].map(describeFar), ["1/50000", "1/20945", "1/100", "5 %"]);
  });
});
