// Enrolment of a run: the owner's and the housemates' templates, the thresholds, and how near each housemate comes.
import { dirname, join, relative } from "node:path";
import { calibrationOf } from "../device/bundle/calibration.ts";
import { cosine, meanEmbedding } from "../device/bundle/embedding.ts";
import { type Gallery, matchOwner, packGallery, personScore } from "../device/bundle/gallery.ts";
import { FacelatchError } from "../device/errors/errors.ts";
import type { Progress } from "../device/terminal/progress.ts";
import { familyReport, type MemberPhoto } from "./evaluation/family.ts";
import { type KnownPhoto, listByFolder, listKnownPhotos } from "./evaluation/photo-set.ts";
import { type EnrolmentRecord, runFolder } from "./run/run-folder.ts";
import { chooseVerificationThreshold } from "./verifier/choose-verification-threshold.ts";
import { type Enrolment, enrol, type PersonPhoto } from "./verifier/enrol.ts";
import { FaceEmbedders } from "./verifier/face-embedders.ts";
import { quantile } from "./verifier/quantile.ts";
import { readVerifierModel } from "./verifier/verifier-model.ts";
import { replaceFile } from "./write-file.ts";

/** The folder beside the three classes whose subfolders are housemates, one each. */
const householdFolder = "household";

export interface EnrolOptions {
  /** Holds owner/ and others/, and household/ where there are housemates. */
  readonly dataDir: string;
  readonly runDir: string;
  readonly ownerLabel: string;
  /** The share of strangers that may pass, where there are enough of them to tell. */
  readonly farMax: number;
  /** Whether a photo, relative to its class's folder, may be learnt from: one of the test split may not. */
  readonly isForTraining: (folder: "owner" | "others", photo: string) => boolean;
  readonly progress: Progress;
}

interface EmbeddedPhoto extends PersonPhoto {
  readonly path: string;
  /** Null where nobody knows whom it shows: it is somebody's, but not surely another's than any other photo. */
  readonly identity: string | null;
}

interface Person {
  readonly name: string;
  readonly photos: readonly EmbeddedPhoto[];
  readonly enrolment: Enrolment;
}

/**
 * Enrols everybody and writes the gallery into the run's folder.
 *
 * @throws FacelatchError DATASET_INVALID where most photos of somebody do not show one person
 */
export async function enrolPeople(options: EnrolOptions): Promise<EnrolmentRecord> {
  const embedders = new FaceEmbedders();
  try {
    return await enrolWith(embedders, options);
  } finally {
    await embedders.close();
  }
}

async function enrolWith(embedders: FaceEmbedders, options: EnrolOptions): Promise<EnrolmentRecord> {
  const { dataDir, runDir, ownerLabel, farMax, progress } = options;
  const embed = (photos: readonly KnownPhoto[], what: string) => embedPhotos(embedders, photos, what, progress);
  const others = distinguish(await embed(await trainingPhotos(options, "others"), "others"));
  const cohort = others.map(({ embedding }) => embedding);
  const enrolPerson = async (name: string, listed: readonly KnownPhoto[]): Promise<Person> => {
    const photos = await embed(listed, name);
    return { name, photos, enrolment: enrol(name, photos, cohort) };
  };
  const owner = await enrolPerson(ownerLabel, await trainingPhotos(options, "owner"));
  refuseOwnerAmongOthers(owner, others, dataDir);
  const household: Person[] = [];
  for (const [name, listed] of await listByFolder(join(dataDir, householdFolder))) {
    household.push(await enrolPerson(name, listed));
  }
  const gallery: Gallery = {
    owner: owner.enrolment.templates,
    household: household.map(({ name, enrolment }) => ({ name, templates: enrolment.templates })),
  };
  const { bytes, ...layout } = packGallery(gallery);
  await replaceFile(join(runDir, runFolder.gallery), bytes);
  const members = new Map(household.map((person) => [person.name, memberPhotos(person, household, gallery)]));
  const ownerScores = owner.enrolment.leftOut.map(({ score }) => score);
  const impostorScores = others.map(({ embedding }) => personScore(embedding, gallery.owner));
  const threshold = chooseVerificationThreshold({
    ownerScores,
    impostorScores,
    cohortScores: strangersScores(others),
    ownerMargins: ownerMargins(owner, gallery),
    householdMargins: [...members.values()].flatMap((photos) => photos.flatMap(({ margin }) => margin ?? [])),
    farMax,
  });
  return {
    layout,
    embeddingSpace: (await readVerifierModel()).settings.embeddingSpace,
    ...threshold,
    identities: new Set(others.flatMap(({ identity }) => identity ?? [])).size,
    outliers: owner.enrolment.outliers.map((place) => relative(dataDir, owner.photos[place]!.path)),
    calibration: calibrationOf({
      genuine: ownerScores,
      impostor: impostorScores,
      household: [...members.values()].flatMap((photos) => photos.flatMap(({ ownerScore }) => ownerScore ?? [])),
    }),
    family: familyOf(members, threshold),
  };
}

