// The port of feedback: what people say of a presence afterwards, the frames kept for the next training, and the
// household negatives.
import Type, { type Static } from "typebox";

/** What can be said of a presence. */
const verdicts = {
  not_me: "This is not the owner: keep such a face out from now on.",
  was_me: "This is the owner: learn from it at the next training. It opens nothing by itself.",
} as const;

export type Verdict = keyof typeof verdicts;

const verdictSchema = Type.Enum(Object.keys(verdicts) as Verdict[], {
  description: Object.entries(verdicts)
    .map(([verdict, meaning]) => `${verdict}: ${meaning}`)
    .join(" "),
});

/** Names become names of folders when frames are exported: no separators, and no leading dot. */
export const nameSchema = Type.String({
  description: "A household member's name.",
  minLength: 1,
  maxLength: 40,
  pattern: "^[\\p{L}\\p{N}]([\\p{L}\\p{M}\\p{N} .'_-]*[\\p{L}\\p{M}\\p{N}])?$",
});

const presenceIdSchema = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: "The presence, as in the events' data.",
});
export const bootIdSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The daemon's run in which the presence was, as in the events.",
});

export const newFeedbackSchema = Type.Object(
  {
    bootId: bootIdSchema,
    presenceId: presenceIdSchema,
    verdict: verdictSchema,
    name: Type.Optional(nameSchema),
  },
  { additionalProperties: false, description: "What somebody says of a presence; a name goes with not_me alone." },
);

export type NewFeedback = Static<typeof newFeedbackSchema>;

export const feedbackItemSchema = Type.Object(
  {
    seq: Type.Integer({ minimum: 1, description: "Grows with each item; the cursor of lists." }),
    id: Type.String({ pattern: "^[0-9a-f]{12}$", description: "How the commands on the board call it." }),
    at: Type.String({ format: "date-time", description: "When it was said." }),
    bootId: bootIdSchema,
    presenceId: presenceIdSchema,
    verdict: verdictSchema,
    name: Type.Union([nameSchema, Type.Null()]),
    frames: Type.Integer({ minimum: 0, description: "Frames that wait for the next training." }),
    isNegative: Type.Boolean({ description: "Whether its face is a household negative." }),
  },
  { additionalProperties: false, description: "One piece of feedback, without its frames." },
);

export type FeedbackItem = Static<typeof feedbackItemSchema>;

export const candidateSchema = Type.Object(
  {
    presenceId: presenceIdSchema,
    seenAt: Type.String({ format: "date-time", description: "When it was last seen." }),
    frames: Type.Integer({ minimum: 1, description: "Frames of it that are remembered." }),
    item: Type.Union([feedbackItemSchema, Type.Null()], {
      description: "What was said of it; null where nothing was.",
    }),
  },
  { additionalProperties: false, description: "A presence of this run that feedback may be given on." },
);

export type Candidate = Static<typeof candidateSchema>;

/** One look at the subject of a presence. */
export interface SubjectFrame {
  readonly presenceId: number;
  readonly frameSeq: number;
  /** On the monotonic clock, in ms. */
  readonly capturedAtMs: number;
  readonly jpeg: Uint8Array;
  /** Of length 1; as many numbers as the bundle's embedder gives. */
  readonly embedding: Float32Array;
  /** 64 hex digits; embeddings of different spaces never compare. */
  readonly embeddingSpace: string;
  /** How far the face resembles the owner; only its order counts. */
  readonly ownerScore: number;
  /** How good the picture of the face is; only its order counts. */
  readonly quality: number;
}

/** A face that must keep the door locked. */
export interface Negative {
  /** "unnamed" where nobody gave a name. */
  readonly name: string;
  readonly embedding: Float32Array;
}

export interface FeedbackQuery {
  /** Only items with a seq greater than this, oldest first. */
  readonly afterSeq?: number;
  /** Only items with a seq less than this, newest first; without either, the newest come first. */
  readonly beforeSeq?: number;
  readonly limit: number;
}

export interface FeedbackStatus {
  /** "failed": the household negatives are not known, so nothing may open the door. */
  readonly state: "open" | "failed";
  readonly items: number;
  /** Items whose face is a household negative. */
  readonly negatives: number;
  /** Those of them that another embedder made: the bundle in use cannot compare with them. */
  readonly negativesOfOtherSpaces: number;
  /** Bytes of the frames on disk. */
  readonly queueBytes: number;
  /** Items whose frames were found missing or altered. */
  readonly damaged: number;
  readonly fault: { readonly code: "FEEDBACK_UNAVAILABLE"; readonly message: string } | null;
}

export interface Feedback {
  /** Remembers a look at a subject, in memory and within limits. Never throws for what a camera or a model delivers. */
  noteFrame(frame: SubjectFrame): void;
  /**
   * The household negatives of one embedding space, from memory. An empty list means that there are none.
   *
   * @throws FacelatchError FEEDBACK_UNAVAILABLE while they are not known: then nothing may open the door
   */
  negatives(embeddingSpace: string): readonly Negative[];
  /**
   * Stores what was said, on disk before it returns; a household negative counts from then on. The same again gives the
   * item that there is, with `isNew` false.
   *
   * @throws FacelatchError FEEDBACK_PRESENCE_UNKNOWN, FEEDBACK_CONFLICT, FEEDBACK_LIMIT, FEEDBACK_FULL or
   * FEEDBACK_UNAVAILABLE; then nothing was stored
   */
  record(said: NewFeedback): { readonly item: FeedbackItem; readonly isNew: boolean };
  /** Throws FEEDBACK_UNAVAILABLE. */
  items(query: FeedbackQuery): FeedbackItem[];
  /** The remembered presences, the latest first. */
  candidates(): { readonly bootId: string; readonly candidates: Candidate[] };
  /** Does a bounded part of the housekeeping; returns how many items lost their frames. Throws FacelatchError. */
  sweep(): number;
  status(): FeedbackStatus;
}
