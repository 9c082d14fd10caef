// The port of guided enrolment: a session in which the door's own frames become a person's templates, step by step.
import Type, { type Static } from "typebox";
import { type Person, personIdSchema, type Role, roleSchema } from "../people/people.ts";

/** What the person is asked for, in this order. */
export const steps = {
  straight: "Look straight at the camera.",
  turn_left: "Turn your head slowly to your left.",
  turn_right: "Turn your head slowly to your right.",
  chin_up: "Look at the camera again, and lift your chin a little.",
  glasses: "If you wear glasses at times, put them on, or take them off. Then say that you are ready.",
  light: "Look straight at the camera in another light: switch a lamp on or off.",
} as const;

export type Step = keyof typeof steps;

export const stepNames = Object.keys(steps) as Step[];

const stepSchema = Type.Enum(stepNames, {
  description: Object.entries(steps)
    .map(([step, asks]) => `${step}: ${asks}`)
    .join(" "),
});

const coverageSchema = Type.Object(
  {
    step: stepSchema,
    accepted: Type.Integer({ minimum: 0, description: "Frames that were taken." }),
    needed: Type.Integer({ minimum: 1 }),
    isNeeded: Type.Boolean({ description: "Whether the enrolment cannot be finished without this step." }),
    isSkipped: Type.Boolean(),
  },
  { additionalProperties: false },
);

const notTakenSchema = Type.Object(
  {
    reason: Type.String({ description: "A stable code." }),
    message: Type.String({ description: "The same in words." }),
  },
  { additionalProperties: false },
);

export type NotTaken = Static<typeof notTakenSchema>;

const enrolmentSchema = Type.Object(
  {
    personId: personIdSchema,
    role: roleSchema,
    name: Type.String(),
    step: Type.Union([stepSchema, Type.Null()], { description: "What is asked for now; null when all is covered." }),
    asks: Type.Union([Type.String(), Type.Null()], { description: "The same in words." }),
    waitsForWord: Type.Boolean({
      description: "Whether no frame is taken until somebody says that the person is ready.",
    }),
    coverage: Type.Array(coverageSchema, { description: "All steps, in the order in which they are asked for." }),
    framesSeen: Type.Integer({ minimum: 0 }),
    framesTaken: Type.Integer({ minimum: 0 }),
    notTaken: Type.Union([notTakenSchema, Type.Null()], {
      description: "Why the last frame was not taken; null when it was, or where none came yet.",
    }),
    mayFinish: Type.Boolean({ description: "Whether all needed steps are covered." }),
    remainingMs: Type.Number({ minimum: 0, description: "Until the session ends by itself, and nothing is kept." }),
  },
  { additionalProperties: false, description: "An enrolment that is under way: meanwhile the door opens for no face." },
);

export type EnrolmentReport = Static<typeof enrolmentSchema>;

/** How an enrolment ended. */
export const endings = {
  finished: "The templates are stored.",
  cancelled: "Somebody ended it, and nothing was kept.",
  timed_out: "It took too long, and nothing was kept.",
  person_erased: "The person was erased, and nothing was kept.",
  bundle_changed: "Another bundle came into use, and nothing was kept.",
} as const;

export type Ending = keyof typeof endings;

export const enrolmentStateSchema = Type.Object(
  {
    enrolment: Type.Union([enrolmentSchema, Type.Null()]),
    ended: Type.Union(
      [
        Type.Object(
          {
            personId: personIdSchema,
            ending: Type.Enum(Object.keys(endings) as Ending[]),
            message: Type.String({ description: "The same in words." }),
          },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      { description: "How the last one of this run of the daemon ended." },
    ),
  },
  { additionalProperties: false, description: "Whether somebody is being enrolled." },
);

export type EnrolmentState = Static<typeof enrolmentStateSchema>;

export const newEnrolmentSchema = Type.Object({ personId: personIdSchema }, { additionalProperties: false });

export const stepAnswerSchema = Type.Object(
  {
    step: stepSchema,
    answer: Type.Enum(["ready", "skip"], {
      description:
        "ready: the person has done what the step asks for. skip: the step is left out, where it is not needed.",
    }),
  },
  { additionalProperties: false, description: "A word on the step that is asked for." },
);

export type StepAnswer = Static<typeof stepAnswerSchema>;

/** A face of which a template may be made. */
export interface EnrolmentFace {
  /** On the monotonic clock, in ms. */
  readonly capturedAtMs: number;
  /** A unit vector in the space of the bundle in use. */
  readonly embedding: Float32Array;
  /** Negative to the person's right, positive to the left, in eye distances. */
  readonly yawRatio: number;
  /** How far the nose lies from the eyes towards the mouth; it falls when the chin is lifted. */
  readonly pitchRatio: number;
  /** Mean luma of the face, 0 to 255. */
  readonly brightness: number;
}

/** One analysed frame: a face that is good enough, and this person's as far as that can be told; or why not. */
export type EnrolmentLook =
  | { readonly lack: null; readonly face: EnrolmentFace }
  | { readonly lack: NotTaken; readonly face: null };

/** One session at a time. From `begin` to its end the door opens for no face. */
export interface Enrolment {
  /** Who is being enrolled; null while nobody is. */
  readonly role: Role | null;
  /** Takes one frame into account, where somebody is being enrolled. */
  note(look: EnrolmentLook): void;
  state(): EnrolmentState;
  /** Throws ENROLMENT_BUSY, PERSON_UNKNOWN, PEOPLE_LIMIT, PEOPLE_UNAVAILABLE, STORE_UNAVAILABLE, NOT_READY. */
  begin(personId: string, by: string): EnrolmentState;
  /** Throws ENROLMENT_MISSING, and ENROLMENT_STEP where another step is asked for, or this one is needed. */
  answer(answer: StepAnswer): EnrolmentState;
  /**
   * Ends the session with templates that count from then on.
   *
   * @throws FacelatchError ENROLMENT_MISSING, ENROLMENT_INCOMPLETE, ENROLMENT_REFUSED, and what `People.addTemplates`
   * throws; then the session goes on
   */
  finish(by: string): Person;
  /** Ends the session, where there is one; nothing is kept. */
  cancel(): void;
  /** Ends the session of a person who was erased. */
  forget(personId: string): void;
}
