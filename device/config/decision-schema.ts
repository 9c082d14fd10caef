// The settings of the decision: when the door opens for a face.
import Type from "typebox";
import { scheduleSchema } from "./schedule.ts";
import { ratio, section, stricter, toggle, wholeNumber } from "./schema-kit.ts";

export const decisionSchema = section("When the door opens.", {
  verifiedScoreMin: stricter("The least similarity to the owner's templates"),
  householdMarginMin: stricter("By how much the owner must be more similar than the nearest enrolled housemate"),
  companyScoreExtra: Type.Number({
    description: "So much more similarity is asked for while somebody else is near; 1 opens for nobody in company.",
    minimum: 0,
    maximum: 1,
    default: 0.1,
  }),
  ownerScoreMin: stricter("The classifier's least score for the owner"),
  headTurn: toggle("Ask for a turn of the head, which a flat picture cannot make.", false),
  rigidMotion: toggle("Refuse a face that takes its surround along when it moves, as a print in a hand does.", true),
  framesNeeded: wholeNumber("So many of the latest frames must show the owner, the newest among them.", 1, 60, 4),
  framesWindow: wholeNumber("How many frames are the latest.", 1, 60, 6),
  frameAgeMaxMs: wholeNumber("A newest frame older than this opens nothing.", 50, 10_000, 1000),
  evidenceAgeMaxMs: wholeNumber("A frame older than this is not counted.", 50, 30_000, 2000),
  presenceGapMaxMs: wholeNumber("Without a face for this long, somebody has gone.", 50, 30_000, 1000),
  presenceOverlapMin: ratio("Face boxes of one person overlap at least so much from frame to frame.", 0.05, 0.25),
  cooldownMs: wholeNumber("From the end of one opening to the first frame that counts for the next.", 0, 600_000, 5000),
  lockout: section("The wait after repeated near misses.", {
    nearMissScoreMin: ratio(
      "From this similarity to the owner on, an attempt without success is a near miss.",
      0.05,
      0.5,
    ),
    attemptMs: wholeNumber("How long one attempt of somebody who stays lasts.", 1000, 600_000, 10_000),
    nearMissesMax: wholeNumber("So many near misses start a wait.", 1, 100, 5),
    windowMs: wholeNumber("Near misses longer ago than this are forgotten.", 1000, 86_400_000, 300_000),
    firstMs: wholeNumber("The first wait; each further one is twice as long.", 1000, 86_400_000, 30_000),
    maxMs: wholeNumber("The longest wait.", 1000, 86_400_000, 900_000),
  }),
  schedule: scheduleSchema,
});
