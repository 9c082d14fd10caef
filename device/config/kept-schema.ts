// The settings of what is kept on the board: events, feedback, people and bundles.
import Type from "typebox";
import { orNull, pathOptions, section, wholeNumber } from "./schema-kit.ts";

export const storeSchema = section("How much is kept.", {
  retentionDays: wholeNumber("Events and log lines older than this are deleted.", 1, 3650, 90),
  eventsMax: wholeNumber("The most events.", 100, 10_000_000, 1_000_000),
  logLinesMax: wholeNumber("The most log lines.", 100, 10_000_000, 200_000),
  reserveBytes: wholeNumber(
    "So much of the disk is kept for the record, for when something else fills it.",
    0,
    1024 ** 3,
    16 * 1024 ** 2,
  ),
});

export const feedbackSchema = section("What is kept for and after a word on who somebody was.", {
  recentPresencesMax: wholeNumber("The latest presences that can be spoken of; kept in memory.", 1, 200, 20),
  recentBytesMax: wholeNumber("The most bytes of their pictures.", 1024 ** 2, 1024 ** 3, 16 * 1024 ** 2),
  recentAgeMaxMs: wholeNumber("A presence longer ago than this is forgotten.", 60_000, 604_800_000, 86_400_000),
  retentionDays: wholeNumber("Frames older than this are deleted; household negatives stay.", 1, 365, 30),
  queueBytesMax: wholeNumber(
    "The most bytes of frames on disk; the oldest make room.",
    16 * 1024 ** 2,
    64 * 1024 ** 3,
    256 * 1024 ** 2,
  ),
  negativesMax: wholeNumber("The most household negatives; one more is refused, and none is dropped.", 1, 1000, 200),
});

export const snapshotsSchema = section(
  "Pictures of whoever was at the door, kept for a short time; off until it is said of whom.",
  {
    for: Type.Enum(["none", "strangers", "refusals", "all"], {
      description: "Of whom: of those who ring as unknown, of all who were refused too, or of those let in as well.",
      default: "none",
    }),
    retentionHours: wholeNumber("Pictures older than this are deleted.", 1, 168, 24),
    widthPx: wholeNumber("Wider pictures are kept so wide.", 160, 1920, 640),
    bytesMax: wholeNumber(
      "The most bytes of pictures on disk; the oldest make room.",
      1024 ** 2,
      4 * 1024 ** 3,
      64 * 1024 ** 2,
    ),
  },
);

export const peopleSchema = section("Who is enrolled at the door.", {
  householdMax: wholeNumber("The most household members; one more is refused.", 1, 64, 16),
  templatesPerPersonMax: wholeNumber("The most templates of one person; an enrolment adds up to seven.", 7, 64, 28),
  enrolmentMs: wholeNumber(
    "After so long an enrolment ends by itself, and nothing is kept.",
    10_000,
    1_800_000,
    300_000,
  ),
});

export const updatesSchema = section("How a new bundle comes here and proves itself, and whose bundles are accepted.", {
  archiveBytesMax: wholeNumber(
    "The most bytes of a bundle that is uploaded.",
    1024 ** 2,
    512 * 1024 ** 2,
    64 * 1024 ** 2,
  ),
  uploadIdleMaxMs: wholeNumber("An upload that got nothing for so long is dropped.", 60_000, 86_400_000, 3_600_000),
  trialFrames: wholeNumber("So many fresh frames it must answer before it is kept.", 1, 10_000, 20),
  trialMs: wholeNumber("And so long it must run without a restart.", 0, 86_400_000, 180_000),
  trialMaxMs: wholeNumber("After so long without proof the bundle before is used again.", 1000, 172_800_000, 900_000),
  trialFaultsMax: wholeNumber("So many faults of the models end the trial.", 1, 100, 3),
  trialStartsMax: wholeNumber("So often the daemon may start anew in a trial.", 1, 100, 2),
  frameMaxMs: wholeNumber("Most frames must take less than this.", 10, 60_000, 1000),
  board: orNull(
    Type.String({ pattern: "^[a-z0-9][a-z0-9,._-]{0,63}$" }),
    "The kind of board that bundles must be made for; null takes what the device tree names first.",
    'a name such as "raspberrypi,4-model-b"',
  ),
  trustedKeysDir: orNull(
    Type.String(pathOptions),
    "A further folder of trusted public keys, besides trusted-keys in stateDir.",
    pathOptions.expected,
  ),
});
