// What the camera sees now: the daemon's view of it, and the report that clients get.
import Type, { type Static } from "typebox";
import type { Face } from "../bundle/faces.ts";
import { type DecisionReport, decisionReportSchema } from "./status-report.ts";

/** The newest frame and what came of it. */
export interface LiveView {
  readonly jpeg: Uint8Array;
  readonly seq: number;
  /** Since the frame arrived, in ms. */
  readonly ageMs: number;
  /** From the frame's arrival to the decision on it, in ms. */
  readonly decidedAfterMs: number;
  /** Null while the frame has not been analysed. */
  readonly analysis: {
    readonly widthPx: number;
    readonly heightPx: number;
    readonly faces: readonly Face[];
    /** In the order of `labels`. */
    readonly scores: readonly number[];
  } | null;
  /** The second witness; null without a face. */
  readonly verification: { readonly score: number; readonly householdMargin: number | null } | null;
  readonly labels: readonly string[];
  readonly decision: DecisionReport | null;
}

const scoreSchema = Type.Number({ minimum: 0, maximum: 1 });
const lengthSchema = Type.Union([Type.Integer({ minimum: 1 }), Type.Null()]);

export const liveReportSchema = Type.Object(
  {
    seq: Type.Integer({ minimum: 0, description: "The frame's number, as in the X-Frame-Seq of the picture." }),
    ageMs: Type.Number({ minimum: 0, description: "Since the frame arrived, in ms." }),
    decidedAfterMs: Type.Number({ minimum: 0, description: "From the frame's arrival to the decision on it, in ms." }),
    widthPx: lengthSchema,
    heightPx: lengthSchema,
    faces: Type.Array(
      Type.Object(
        {
          leftPx: Type.Number(),
          topPx: Type.Number(),
          widthPx: Type.Number({ minimum: 0 }),
          heightPx: Type.Number({ minimum: 0 }),
          score: scoreSchema,
        },
        { additionalProperties: false },
      ),
      { description: "Boxes in pixels of the frame, the largest first; the first one is the subject." },
    ),
    scores: Type.Array(Type.Object({ label: Type.String(), score: scoreSchema }, { additionalProperties: false }), {
      description: "The classifier's scores, in the order of the bundle's labels.",
    }),
    verification: Type.Union(
      [
        Type.Object(
          {
            score: Type.Number({ minimum: -1, maximum: 1, description: "Similarity to the owner's templates." }),
            householdMargin: Type.Union([Type.Number({ minimum: -2, maximum: 2 }), Type.Null()], {
              description: "The lead over the nearest housemate; null where none is enrolled.",
            }),
          },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      { description: "The subject's face against the owner's templates." },
    ),
    decision: Type.Union([decisionReportSchema, Type.Null()]),
  },
  { additionalProperties: false, description: "What the camera sees now." },
);

export type LiveReport = Static<typeof liveReportSchema>;

/** The report of a view: boxes and scores, never the picture. */
export function liveReportOf({
  seq,
  ageMs,
  decidedAfterMs,
  analysis,
  labels,
  verification,
  decision,
}: LiveView): LiveReport {
  return {
    seq,
    ageMs,
    decidedAfterMs,
    widthPx: analysis?.widthPx ?? null,
    heightPx: analysis?.heightPx ?? null,
    faces: (analysis?.faces ?? []).map(({ box, score }) => ({ ...box, score })),
    scores: (analysis?.scores ?? []).map((score, i) => ({ label: labels[i] ?? `label ${i}`, score })),
    verification,
    decision,
  };
}
