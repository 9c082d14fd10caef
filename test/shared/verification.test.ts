// The verifier on photos that nothing was learnt from: error rates over all identities, and a family before the door.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { admissionRefusal } from "../../device/bundle/admission.ts";
import { cosine, meanEmbedding, normalise } from "../../device/bundle/embedding.ts";
import { type Gallery, matchOwner, personScore } from "../../device/bundle/gallery.ts";
import { resample } from "../../device/bundle/resample.ts";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { readPhoto } from "../../training/dataset/photo.ts";
import { openTrainingDetector } from "../../training/detector.ts";
import { chooseVerificationThreshold } from "../../training/verifier/choose-verification-threshold.ts";
import { enrol } from "../../training/verifier/enrol.ts";
import { openFaceReader } from "../../training/verifier/read-faces.ts";
import { readVerifierModel } from "../../training/verifier/verifier-model.ts";
import { sharedPath } from "./pictures.ts";

interface KnownPhoto {
  readonly path: string;
  readonly identity: string;
  readonly embedding: Float32Array;
}

const photosPerIdentityMax = 4;
const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
const folder = sharedPath("data", "sets");

/** Paths and identities of the manifest, in its order. */
const listed = readFileSync(join(folder, "manifest.tsv"), "utf8")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t"))
  .map(([path, , , identity]) => ({ path: path!, identity: identity! }));

let read: Awaited<ReturnType<typeof openFaceReader>>;
before(async () => {
  read = await openFaceReader(engine);
});

async function readAll(pattern: RegExp, central: boolean): Promise<KnownPhoto[]> {
  const photos: KnownPhoto[] = [];
  for (const { path, identity } of listed.filter((entry) => pattern.test(entry.path))) {
    const { subject } = await read(join(folder, path), { central });
    if (subject !== null) photos.push({ path, identity, embedding: subject.embedding });
  }
  return photos;
}

/** The named people, each with a few photos: more would let whoever has many decide the figures. */
const named = /^(owner|owner_test|others\/(kin|lookalikes|lfw))\//;
function fewOfEach<T extends { readonly identity: string }>(photos: readonly T[]): T[] {
  const counts = new Map<string, number>();
  return photos.filter(({ identity }) => {
    const count = (counts.get(identity) ?? 0) + 1;
    counts.set(identity, count);
    return count <= photosPerIdentityMax;
  });
}

function compare(photos: readonly KnownPhoto[]) {
  const genuine: number[] = [];
  const impostor: number[] = [];
  for (const [i, a] of photos.entries()) {
    for (const b of photos.slice(i + 1)) {
      (a.identity === b.identity ? genuine : impostor).push(cosine(a.embedding, b.embedding));
    }
  }
  const descending = (x: number, y: number) => y - x;
  return { genuine: genuine.sort(descending), impostor: impostor.sort(descending) };
}

const shareAbove = (scores: readonly number[], least: number) =>
  scores.filter((score) => score > least).length / scores.length;

function rates({ genuine, impostor }: ReturnType<typeof compare>) {
  const gaps = genuine.map((score) => ({
    frr: 1 - shareAbove(genuine, score - 1e-9),
    far: shareAbove(impostor, score - 1e-9),
  }));
  const nearest = gaps.toSorted((a, b) => Math.abs(a.far - a.frr) - Math.abs(b.far - b.frr))[0]!;
  const tarAt = (far: number) => shareAbove(genuine, impostor[Math.floor(far * impostor.length)]!);
  return { eer: (nearest.far + nearest.frr) / 2, tar: [1e-2, 1e-3, 1e-4].map(tarAt) };
}

describe("verification over all identities", () => {
  test("keeps its error rates, and alignment is what makes them", async (t) => {
    const photos = fewOfEach(await readAll(named, false));
    const scores = compare(photos);
    const aligned = rates(scores);
    const unaligned = rates(compare(await embedBoxes(photos)));
    const percents = (values: readonly number[]) => values.map((value) => `${(100 * value).toFixed(2)} %`).join(", ");
    t.diagnostic(
      `${new Set(photos.map(({ identity }) => identity)).size} identities, ${scores.genuine.length} genuine and ${scores.impostor.length} impostor pairs`,
    );
    t.diagnostic(`EER ${percents([aligned.eer])}; TAR at FAR 1e-2, 1e-3, 1e-4: ${percents(aligned.tar)}`);
    t.diagnostic(`unaligned: EER ${percents([unaligned.eer])}`);
    assert.ok(aligned.eer <= 0.012);
    assert.ok(aligned.tar[1]! >= 0.97 && aligned.tar[2]! >= 0.94);
    assert.ok(unaligned.eer >= 15 * aligned.eer);
  });
});

