// The door trials of an evaluation: the owner's in windows of photos, everybody else's one by one, sequences as they are.
import { sep } from "node:path";
import { type Percentiles, percentilesOf } from "../../device/bench/percentiles.ts";
import type { RefusalReason } from "../../device/decision/decision.ts";
import { type Rate, rateOf } from "../metrics.ts";
import { type SeededRandom, seededRandom } from "../seeded-random.ts";
import type { AnalysedPhoto } from "./analyse-photos.ts";
import { type Door, standingStill } from "./door.ts";
import { genuineTrials, impostorTrial, type Played, playFrames } from "./door-trials.ts";
import { identitiesIn, type ReasonCounts } from "./subjects.ts";

export interface TrialFigures {
  /** Trials of the owner, and the share of them in which the door stayed locked. */
  readonly genuine: number;
  readonly refused: Rate;
  /** Trials of anybody else, and the share of them in which it opened. */
  readonly impostor: number;
  readonly opened: Rate;
  /** Persons known by name among them; each photo of somebody unknown is a trial of its own. */
  readonly impostorIdentities: number;
  /** Who got in. */
  readonly openedBy: readonly string[];
  /** From the first frame to the relay, of the owner's trials that opened; null where none did. */
  readonly openedAfterMs: Percentiles | null;
}

export function runTrials(
  owner: readonly AnalysedPhoto[],
  others: readonly AnalysedPhoto[],
  door: Door,
  seed: number,
): TrialFigures {
  const random = seededRandom(seed);
  const genuine = genuineTrials(owner, door.policy, random).map((photos) => play(photos, door));
  const { trials, openedBy } = runImpostors(others, door, random);
  const afterMs = genuine.flatMap(({ openedAfterMs }) => (openedAfterMs === null ? [] : [openedAfterMs]));
  return {
    genuine: genuine.length,
    refused: rateOf(genuine.filter(({ opened }) => !opened).length, genuine.length),
    impostor: trials,
    opened: rateOf(openedBy.length, trials),
    impostorIdentities: identitiesIn(others),
    openedBy,
    openedAfterMs: afterMs.length === 0 ? null : percentilesOf(afterMs),
  };
}

export interface ImpostorTrials {
  readonly trials: number;
  readonly openedBy: readonly string[];
}

/** One trial a person; without frames there is no trial. */
export function runImpostors(photos: readonly AnalysedPhoto[], door: Door, random: SeededRandom): ImpostorTrials {
  const persons = new Map<string, AnalysedPhoto[]>();
  for (const photo of photos) {
    const person = photo.identity ?? photo.path;
    persons.set(person, [...(persons.get(person) ?? []), photo]);
  }
  const openedBy = [...persons.values()].flatMap((own) =>
    play(impostorTrial(own, door.policy, random), door).opened ? [nameOf(own[0]!)] : [],
  );
  return { trials: persons.size, openedBy };
}

/** Somebody unknown is called by the photo, and the folder that it lies in. */
function nameOf({ identity, path }: AnalysedPhoto): string {
  return identity ?? path.split(sep).slice(-2).join("/");
}

function play(photos: readonly AnalysedPhoto[], door: Door): Played {
  return playFrames(
    photos.map((photo) => standingStill(door.sightOf(photo))),
    door.policy,
  );
}

export interface SequenceFigures {
  readonly frames: number;
  readonly opened: boolean;
  readonly openedAfterMs: number | null;
  readonly reasons: ReasonCounts;
}

/** Plays frames that followed one another, with the face where it was. */
export function playSequence(frames: readonly AnalysedPhoto[], door: Door): SequenceFigures {
  const { opened, openedAfterMs, reasons } = playFrames(
    frames.map((photo) => door.sightOf(photo)),
    door.policy,
  );
  return { frames: frames.length, opened, openedAfterMs, reasons };
}

/** The commonest reasons first, in words for a line of text. */
export function describeReasons(reasons: ReasonCounts): string {
  return (Object.entries(reasons) as [RefusalReason, number][])
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(", ");
}
