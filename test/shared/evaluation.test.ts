// The verifier and the door on the shared sets: templates and thresholds from the training side, every probe unseen.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { enrolPeople } from "../../training/enrolment.ts";
import { calibrateBundle } from "../../training/evaluation/calibrate.ts";
import { type Evaluation, evaluate } from "../../training/evaluation/evaluate.ts";
import { judgeHousehold } from "../../training/evaluation/household.ts";
import { listKnownPhotos } from "../../training/evaluation/photo-set.ts";
import type { EnrolmentRecord } from "../../training/run/run-folder.ts";
import { runFolder } from "../../training/run/run-folder.ts";
import { changedBundle, makeSmallBundle, type SmallBundle } from "../fixtures/small-bundle.ts";
import { silentProgress } from "../training/silent-progress.ts";
import { sharedPath } from "./pictures.ts";

const quiet = silentProgress();
const brother = "Jeb_Bush";
const father = "George_HW_Bush";

/** Every second person of one source is known to the training; the others, and all other sources, are not. */
async function linkTrainingSide(folder: string): Promise<void> {
  await mkdir(folder);
  await symlink(sharedPath("data", "sets", "owner"), join(folder, "owner"));
  const photos = await listKnownPhotos(sharedPath("data", "sets", "others", "lfw"));
  const identities = [...new Set(photos.map(({ identity }) => identity))].sort();
  for (const { path, identity } of photos.filter((photo) => identities.indexOf(photo.identity) % 2 === 1)) {
    await link(path, join(folder, "others", identity!));
  }
}

async function link(path: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await symlink(path, join(folder, basename(path)));
}

/** Of the brother and the father, every second photo is enrolled and the others are probes. */
async function linkKin(folder: string): Promise<void> {
  for (const name of [brother, father]) {
    const kin = sharedPath("data", "sets", "others", "kin");
    const photos = (await readdir(kin)).filter((photo) => photo.startsWith(name)).sort();
    assert.ok(photos.length >= 12);
    for (const [i, photo] of photos.entries()) {
      await link(join(kin, photo), join(folder, i % 2 === 0 ? "enrolled" : "probes", name));
      await link(join(kin, photo), join(folder, "all", name));
    }
  }
}

/** The small bundle with these templates and thresholds; its classifier lets everybody pass. */
async function bundleOf(enrolment: EnrolmentRecord, runDir: string): Promise<SmallBundle> {
  const { layout, verifiedScoreMin, householdMarginMin } = enrolment;
  const bundle = await makeSmallBundle();
  return changedBundle(bundle, {
    files: { [bundle.manifest.gallery.file]: await readFile(join(runDir, runFolder.gallery)) },
    // Its calibration is of another bar.
    manifest: ({ calibration: _, ...manifest }) => ({
      ...manifest,
      gallery: { ...manifest.gallery, owner: layout.owner, household: [] },
      thresholds: { ...manifest.thresholds, ownerScoreMin: 0, verifiedScoreMin, householdMarginMin },
    }),
  });
}

describe("the shared sets before a door whose classifier lets everybody pass", () => {
  let folder: string;
  let bundle: SmallBundle;
  let evaluation: Evaluation;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "facelatch-sets-"));
    await linkTrainingSide(join(folder, "training"));
    await linkKin(join(folder, "kin"));
    const enrolment = await enrolPeople({
      dataDir: join(folder, "training"),
      runDir: folder,
      ownerLabel: "Markus",
      farMax: 1e-4,
      isForTraining: () => true,
      progress: quiet,
    });
    bundle = await bundleOf(enrolment, folder);
    const evaluated = await evaluate(bundle, {
      dataDir: sharedPath("data", "sets"),
      enrolDir: null,
      negativesDir: join(folder, "kin", "enrolled"),
      probes: new Map([["kin", join(folder, "kin", "probes")]]),
      sequencesDir: null,
      seed: 1,
      progress: quiet,
    });
    evaluation = evaluated.evaluation;
  });

  after(() => rm(folder, { recursive: true }));

  it("the verifier holds its error rates over all identities, and tells them by group", (t) => {
    const { eer, tarAtFar, identities, byGroup, ofSubjects } = evaluation.verification;
    assert.equal(identities, 355);
    assert.ok(eer && tarAtFar["1e-3"] && tarAtFar["1e-4"]);
    t.diagnostic(`EER ${eer.value} (${eer.low} to ${eer.high}); of the largest face ${ofSubjects.eer?.value}`);
    t.diagnostic(`TAR ${tarAtFar["1e-3"].value} at 1e-3, ${tarAtFar["1e-4"].value} at 1e-4`);
    for (const [group, figures] of Object.entries(byGroup)) t.diagnostic(`${group}: EER ${figures.eer?.value}`);
    assert.ok(eer.value <= 0.012);
    assert.ok(tarAtFar["1e-3"].value >= 0.97);
    assert.ok(tarAtFar["1e-4"].value >= 0.94);
  });

  it("opens for no relative, no look-alike and no other person, with half of the kin's photos enrolled", (t) => {
    const { probes, others, trials, verifiedScoreMin } = evaluation;
    t.diagnostic(`threshold ${verifiedScoreMin}; kin refused for ${JSON.stringify(probes["kin"]!.reasons)}`);
    assert.deepEqual([probes["kin"]!.photos, probes["kin"]!.faces], [12, 12]);
    assert.deepEqual([probes["kin"]!.opened.value, others.opened.value, trials.opened.value], [0, 0, 0]);
    assert.ok(trials.impostorIdentities >= 350 && others.photos >= 650);
  });

  it("refuses the owner in at most 2 % of his photos, also where somebody else is beside him", (t) => {
    const { owner } = evaluation;
    t.diagnostic(`${owner.refused.value} of ${owner.photos} photos refused: ${JSON.stringify(owner.reasons)}`);
    assert.ok(owner.photos >= 40);
    assert.ok(owner.refused.value <= 0.02);
  });

  it("lets the brother in who is not enrolled, and the family report says so", async (t) => {
    const { report } = await judgeHousehold(bundle, join(folder, "kin", "all"), quiet);
    const [first] = report.members.filter(({ name }) => name === brother);
    t.diagnostic(`the brother opens with ${first?.openings} of ${first?.faces} faces`);
    assert.deepEqual(report.unsafe, [brother]);
  });

  it("supports a FAR of 1 in 10,000, and says what 1 in 50,000 would take", async (t) => {
    const request = { cohortDir: sharedPath("data", "sets", "others"), ownerDir: null, progress: quiet };
    const { calibration } = await calibrateBundle(bundle, { ...request, far: 1e-4 });
    t.diagnostic(`threshold ${calibration.threshold} from ${calibration.impostorTrials} trials`);
    assert.ok(calibration.farAtMost <= 1e-4 && calibration.impostorTrials >= 60_000);
    await assert.rejects(
      calibrateBundle(bundle, { ...request, far: 1 / 50_000 }),
      /150000 independent trials.*more persons/,
    );
  });
});
