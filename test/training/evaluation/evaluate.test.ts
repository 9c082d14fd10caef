// An evaluation from end to end: real faces before a real bundle's door.
import assert from "node:assert/strict";
import { copyFile, mkdir } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { calibrateBundle, renderCalibration } from "../../../training/evaluation/calibrate.ts";
import { describeEvaluation } from "../../../training/evaluation/describe-evaluation.ts";
import { type Evaluated, type EvaluationOptions, evaluate } from "../../../training/evaluation/evaluate.ts";
import { renderEvaluation } from "../../../training/evaluation/evaluation-report.ts";
import { judgeHousehold, renderHousehold } from "../../../training/evaluation/household.ts";
import { makeSite, quiet, type Site, twin } from "./door-site.ts";

describe("an evaluation", () => {
  let site: Site;
  let plain: Evaluated;

  const run = (changes: Partial<EvaluationOptions> = {}) =>
    evaluate(site.bundle, {
      dataDir: site.at("data"),
      enrolDir: null,
      negativesDir: null,
      probes: new Map([[twin, site.at("twin/probes")]]),
      sequencesDir: null,
      seed: 1,
      progress: quiet,
      ...changes,
    });

  before(async () => {
    site = await makeSite();
    plain = await run();
  });

  after(() => site.remove());

  it("lets the owner in, per photo and at the door", () => {
    const { owner, trials } = plain.evaluation;
    assert.deepEqual([owner.photos, owner.faces, owner.refused.value, owner.refused.n], [8, 8, 0, 8]);
    assert.deepEqual([trials.genuine, trials.refused.value], [1, 0]);
    assert.equal(trials.openedAfterMs?.p50, 360);
  });

  it("keeps other people and things out, by reason, and counts who they are", () => {
    const { others, objects, trials } = plain.evaluation;
    assert.deepEqual([others.photos, others.identities, others.opened.value], [5, 3, 0]);
    assert.equal(others.reasons.not_owner, 5);
    assert.deepEqual(objects.reasons, { no_face: 1, frame_invalid: 1 });
    assert.deepEqual([trials.impostor, trials.impostorIdentities, trials.opened.value], [3, 3, 0]);
    assert.deepEqual(Object.keys(others.byGroup), ["people"]);
  });

  it("says which photos it could not read", () => {
    assert.deepEqual(
      plain.evaluation.skipped.map(({ path }) => path.split("/").at(-1)),
      ["broken.jpg"],
    );
  });

  it("verifies people by their photos, the owner among them", () => {
    const { identities, genuinePairs, impostorPairs, eer, tarAtFar, byGroup } = plain.evaluation.verification;
    // The owner's first four photos, two of two people each and one of another: 6 + 1 + 1 pairs of one person.
    assert.deepEqual([identities, genuinePairs, impostorPairs], [4, 8, 36 - 8]);
    assert.equal(eer?.value, 0);
    assert.equal(tarAtFar["1e-2"], null, "six pairs of identities say nothing of 1 in 100");
    assert.deepEqual(Object.keys(byGroup), ["owner", "people"]);
  });

  it("lets the twin in who is not enrolled, and says so", () => {
    const probe = plain.evaluation.probes[twin]!;
    assert.deepEqual([probe.photos, probe.faces, probe.opened.value], [4, 4, 1]);
    assert.deepEqual([probe.trials, probe.openedBy.length, probe.ofOwner], [1, 1, false]);
  });

  it("keeps the twin out once other photos of the twin are enrolled, at no cost to the owner", async () => {
    const { evaluation } = await run({ negativesDir: site.at("twin/enrolled") });
    const probe = evaluation.probes[twin]!;
    assert.deepEqual([probe.opened.value, probe.reasons, probe.openedBy], [0, { household_member: 4 }, []]);
    assert.equal(evaluation.owner.refused.value, 0);
    assert.deepEqual([evaluation.enrolled, evaluation.leftOut], [{ [twin]: 4 }, 0]);
  });

  it("makes templates of a folder instead of the bundle's: then its person is the owner", async () => {
    const { evaluation } = await run({ enrolDir: site.at("data/others/people/cage") });
    assert.equal(evaluation.owner.refused.value, 1);
    assert.deepEqual(evaluation.enrolled, { Markus: 2 });
  });

  it("takes no enrolled photo for a probe, not even a copy of one", async () => {
    await mkdir(site.at("copies", twin), { recursive: true });
    await copyFile(site.at("twin/probes", twin, "5.jpg"), site.at("copies", twin, "other-name.jpg"));
    const { evaluation } = await run({ negativesDir: site.at("copies"), enrolDir: site.at("data/owner_test") });
    assert.equal(evaluation.probes[twin]!.photos, 3);
    assert.deepEqual([evaluation.owner.photos, evaluation.leftOut], [0, 9]);
  });

  it("plays frames that followed one another", async () => {
    const { evaluation } = await run({ sequencesDir: site.at("twin"), probes: new Map() });
    const sequence = evaluation.sequences[`probes/${twin}`]!;
    assert.deepEqual([sequence.frames, sequence.opened, sequence.openedAfterMs], [4, true, 360]);
    assert.deepEqual(Object.keys(evaluation.sequences), [`enrolled/${twin}`, `probes/${twin}`]);
  });

  it("is refused for folders without photos, before anything is looked at", async () => {
    for (const changes of [
      { dataDir: site.at("nowhere") },
      { probes: new Map([["nobody", site.at("nowhere")]]) },
      { enrolDir: site.at("nowhere") },
    ]) {
      await assert.rejects(run(changes), { code: "INPUT_MISSING" });
    }
  });

  it("is told in words, and as a page with plots and pictures that stands by itself", async () => {
    const text = describeEvaluation(plain.evaluation);
    assert.match(text, /per photo: owner refused 0\.0 %/);
    assert.match(text, /probe twin: opens 100\.0 %/);
    const page = await renderEvaluation(plain);
    assert.equal(page.match(/<svg /g)?.length, 3);
    assert.ok(page.match(/data:image\/jpeg/g)!.length >= 10);
    assert.match(page, /probe twin/);
    assert.ok(page.length < 400_000, `${page.length} characters`);
  });

  it("warns of the twin in the family report, and no more once the twin is enrolled", async () => {
    const household = await judgeHousehold(site.bundle, site.at("twin/probes"), quiet);
    const [member] = household.report.members;
    assert.deepEqual([member?.name, member?.photos, member?.faces, member?.openings], [twin, 4, 4, 4]);
    assert.deepEqual(household.report.unsafe, [twin]);
    assert.match(await renderHousehold(household, "Small"), /opens the door with 4 of 4 faces/);
  });

  it("calibrates for a FAR that the cohort supports, and for no other", async () => {
    const request = { cohortDir: site.at("data/others"), ownerDir: site.at("more"), progress: quiet };
    await assert.rejects(calibrateBundle(site.bundle, { ...request, far: 0.001 }), {
      code: "INPUT_INVALID",
      message: /3000 independent trials.*6 from 3 identities/,
    });
    const calibrated = await calibrateBundle(site.bundle, { ...request, far: 0.5 });
    const { threshold, impostorTrials, far, frr, frrOf, worst } = calibrated.calibration;
    assert.deepEqual([impostorTrials, far.value, frr.value, frr.n, frrOf], [6, 0, 0, 8, "owner"]);
    assert.ok(threshold > worst[0]!.score && threshold < 0.65);
    const page = await renderCalibration(calibrated, "Small");
    assert.match(page, /there is nothing to set/);
    assert.ok(page.match(/data:image\/jpeg/g)!.length >= 6);
  });
});