async function trainingPhotos(
  { dataDir, isForTraining }: EnrolOptions,
  folder: "owner" | "others",
): Promise<KnownPhoto[]> {
  const root = join(dataDir, folder);
  const photos = await listKnownPhotos(root);
  return photos.filter(({ path }) => isForTraining(folder, relative(root, path)));
}

/** Photos that cannot be read or hold no face were told of when the classes were prepared; here they are passed over. */
async function embedPhotos(
  embedders: FaceEmbedders,
  photos: readonly KnownPhoto[],
  what: string,
  progress: Progress,
): Promise<EmbeddedPhoto[]> {
  progress.step(`faces of ${what}`, photos.length);
  const embeddings = await embedders.embed(
    photos.map(({ path }) => path),
    (done) => progress.advance(done),
  );
  return photos.flatMap(({ path, identity }, i) => {
    const embedding = embeddings[i] ?? null;
    return embedding === null ? [] : [{ path, identity, embedding, group: dirname(path) }];
  });
}

/** Faces as alike as this are one person's, whatever their folders are called. */
const samePersonMin = 0.6;

/** Joins what lies in several folders and is one person, so that nobody counts as a stranger to himself. */
function distinguish(photos: readonly EmbeddedPhoto[]): EmbeddedPhoto[] {
  const people: { readonly identity: string; readonly mean: Float32Array }[] = [];
  const joined = new Map<string, string>();
  for (const identity of new Set(photos.flatMap((photo) => photo.identity ?? []))) {
    const faces = photos.filter((photo) => photo.identity === identity);
    const mean = meanEmbedding(faces.map(({ embedding }) => embedding)) ?? faces[0]!.embedding;
    const same = people.find((person) => cosine(person.mean, mean) >= samePersonMin);
    joined.set(identity, same?.identity ?? identity);
    if (same === undefined) people.push({ identity, mean });
  }
  return photos.map((photo) => ({ ...photo, identity: joined.get(photo.identity ?? "") ?? null }));
}

const namedMax = 5;

/** A photo among others that is as like the owner as his own would move the bar beyond him. */
function refuseOwnerAmongOthers({ enrolment }: Person, others: readonly EmbeddedPhoto[], dataDir: string): void {
  const usual = quantile(
    enrolment.leftOut.map(({ score }) => score),
    0.05,
  );
  const likes = others.filter(({ embedding }) => personScore(embedding, enrolment.templates) >= usual);
  if (likes.length === 0) return;
  const names = likes.slice(0, namedMax).map(({ path }) => relative(dataDir, path));
  throw new FacelatchError("DATASET_INVALID", {
    expected: "nobody among the others who is as like the owner as his own photos",
    found: `${likes.length}: ${names.join(", ")}${likes.length > namedMax ? " and more" : ""}`,
    next: `Move them to owner/ where they show the owner, to ${householdFolder}/NAME/ where they show a relative.`,
  });
}

/** Scores of pairs of photos of two different people. */
function strangersScores(others: readonly EmbeddedPhoto[]): number[] {
  const known = others.filter(({ identity }) => identity !== null);
  return known.flatMap((a, i) =>
    known.slice(i + 1).flatMap((b) => (a.identity === b.identity ? [] : [cosine(a.embedding, b.embedding)])),
  );
}

/** The margins of the owner's photos, each against templates that were made without it; empty without housemates. */
function ownerMargins({ photos, enrolment }: Person, gallery: Gallery): number[] {
  return enrolment.leftOut.flatMap(({ photo, meanScore }) => {
    const { householdScore } = matchOwner(photos[photo]!.embedding, gallery);
    return householdScore === null ? [] : [meanScore - householdScore];
  });
}

/** How near the photos of a housemate come, each against a household that was made without it. */
function memberPhotos(
  { name, photos, enrolment }: Person,
  household: readonly Person[],
  gallery: Gallery,
): MemberPhoto[] {
  const others = household.filter((person) => person.name !== name);
  return enrolment.leftOut.map(({ photo, score }) => {
    const { path, embedding } = photos[photo]!;
    const householdScore = Math.max(score, ...others.map((other) => personScore(embedding, other.enrolment.templates)));
    const ownerMeanScore = personScore(embedding, gallery.owner.slice(0, 1));
    const ownerScore = personScore(embedding, gallery.owner);
    return { path, ownerScore, margin: ownerMeanScore - householdScore, opens: false };
  });
}

function familyOf(
  members: ReadonlyMap<string, readonly MemberPhoto[]>,
  gates: { readonly verifiedScoreMin: number; readonly householdMarginMin: number },
): EnrolmentRecord["family"] {
  const judged = new Map(
    [...members].map(([name, photos]) => [
      name,
      photos.map((photo) => ({
        ...photo,
        opens: photo.ownerScore! >= gates.verifiedScoreMin && photo.margin! >= gates.householdMarginMin,
      })),
    ]),
  );
  return familyReport(judged, gates).members.map(({ name, photos, ownerScoreMax, marginMax, openings, unsafe }) => ({
    name,
    photos,
    verifiedScoreMax: ownerScoreMax,
    marginMax,
    opened: openings,
    unsafe,
  }));
}
