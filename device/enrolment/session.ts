// One enrolment from step to step: a frame goes in, and is taken or not for a stated reason. No I/O, no clock.
import { meanEmbedding } from "../bundle/embedding.ts";
import { personScore } from "../bundle/gallery.ts";
import type { Role, Template } from "../people/people.ts";
import { type EnrolmentFace, type EnrolmentLook, type NotTaken, type Step, stepNames } from "./enrolment.ts";
import { meanPose, poseFault, poseFaults } from "./pose.ts";

/** So many frames cover a step: one mean of them is steadier than any. */
export const framesPerStep = 4;
/** Frames that follow one another at once show the same. */
const betweenMinMs = 200;

export interface Session {
  readonly role: Role;
  readonly taken: ReadonlyMap<Step, readonly EnrolmentFace[]>;
  readonly skipped: ReadonlySet<Step>;
  /** Steps of which somebody said that the person is ready. */
  readonly ready: ReadonlySet<Step>;
  readonly framesSeen: number;
  readonly notTaken: NotTaken | null;
}

export function beginSession(role: Role): Session {
  return { role, taken: new Map(), skipped: new Set(), ready: new Set(), framesSeen: 0, notTaken: null };
}

const anotherPerson: NotTaken = { reason: "another_person", message: "This is not the face of the first frames." };

/** The step that is asked for now; null when all are covered or skipped. */
export function stepOf({ taken, skipped }: Session): Step | null {
  return stepNames.find((step) => !skipped.has(step) && (taken.get(step)?.length ?? 0) < framesPerStep) ?? null;
}

/**
 * Whether an enrolment needs a step. The owner must turn to both sides: a flat picture cannot, whoever holds it up.
 */
export function isNeeded({ role }: Pick<Session, "role">, step: Step): boolean {
  return step === "straight" || (role === "owner" && (step === "turn_left" || step === "turn_right"));
}

/** Whether no frame is taken until somebody says that the person is ready: no camera can tell by itself. */
export function waitsForWord(session: Session): boolean {
  return stepOf(session) === "glasses" && !session.ready.has("glasses");
}

export function acceptedOf({ taken }: Session, step: Step): number {
  return taken.get(step)?.length ?? 0;
}

export function mayFinish(session: Session): boolean {
  return stepNames.every((step) => !isNeeded(session, step) || acceptedOf(session, step) >= framesPerStep);
}

/**
 * The session after one more look.
 *
 * @param sameScoreMin how alike two looks of one person are at least
 */
export function takeLook(session: Session, look: EnrolmentLook, sameScoreMin: number): Session {
  const step = stepOf(session);
  if (step === null || waitsForWord(session)) return { ...session, notTaken: null };
  const seen = { ...session, framesSeen: session.framesSeen + 1 };
  const { face } = look;
  if (face === null) return { ...seen, notTaken: look.lack };
  const notTaken = personLack(session, face, sameScoreMin) ?? poseLack(session, step, face);
  if (notTaken !== null) return { ...seen, notTaken };
  // For no fault of its own: the next one may be taken.
  if (facesOf(session).some(({ capturedAtMs }) => !(face.capturedAtMs - capturedAtMs >= betweenMinMs))) {
    return { ...seen, notTaken: null };
  }
  const taken = new Map(session.taken).set(step, [...(session.taken.get(step) ?? []), face]);
  return { ...seen, taken, notTaken: null };
}

function facesOf({ taken }: Session): readonly EnrolmentFace[] {
  return [...taken.values()].flat();
}

/** Somebody else who stepped in between must not become part of the person. */
function personLack(session: Session, { embedding }: EnrolmentFace, sameScoreMin: number): NotTaken | null {
  const before = facesOf(session).map((face) => face.embedding);
  return before.length === 0 || personScore(embedding, before) >= sameScoreMin ? null : anotherPerson;
}

function poseLack({ taken }: Session, step: Step, face: EnrolmentFace): NotTaken | null {
  const fault = poseFault(step, face, meanPose(taken.get("straight") ?? []));
  return fault === null ? null : { reason: fault, message: poseFaults[fault] };
}

/** The session after a step was left out; null where another one is asked for, or this one is needed. */
export function skipStep(session: Session, step: Step): Session | null {
  if (stepOf(session) !== step || isNeeded(session, step)) return null;
  return { ...session, skipped: new Set([...session.skipped, step]), notTaken: null };
}

/** The session after somebody said that the person is ready; null where another step is asked for. */
export function markReady(session: Session, step: Step): Session | null {
  if (stepOf(session) !== step) return null;
  return { ...session, ready: new Set([...session.ready, step]), notTaken: null };
}

/**
 * The templates of what was taken: one for each covered step, the mean of its frames, the straight look first. Before them
 * comes a housemate's mean of all, as a bundle has it; the owner's is the bundle's own.
 */
export function templatesOf(session: Session): Template[] {
  const covered = stepNames.filter((step) => acceptedOf(session, step) >= framesPerStep);
  const embeddingsOf = (step: Step) => session.taken.get(step)!.map(({ embedding }) => embedding);
  const groups: (readonly [string, readonly Float32Array[]])[] = covered.map((step) => [step, embeddingsOf(step)]);
  if (session.role === "household" && covered.length > 1) groups.unshift(["all", covered.flatMap(embeddingsOf)]);
  return groups.flatMap(([step, embeddings]) => {
    const embedding = meanEmbedding(embeddings);
    return embedding === null ? [] : [{ embedding, step }];
  });
}

/** The most templates that one session gives. */
export const templatesPerSessionMax = stepNames.length + 1;
