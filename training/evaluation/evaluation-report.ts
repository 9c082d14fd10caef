// The report of an evaluation: figures, DET and score plots, tables by group and probe, and the worst mistakes as pictures.
import type { Rate } from "../metrics.ts";
import type { AnalysedPhoto } from "./analyse-photos.ts";
import type { Comparisons } from "./comparisons.ts";
import type { Evaluated } from "./evaluate.ts";
import { facePicture } from "./pictures.ts";
import { drawDet, drawScores } from "./plots.ts";
import { type Cell, type Picture, renderReport, type Section, type Tile, type Tone } from "./report-page.ts";
import type { JudgedPhoto, PhotoFigures } from "./subjects.ts";
import { describeReasons } from "./trials.ts";
import { farLevels, type VerificationFigures } from "./verification.ts";

const picturesShown = 12;
/** More curves than this tell nothing apart. */
const curvesShown = 5;
/** A curve of fewer persons is a staircase of a few accidents. */
const identitiesDrawnMin = 10;

export async function renderEvaluation(evaluated: Evaluated): Promise<string> {
  const { evaluation, door } = evaluated;
  const { enrolled, leftOut } = evaluation;
  const people = Object.entries(enrolled).map(([name, photos]) => `${name} ${photos}`);
  return renderReport({
    title: `Evaluation of ${evaluation.bundle}`,
    subtitle: [
      `${evaluation.photos} photos, ${evaluation.faces} with a face, in ${evaluation.durationS.toFixed(0)} s.`,
      `Gates: verified score at least ${score(door.policy.verifiedScoreMin)}, household margin at least ${score(door.policy.householdMarginMin)}, classifier at least ${Number(door.policy.ownerScoreMin.toPrecision(2))}.`,
      people.length === 0
        ? "Templates of the bundle."
        : `Templates from photos: ${people.join(", ")}; ${leftOut} of these left out of the probes.`,
    ].join(" "),
    tiles: tilesOf(evaluated),
    sections: [
      await plotSection(evaluated),
      verificationSection(evaluated),
      doorSection(evaluated),
      ...sequenceSections(evaluated),
      ...(await pictureSections(evaluated)),
    ],
  });
}

function tilesOf({ evaluation }: Evaluated): Tile[] {
  const { verification, owner, trials, others } = evaluation;
  const tar = verification.tarAtFar["1e-3"];
  return [
    { label: "equal error rate", value: share(verification.eer), note: interval(verification.eer) },
    { label: "TAR at FAR 1e-3", value: share(tar), note: interval(tar) },
    {
      label: "owner refused, per photo",
      value: share(owner.refused),
      note: interval(owner.refused),
    },
    {
      label: "others let in, per photo",
      value: share(others.opened),
      note: interval(others.opened),
      tone: toneOf(others.opened),
    },
    {
      label: "owner refused, door trials",
      value: share(trials.refused),
      note: interval(trials.refused),
    },
    {
      label: "wrong openings, door trials",
      value: share(trials.opened),
      note: interval(trials.opened),
      tone: toneOf(trials.opened),
    },
  ];
}

async function plotSection(evaluated: Evaluated): Promise<Section> {
  const { verification, verificationByGroup, door, owner, others, probes } = evaluated;
  const groups = [...verificationByGroup]
    .filter(([, { eer, identities }]) => eer !== null && identities >= identitiesDrawnMin)
    .slice(0, curvesShown - 1);
  const curves = [
    { name: "all", points: verification.det },
    ...groups.map(([name, { det }]) => ({ name, points: det })),
  ];
  const ownerScores = (photos: readonly JudgedPhoto[]) => photos.flatMap(({ match }) => match?.ownerScore ?? []);
  const series = [
    { name: "others", scores: ownerScores(others) },
    { name: "owner", scores: ownerScores(owner) },
    ...[...probes].slice(0, curvesShown - 1).map(([name, photos]) => ({ name, scores: ownerScores(photos) })),
  ].filter(({ scores }) => scores.length > 0);
  const mark = { name: "threshold", score: door.policy.verifiedScoreMin };
  const { genuine, impostor } = verification.compared;
  return {
    heading: "The verifier",
    text: "One person's photos against each other, and those of different persons. Lower and further left is better; the dashed line is where both errors are equal.",
    plots: [
      { svg: await drawDet(curves), caption: "Detection error trade-off, by source of the photos" },
      {
        svg: await drawScores(
          [
            { name: "two persons", scores: [...impostor.scores] },
            { name: "one person", scores: [...genuine.scores] },
          ],
          [mark],
          "cosine of two photos",
        ),
        caption: "All pairs of photos",
      },
      ...(series.length === 0
        ? []
        : [
            {
              svg: await drawScores(series, [mark], "score against the owner's templates"),
              caption: "Photos before this door",
            },
          ]),
    ],
  };
}

function verificationSection({ evaluation }: Evaluated): Section {
  const { byGroup, ofSubjects, ...all } = evaluation.verification;
  const row = (name: string, figures: VerificationFigures): Cell[] => [
    name,
    String(figures.identities),
    String(figures.genuinePairs),
    String(figures.impostorPairs),
    figures.eer === null ? "–" : percentRange(figures.eer),
    ...farLevels.map((level) => {
      const rate = figures.tarAtFar[level];
      return rate === null ? "–" : percentRange(rate);
    }),
  ];
  const probes = Object.entries(evaluation.probes).flatMap(([name, { verification }]) =>
    verification === null ? [] : [row(`probe ${name}`, verification)],
  );
  return {
    heading: "Verification by group",
    text: "Intervals at 95 % from resampled identities. A dash: too few pairs of identities for a statement about so rare an error (three times as many are needed as one error stands for).",
    table: {
      columns: ["group", "identities", "genuine", "impostor", "EER", ...farLevels.map((level) => `TAR at ${level}`)],
      rows: [
        row("all", all),
        row("all, largest face", ofSubjects),
        ...Object.entries(byGroup).map(([name, figures]) => row(name, figures)),
        ...probes,
      ],
    },
  };
}