/** The same faces without alignment: the detector's box, stretched to the model's input. */
async function embedBoxes(photos: readonly KnownPhoto[]): Promise<KnownPhoto[]> {
  const detect = await openTrainingDetector(engine);
  const { bytes, settings } = await readVerifierModel();
  const model = engine.load(bytes);
  const input = model.inputs[0]!.data as Float32Array;
  const { mean, scale } = settings.input;
  const embedded: KnownPhoto[] = [];
  for (const photo of photos) {
    const image = await readPhoto(join(folder, photo.path));
    const [face] = detect(image);
    if (face === undefined) continue;
    resample(image, face.box, 112, 112, input, 1 / scale, -mean / scale);
    model.infer();
    const embedding = Float32Array.from(model.outputs[0]!.data);
    assert.ok(normalise(embedding));
    embedded.push({ ...photo, embedding });
  }
  return embedded;
}

describe("a family before the door", () => {
  /** Of half of the strangers the thresholds are made; the owner's photos are learnt from, those of `owner_test` never. */
  const isTraining = ({ identity }: KnownPhoto, identities: readonly string[]) =>
    identities.indexOf(identity) % 2 === 0;
  const half = <T>(items: readonly T[], which: number) => items.filter((_, i) => i % 2 === which);
  let ownerPhotos: KnownPhoto[];
  let probes: KnownPhoto[];
  let others: KnownPhoto[];
  let strangers: KnownPhoto[];
  let relatives: Map<string, { readonly enrolled: KnownPhoto[]; readonly seen: KnownPhoto[] }>;

  before(async () => {
    ownerPhotos = await readAll(/^owner\//, true);
    probes = await readAll(/^owner_test\//, false);
    others = await readAll(/^others\/(lookalikes|lfw|web_celebs|ai)\//, false);
    const lfw = await readAll(/^others\/lfw\//, true);
    const identities = [...new Set(lfw.map(({ identity }) => identity))].sort();
    strangers = lfw.filter((photo) => isTraining(photo, identities));
    relatives = new Map();
    for (const name of ["Jeb_Bush", "George_HW_Bush"]) {
      const pattern = new RegExp(`^others/kin/${name}_`);
      relatives.set(name, { enrolled: await readAll(pattern, true), seen: await readAll(pattern, false) });
    }
  });

  const asPerson = (photos: readonly KnownPhoto[]) => photos.map(({ embedding, path }) => ({ embedding, group: path }));

  /** Enrols the owner, and of each relative every second photo from `which` on; or no relative. */
  function enrolFamily(which: 0 | 1 | null) {
    const cohort = strangers.map(({ embedding }) => embedding);
    const owner = enrol("the owner", asPerson(ownerPhotos), cohort);
    const household = [...(which === null ? [] : relatives)].map(([name, { enrolled }]) => {
      const photos = asPerson(half(enrolled, which!));
      return { name, photos, ...enrol(name, photos, cohort) };
    });
    const gallery: Gallery = { owner: owner.templates, household };
    const householdScore = (embedding: Float32Array) => matchOwner(embedding, gallery).householdScore;
    const mean = owner.templates.slice(0, 1);
    const cohortScores = strangers.flatMap((a, i) =>
      strangers.slice(i + 1).flatMap((b) => (a.identity === b.identity ? [] : [cosine(a.embedding, b.embedding)])),
    );
    const threshold = chooseVerificationThreshold({
      ownerScores: owner.leftOut.map(({ score }) => score),
      impostorScores: cohort.map((embedding) => personScore(embedding, owner.templates)),
      cohortScores,
      ownerMargins: owner.leftOut.flatMap(({ photo, meanScore }) => {
        const score = householdScore(ownerPhotos[photo]!.embedding);
        return score === null ? [] : [meanScore - score];
      }),
      householdMargins: household.flatMap(({ photos, leftOut }) =>
        leftOut.map(({ photo, score }) => personScore(photos[photo]!.embedding, mean) - score),
      ),
      farMax: 1e-4,
    });
    const opensBy =
      (known: Gallery) =>
      ({ embedding }: KnownPhoto) => {
        const { ownerScore, margin } = matchOwner(embedding, known);
        return ownerScore >= threshold.verifiedScoreMin && (margin === null || margin >= threshold.householdMarginMin);
      };
    return { opens: opensBy(gallery), opensBy, gallery, threshold };
  }

  for (const which of [0, 1] as const) {
    test(`with half ${which + 1} of the relatives' photos enrolled, the other half and everybody else stay out`, (t) => {
      const { opens, threshold } = enrolFamily(which);
      const refused = probes.filter((photo) => !opens(photo)).length;
      const seen = [...relatives].map(([name, photos]) => {
        const unseen = half(photos.seen, 1 - which);
        assert.ok(unseen.length >= 6, name);
        return unseen.filter(opens).length;
      });
      t.diagnostic(
        `score ${threshold.verifiedScoreMin.toFixed(3)}, margin ${threshold.householdMarginMin.toFixed(3)}: ${refused} of ${probes.length} of the owner's refused`,
      );
      assert.deepEqual(seen, [0, 0]);
      assert.ok(others.length > 600);
      assert.deepEqual(others.filter(opens), []);
      assert.equal(probes.length, 40);
      assert.ok(refused <= 0.02 * probes.length);
    });
  }

  /** As an enrolment at the door makes them: means of four looks, of the even or the odd ones among the owner's other photos. */
  const doorTemplates = (which: number) => {
    const looks = half(probes, which).map(({ embedding }) => embedding);
    return Array.from({ length: looks.length / 4 }, (_, i) => meanEmbedding(looks.slice(4 * i, 4 * i + 4))!);
  };

  for (const which of [0, 1, null] as const) {
    test(`with templates of the door, ${which === null ? "no relative" : `half ${which + 1} of the relatives' photos`} enrolled, strangers stay out`, (t) => {
      const { opens, opensBy, gallery, threshold } = enrolFamily(which);
      const seenOf = (photos: readonly KnownPhoto[]) => (which === null ? photos : half(photos, 1 - which));
      const best = (photos: readonly KnownPhoto[], known: Gallery) =>
        Math.max(...photos.map(({ embedding }) => personScore(embedding, known.owner)));
      for (const looks of [0, 1]) {
        const made = doorTemplates(looks);
        const admitted = made.filter((template) => admissionRefusal(template, gallery, threshold) === null);
        const joined: Gallery = { ...gallery, owner: [...gallery.owner, ...admitted] };
        const count = (photos: readonly KnownPhoto[]) =>
          `${photos.filter(opens).length} -> ${photos.filter(opensBy(joined)).length} of ${photos.length}`;
        const otherLooks = half(probes, 1 - looks);
        t.diagnostic(
          `${admitted.length} of ${made.length} templates admitted beside ${gallery.owner.length}; opened before -> after: ` +
            `the owner's other looks ${count(otherLooks)}, brother ${count(seenOf(relatives.get("Jeb_Bush")!.seen))}, ` +
            `father ${count(seenOf(relatives.get("George_HW_Bush")!.seen))}, other people ${count(others)}; ` +
            `their best score ${best(others, gallery).toFixed(3)} -> ${best(others, joined).toFixed(3)}, ` +
            `threshold ${threshold.verifiedScoreMin.toFixed(3)}`,
        );
        assert.ok(admitted.length > 0);
        assert.deepEqual(others.filter(opensBy(joined)), []);
        if (which !== null)
          for (const { seen } of relatives.values()) assert.deepEqual(seenOf(seen).filter(opensBy(joined)), []);
        // Nobody else's face becomes a template, however often it is shown.
        for (const { seen } of relatives.values()) {
          const refused = seen.filter(
            ({ embedding }) => admissionRefusal(embedding, gallery, threshold) !== null,
          ).length;
          if (which !== null) t.diagnostic(`${refused} of ${seen.length} of a relative's looks refused as templates`);
        }
        for (const { embedding } of others) assert.notEqual(admissionRefusal(embedding, gallery, threshold), null);
      }
    });
  }

  test("without a relative enrolled, a brother may pass: the figure is printed, strangers stay out", (t) => {
    const { opens } = enrolFamily(null);
    const opened = [...relatives].map(([, { seen }]) => `${seen.filter(opens).length} of ${seen.length}`);
    t.diagnostic(`the brother opens ${opened[0]}, the father ${opened[1]} (the paper's brother: 4 of 17)`);
    assert.deepEqual(others.filter(opens), []);
    assert.ok(probes.filter((photo) => !opens(photo)).length <= 0.02 * probes.length);
  });
});
