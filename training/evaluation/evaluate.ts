// Evaluation of a bundle on photos: the same path as on the device, from JPEG to the decision, and the verifier by itself.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { OpenedBundle } from "../../device/slots/open-bundle.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { classFolders } from "../dataset/classes.ts";
import { accuracyOf, type Confusion, confusionOf, precisionOf, type Rate, recallOf } from "../metrics.ts";
import { seededRandom } from "../seeded-random.ts";
import { type AnalysedPhoto, PhotoAnalyser } from "./analyse-photos.ts";
import { type ChosenGallery, chooseGallery, type GalleryFolders } from "./choose-gallery.ts";
import { Door } from "./door.ts";
import { type KnownPhoto, listKnownPhotos, listSequences, requirePhotos } from "./photo-set.ts";
import { byGroup, figuresOfPhotos, type JudgedPhoto, judgePhotos, type PhotoFigures } from "./subjects.ts";
import { playSequence, runImpostors, runTrials, type SequenceFigures, type TrialFigures } from "./trials.ts";
import { figuresOf, type Verification, type VerificationFigures, verify } from "./verification.ts";

export interface EvaluationOptions extends GalleryFolders {
  /** Holds owner_test/ (or owner/), others/ and objects/, any of them. */
  readonly dataDir: string;
  /** Further folders by name, each with figures of its own. */
  readonly probes: ReadonlyMap<string, string>;
  /** Each folder of frames below it is one sequence; those below owner/ are the owner's. */
  readonly sequencesDir: string | null;
  readonly seed: number;
  readonly progress: Progress;
}

export interface ProbeFigures extends PhotoFigures {
  /** Whether every photo is of the owner, as far as names are known: then an opening is no mistake. */
  readonly ofOwner: boolean;
  /** Door trials, one a person. */
  readonly trials: number;
  readonly openedBy: readonly string[];
  /** Of its persons among themselves; null without two photos of one and one of another. */
  readonly verification: VerificationFigures | null;
}

export interface Evaluation {
  readonly bundle: string;
  readonly labels: readonly string[];
  readonly photos: number;
  readonly faces: number;
  readonly accuracy: Rate;
  readonly perClass: Readonly<Record<string, { readonly precision: Rate; readonly recall: Rate }>>;
  readonly confusion: Confusion;
  readonly ownerScoreMin: number;
  readonly verifiedScoreMin: number;
  readonly householdMarginMin: number;
  /** Photos that templates were made from, by person; they are no probes. */
  readonly enrolled: Readonly<Record<string, number>>;
  /** Probes that were left out because they are enrolled. */
  readonly leftOut: number;
  /** The portrayed faces of named persons, at most four each. */
  readonly verification: VerificationFigures & {
    readonly byGroup: Readonly<Record<string, VerificationFigures>>;
    /** The same with each photo's largest face, which the device takes for its subject. */
    readonly ofSubjects: VerificationFigures;
  };
  readonly owner: PhotoFigures;
  readonly others: PhotoFigures & { readonly byGroup: Readonly<Record<string, PhotoFigures>> };
  readonly objects: PhotoFigures;
  readonly trials: TrialFigures;
  readonly probes: Readonly<Record<string, ProbeFigures>>;
  readonly sequences: Readonly<Record<string, SequenceFigures>>;
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly durationS: number;
}

/** The figures, and what a report shows of them. */
export interface Evaluated {
  readonly evaluation: Evaluation;
  readonly verification: Verification;
  readonly verificationByGroup: ReadonlyMap<string, Verification>;
  /** The faces that were verified, in the order of the comparisons' indices. */
  readonly verified: readonly AnalysedPhoto[];
  readonly owner: readonly JudgedPhoto[];
  readonly others: readonly JudgedPhoto[];
  readonly probes: ReadonlyMap<string, readonly JudgedPhoto[]>;
  readonly door: Door;
}

