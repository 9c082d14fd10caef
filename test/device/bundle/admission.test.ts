// Who may stand beside the owner's own templates: nobody whom those would not let in.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type AdmissionBars, admissionRefusal } from "../../../device/bundle/admission.ts";
import { normalise } from "../../../device/bundle/embedding.ts";
import { type Gallery, matchOwner } from "../../../device/bundle/gallery.ts";

const bars: AdmissionBars = { verifiedScoreMin: 0.6, householdMarginMin: 0.1 };
const at = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
const alone: Gallery = { owner: [at(0)], household: [] };

describe("a template of the owner's", () => {
  it("is admitted where the bundle's own are like it, and refused where they are not", () => {
    assert.equal(admissionRefusal(at(30), alone, bars), null);
    assert.equal(admissionRefusal(at(60), alone, bars), "not_owner");
    assert.equal(admissionRefusal(at(60), { ...alone, owner: [at(0), at(50)] }, bars), null, "any of them");
    assert.equal(admissionRefusal(at(0), { ...alone, owner: [] }, bars), "not_owner");
  });

  it("is refused within the margin of anybody of the household", () => {
    const household = [
      { name: "far", templates: [at(180)] },
      { name: "brother", templates: [at(-90), at(40)] },
    ];
    assert.equal(admissionRefusal(at(0), { ...alone, household }, bars), null);
    assert.equal(admissionRefusal(at(20), { ...alone, household }, bars), "household_member");
    const empty = [{ name: "nobody", templates: [] }];
    assert.equal(admissionRefusal(at(20), { ...alone, household: empty }, bars), null);
  });

  it("is refused where it is no number", () => {
    const nan = Float32Array.of(Number.NaN, 0);
    assert.equal(admissionRefusal(nan, alone, bars), "not_owner");
    const household = [{ name: "broken", templates: [nan] }];
    assert.equal(admissionRefusal(at(0), { ...alone, household }, bars), "household_member");
  });

  it("is admitted only where the door itself would pass the face by verification and margin", () => {
    const vector = fc
      .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
      .map((values) => Float32Array.from(values))
      .filter((values) => normalise(values));
    const people = fc.array(vector, { maxLength: 3 });
    fc.assert(
      fc.property(vector, fc.array(vector, { minLength: 1, maxLength: 3 }), people, (face, owner, others) => {
        const gallery = { owner, household: others.map((template, i) => ({ name: `${i}`, templates: [template] })) };
        const { ownerScore, margin } = matchOwner(face, gallery);
        const passes = ownerScore >= bars.verifiedScoreMin && (margin === null || margin >= bars.householdMarginMin);
        assert.equal(admissionRefusal(face, gallery, bars) === null, passes);
      }),
    );
  });
});
