// Which mistakes come first.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { indexOfMax } from "../../../../training/metrics.ts";
import { worstMistakes } from "../../../../training/report/statistics/worst-mistakes.ts";

describe("the worst mistakes", () => {
  it("are those who open the door, then the owner kept out, then the rest; the surest first", () => {
    const photos = [
      { picture: "right", truth: 0, scores: [0.9, 0.1, 0] },
      { picture: "object as person, sure", truth: 2, scores: [0, 1, 0] },
      { picture: "owner kept out, unsure", truth: 0, scores: [0.4, 0.6, 0] },
      { picture: "owner kept out, sure", truth: 0, scores: [0.1, 0.9, 0] },
      { picture: "stranger lets himself in, unsure", truth: 1, scores: [0.51, 0.49, 0] },
      { picture: "object opens, sure", truth: 2, scores: [0.99, 0, 0.01] },
    ];
    assert.deepEqual(
      worstMistakes(photos, 0).map(({ picture }) => picture),
      [
        "object opens, sure",
        "stranger lets himself in, unsure",
        "owner kept out, sure",
        "owner kept out, unsure",
        "object as person, sure",
      ],
    );
  });

  it("are every mistake and nothing else, whichever class the owner is", () => {
    const photo = fc.record({
      truth: fc.nat(2),
      scores: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(photo), fc.nat(2), (photos, owner) => {
        const found = worstMistakes(photos, owner);
        assert.equal(found.length, photos.filter(({ truth, scores }) => indexOfMax(scores) !== truth).length);
        assert.ok(found.every((mistake) => photos.includes(mistake)));
        const openings = found.map(({ scores }) => indexOfMax(scores) === owner);
        assert.deepEqual(
          openings,
          openings.toSorted((a, b) => Number(b) - Number(a)),
        );
      }),
    );
  });
});
