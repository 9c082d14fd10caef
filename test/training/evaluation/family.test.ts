// The family report: who is unsafe, and why.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeFamily, familyReport, type MemberPhoto, safetyDistance } from "../../../training/evaluation/family.ts";

const gates = { verifiedScoreMin: 0.5, householdMarginMin: 0.1 };

const photo = (ownerScore: number | null, margin: number | null = null, opens = false): MemberPhoto => ({
  path: `${ownerScore}.jpg`,
  ownerScore,
  margin,
  opens,
});

const judge = (...photos: readonly MemberPhoto[]) => familyReport(new Map([["Ben", photos]]), gates).members[0]!;

describe("a household member", () => {
  it("is safe when every face stays clear of the threshold", () => {
    const member = judge(photo(0.44), photo(0.2), photo(null));
    assert.deepEqual([member.photos, member.faces, member.ownerScoreMax, member.marginMin], [3, 2, 0.44, null]);
    assert.deepEqual([member.unsafe, member.openings, member.near], [false, 0, 0]);
  });

  it("is unsafe within the safety distance of the threshold, although the door stays locked", () => {
    assert.equal(judge(photo(0.5 - safetyDistance + 0.001)).unsafe, true);
    assert.equal(judge(photo(0.5 - safetyDistance - 0.001)).unsafe, false);
    assert.match(
      judge(photo(0.1), photo(0.49)).verdict,
      /within 0.05 of the gates with 1 of 2 faces: enrol this person/,
    );
  });

  it("is unsafe with any opening, whatever the scores", () => {
    const member = judge(photo(0.1, null, true));
    assert.deepEqual([member.unsafe, member.openings], [true, 1]);
    assert.match(member.verdict, /^opens the door with 1 of 1 faces/);
  });

  it("may score high when enrolled, as long as the margin keeps the door locked by the safety distance", () => {
    const member = judge(photo(0.7, -0.2), photo(0.6, 0.04), photo(0.3, 0.5));
    assert.deepEqual([member.unsafe, member.marginMin, member.marginMax], [false, -0.2, 0.5]);
    // The face that comes nearest misses the margin by 0.06; the one with the highest score by 0.3.
    assert.equal(member.worst!.ownerScore, 0.6);
    assert.equal(judge(photo(0.7, 0.06)).unsafe, true);
    assert.match(judge(photo(0.7, 0.06)).verdict, /enrol more photos of this person, or raise the margin/);
  });

  it("without a face is no proof of safety", () => {
    assert.match(judge(photo(null)).verdict, /nothing is known/);
    assert.equal(judge().faces, 0);
  });
});

describe("the family report", () => {
  it("names who is unsafe", () => {
    const report = familyReport(
      new Map([
        ["Ben", [photo(0.6, null, true)]],
        ["Cleo", [photo(0.2)]],
      ]),
      gates,
    );
    assert.deepEqual(report.unsafe, ["Ben"]);
    const text = describeFamily(report);
    assert.match(text, /UNSAFE Ben: 1 faces in 1 photos, highest score 0.600/);
    assert.match(text, /ok {5}Cleo/);
  });
});