/** @throws FacelatchError INPUT_MISSING when a folder holds no photo, and what opening a bundle throws */
export async function evaluate(bundle: OpenedBundle, options: EvaluationOptions): Promise<Evaluated> {
  const startMs = performance.now();
  const { progress, seed } = options;
  const analyser = new PhotoAnalyser(bundle, progress);
  const { ownerLabel, name, labels, thresholds } = bundle.manifest;
  const chosen = await chooseGallery(analyser, ownerLabel, options);
  const door = new Door(bundle, chosen.gallery);
  const { classes, probes, sequences, leftOut } = await analyseAll(analyser, chosen, options);
  const judged = classes.map((photos) => judgePhotos(photos, door));
  const [owner, others, objects] = judged as [JudgedPhoto[], JudgedPhoto[], JudgedPhoto[]];
  progress.step("resampling identities", 1);
  const verified = [...owner.map((photo) => ({ ...photo, identity: ownerLabel, group: "owner" })), ...others];
  const named = verified.filter(({ identity, portrayed }) => identity !== null && portrayed !== null);
  const verification = verify(facesOf(named));
  const groups = new Map([...byGroup(named, "others")].map(([group, photos]) => [group, verify(facesOf(photos))]));
  const ofSubjects = figuresOf(verify(subjectsOf(named)));
  progress.advance(1);
  progress.end();
  const judgedProbes = new Map([...probes].map(([probe, photos]) => [probe, judgePhotos(photos, door)]));
  const evaluation: Evaluation = {
    bundle: name,
    ...classifierFigures(judged, labels, labels.indexOf(ownerLabel)),
    ownerScoreMin: door.policy.ownerScoreMin,
    verifiedScoreMin: thresholds.verifiedScoreMin,
    householdMarginMin: thresholds.householdMarginMin,
    enrolled: chosen.photos,
    leftOut,
    verification: { ...figuresOf(verification), byGroup: mapValues(groups, figuresOf), ofSubjects },
    owner: figuresOfPhotos(owner),
    others: { ...figuresOfPhotos(others), byGroup: mapValues(byGroup(others, "others"), figuresOfPhotos) },
    objects: figuresOfPhotos(objects),
    trials: runTrials(owner, others, door, seed),
    probes: mapValues(judgedProbes, (photos) => probeFigures(photos, owner, door, seed)),
    sequences: mapValues(sequences, (frames) => playSequence(frames, door)),
    skipped: [...judged.flat(), ...[...judgedProbes.values()].flat()].flatMap(({ path, unreadable }) =>
      unreadable === null ? [] : [{ path, reason: unreadable }],
    ),
    durationS: (performance.now() - startMs) / 1000,
  };
  return {
    evaluation,
    verification,
    verificationByGroup: groups,
    verified: named,
    owner,
    others,
    probes: judgedProbes,
    door,
  };
}

interface AnalysedSets {
  /** Owner, others, objects. */
  readonly classes: readonly (readonly AnalysedPhoto[])[];
  readonly probes: ReadonlyMap<string, readonly AnalysedPhoto[]>;
  readonly sequences: ReadonlyMap<string, readonly AnalysedPhoto[]>;
  readonly leftOut: number;
}

/** Lists everything first, so that a folder that is not there is an error before the work begins. */
async function analyseAll(
  analyser: PhotoAnalyser,
  { enrolled }: ChosenGallery,
  { dataDir, probes, sequencesDir }: EvaluationOptions,
): Promise<AnalysedSets> {
  const listed = await listClasses(dataDir);
  const listedProbes: [string, KnownPhoto[]][] = [];
  for (const [name, folder] of probes)
    listedProbes.push([name, await requirePhotos(folder, `photos of the probe ${name}`)]);
  const listedSequences = sequencesDir === null ? new Map<string, KnownPhoto[]>() : await listSequences(sequencesDir);
  let leftOut = 0;
  const analyse = async (photos: readonly KnownPhoto[], what: string) => {
    const analysed = await analyser.analyse(photos, what);
    const probing = analysed.filter(({ digest }) => !enrolled.has(digest));
    leftOut += analysed.length - probing.length;
    return probing;
  };
  const classes = [];
  for (const [folder, photos] of listed) classes.push(await analyse(photos, `looking at ${folder}`));
  const analysedProbes = new Map<string, AnalysedPhoto[]>();
  for (const [name, photos] of listedProbes) analysedProbes.set(name, await analyse(photos, `probing ${name}`));
  const sequences = new Map<string, AnalysedPhoto[]>();
  for (const [name, photos] of listedSequences) {
    sequences.set(name, await analyser.analyse(photos, `playing ${name}`));
  }
  return { classes, probes: analysedProbes, sequences, leftOut };
}