function doorSection({ evaluation }: Evaluated): Section {
  const { owner, others, objects, probes } = evaluation;
  const row = (name: string, figures: PhotoFigures, isOwner = false): Cell[] => [
    name,
    String(figures.photos),
    String(figures.faces),
    String(figures.identities),
    isOwner ? percentRange(figures.opened) : { text: percentRange(figures.opened), tone: toneOf(figures.opened) },
    figures.verifiedScoreMax === null ? "–" : score(figures.verifiedScoreMax),
    { text: describeReasons(figures.reasons) || "–", tone: "words" },
  ];
  return {
    heading: "At the door, per photo",
    text: "Each photo as one frame: it opens when it passes every gate. The door itself asks for several frames.",
    table: {
      columns: ["photos", "n", "faces", "identities", "open", "highest score", "refused for"],
      rows: [
        row("owner", owner, true),
        ...Object.entries(others.byGroup).map(([name, figures]) => row(name, figures)),
        ...(objects.photos > 0 ? [row("objects", objects)] : []),
        ...Object.entries(probes).map(([name, figures]) => row(`probe ${name}`, figures, figures.ofOwner)),
      ],
    },
  };
}

function sequenceSections({ evaluation }: Evaluated): Section[] {
  const sequences = Object.entries(evaluation.sequences);
  if (sequences.length === 0) return [];
  const rows = sequences.map(([name, { frames, opened, openedAfterMs, reasons }]): Cell[] => [
    name,
    String(frames),
    opened ? `after ${((openedAfterMs ?? 0) / 1000).toFixed(1)} s` : "never",
    { text: describeReasons(reasons), tone: "words" },
  ]);
  return [
    {
      heading: "Sequences",
      text: "Frames that followed one another, at ten a second, until the door opens.",
      table: { columns: ["frames of", "n", "opens", "refused for"], rows },
    },
  ];
}

async function pictureSections(evaluated: Evaluated): Promise<Section[]> {
  const { owner, others, verification, verified, door } = evaluated;
  const nearest = others
    .filter(({ match }) => match !== null)
    .toSorted(
      (a, b) => Number(b.reason === null) - Number(a.reason === null) || b.match!.ownerScore - a.match!.ownerScore,
    );
  const refused = owner
    .filter(({ reason }) => reason !== null)
    .toSorted((a, b) => (a.match?.ownerScore ?? -1) - (b.match?.ownerScore ?? -1));
  const { genuine, impostor } = verification.compared;
  return [
    {
      heading: "Photos of the owner that are refused",
      text: refused.length === 0 ? "None." : `${refused.length} of ${owner.length}, the lowest score first.`,
      pictures: await Promise.all(refused.slice(0, picturesShown).map(pictureOf)),
    },
    {
      heading: "Others who come nearest",
      text: `Photos that open first, then by their score against the owner's templates; the threshold is ${score(door.policy.verifiedScoreMin)}.`,
      pictures: await Promise.all(nearest.slice(0, picturesShown).map(pictureOf)),
    },
    {
      heading: "Different persons who look most alike to the verifier",
      pictures: await pairPictures(verified, impostor, [...impostor.scores.keys()].slice(0, picturesShown)),
    },
    {
      heading: "Photos of one person that look least alike",
      pictures: await pairPictures(verified, genuine, [...genuine.scores.keys()].reverse().slice(0, picturesShown)),
    },
  ];
}

async function pictureOf({ path, identity, reason, match, analysis }: JudgedPhoto): Promise<Picture> {
  const margin = match?.margin == null ? "" : `, margin ${score(match.margin)}`;
  return {
    jpegs: [await facePicture(path, analysis?.faces[0] ?? null)],
    caption: `${match === null ? "no face" : score(match.ownerScore)} ${reason ?? "opens"}`,
    detail: `${identity ?? "unknown"}${margin}`,
  };
}

function pairPictures(
  photos: readonly AnalysedPhoto[],
  { scores, first, second }: Comparisons,
  places: readonly number[],
): Promise<Picture[]> {
  return Promise.all(
    places.map(async (place) => {
      const pair = [photos[first[place]!]!, photos[second[place]!]!];
      const names = [...new Set(pair.map(({ identity }) => identity ?? "unknown"))];
      return {
        jpegs: await Promise.all(pair.map(({ path, portrayed }) => facePicture(path, portrayed?.face ?? null))),
        caption: score(scores[place]!),
        detail: names.join(" / "),
      };
    }),
  );
}

function score(value: number): string {
  return value.toFixed(3);
}

function share(rate: Rate | null): string {
  return rate === null || rate.n === 0
    ? "–"
    : `${(100 * rate.value).toFixed(rate.value > 0 && rate.value < 0.1 ? 2 : 1)} %`;
}

function interval(rate: Rate | null): string {
  if (rate === null) return "too few identities";
  return `${(100 * rate.low).toFixed(2)} to ${(100 * rate.high).toFixed(2)} %, n\u00a0=\u00a0${rate.n}`;
}

function percentRange({ value, low, high }: Rate): string {
  const show = (part: number) => (100 * part).toFixed(part < 0.1 ? 2 : 1);
  return `${show(value)} % (${show(low)}–${show(high)})`;
}

/** Whatever lets anybody but the owner in is bad. */
function toneOf({ value }: Rate): Tone {
  return value > 0 ? "bad" : "good";
}