/** The owner's test photos where they are kept apart from those that were trained on. */
async function listClasses(dataDir: string): Promise<[string, KnownPhoto[]][]> {
  const listed: [string, KnownPhoto[]][] = [];
  for (const folder of classFolders) {
    const tested = folder === "owner" && (await isFolder(join(dataDir, "owner_test"))) ? "owner_test" : folder;
    const photos = await listKnownPhotos(join(dataDir, tested));
    // A thing is nobody, whatever a list calls it.
    listed.push([tested, folder === "objects" ? photos.map((photo) => ({ ...photo, identity: null })) : photos]);
  }
  if (listed.some(([, photos]) => photos.length > 0)) return listed;
  throw new FacelatchError("INPUT_MISSING", {
    expected: `photos in ${["owner_test", ...classFolders].map((folder) => `${folder}/`).join(", ")} below ${dataDir}`,
    found: "none",
    next: "Point --data at a folder laid out like the training's.",
  });
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** What the first witness alone would say; photos that cannot be read have no scores. */
function classifierFigures(classes: readonly (readonly AnalysedPhoto[])[], labels: readonly string[], owner: number) {
  // The labels' order is the classes' but for the owner's place, which the manifest names.
  const truths = [owner, ...labels.keys()].filter((label, at) => at === 0 || label !== owner);
  const scored = classes.flatMap((photos, at) =>
    photos.flatMap(({ analysis }) => (analysis === null ? [] : [{ truth: truths[at]!, scores: analysis.scores }])),
  );
  const confusion = confusionOf(scored, labels.length);
  return {
    labels,
    photos: classes.flat().length,
    faces: classes.flat().filter(({ portrayed }) => portrayed !== null).length,
    accuracy: accuracyOf(confusion),
    perClass: Object.fromEntries(
      labels.map((label, i) => [label, { precision: precisionOf(confusion, i), recall: recallOf(confusion, i) }]),
    ),
    confusion,
  };
}

function probeFigures(
  photos: readonly JudgedPhoto[],
  owner: readonly JudgedPhoto[],
  door: Door,
  seed: number,
): ProbeFigures {
  const ownerNames = new Set(owner.map(({ identity }) => identity).filter((name) => name !== null));
  const verification = figuresOf(verify(facesOf(photos)));
  return {
    ofOwner: photos.every(({ identity }) => identity !== null && ownerNames.has(identity)),
    ...figuresOfPhotos(photos),
    ...runImpostors(photos, door, seededRandom(seed)),
    verification: verification.eer === null ? null : verification,
  };
}

function facesOf(photos: readonly AnalysedPhoto[]) {
  return photos.flatMap(({ identity, portrayed }) =>
    identity === null || portrayed === null ? [] : [{ identity, embedding: portrayed.embedding }],
  );
}

function subjectsOf(photos: readonly AnalysedPhoto[]) {
  return photos.flatMap(({ identity, analysis }) =>
    identity === null || analysis?.subject == null ? [] : [{ identity, embedding: analysis.subject.embedding }],
  );
}

function mapValues<T, R>(map: ReadonlyMap<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries([...map].map(([key, value]) => [key, change(value)]));
}
