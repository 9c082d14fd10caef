// The schema of the configuration: the one source of its types, defaults, limits and explanations.
import Type, { type Static } from "typebox";
import { cameraSchema } from "./camera-schema.ts";
import { apiSchema, mqttSchema, webhooksSchema } from "./network-schema.ts";
import { oneOfKinds, orNull, pathOptions, ratio, section, stricter, toggle, wholeNumber } from "./schema-kit.ts";

export const dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const scheduleSchema = Type.Array(
  section("A part of the week.", {
    days: Type.Array(Type.Enum([...dayNames]), {
      description: "The days on which it begins.",
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
      default: [...dayNames],
    }),
    from: Type.String({
      description: "The first minute.",
      pattern: "^([01]\\d|2[0-3]):[0-5]\\d$",
      expected: 'a time from "00:00" to "23:59"',
    }),
    to: Type.String({
      description: "The minute after the last; on the next day where it is not later than `from`.",
      pattern: "^(([01]\\d|2[0-3]):[0-5]\\d|24:00)$",
      expected: 'a time from "00:00" to "24:00"',
    }),
  }),
  {
    description: "When the door may open for a face, in local time; an empty list means always.",
    maxItems: 50,
    default: [],
    examples: [[{ days: ["mon", "fri"], from: "07:00", to: "22:00" }]],
  },
);

const decisionSchema = section("When the door opens.", {
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

const chipLabel = Type.String({
  description: "The GPIO chip's label, as gpiodetect prints it.",
  pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$",
  expected: "a chip's label, such as pinctrl-bcm2835",
  default: "pinctrl-bcm2835",
});

const gpioLine = (value: number) => wholeNumber("The line's number on that chip.", 0, 511, value);

const pulseLimits = {
  pulseMs: wholeNumber("How long the door is held open.", 50, 60_000, 3000),
  pulseMaxMs: wholeNumber("No pulse is ever longer than this.", 50, 60_000, 10_000),
  gapMinMs: wholeNumber("The least time between two pulses.", 0, 60_000, 1000),
};

const relayGuardSchema = section("The process that owns the line.", {
  heartbeatTimeoutMs: wholeNumber("It ends a pulse when the daemon decides on no frame for so long.", 200, 10_000, 700),
  answerTimeoutMs: wholeNumber("It is replaced when an answer takes longer.", 100, 10_000, 400),
  startTimeoutMs: wholeNumber("It is replaced when its start takes longer.", 500, 60_000, 10_000),
  backoffFirstMs: wholeNumber(
    "It is started again at once, and after a further failure with this wait.",
    10,
    60_000,
    250,
  ),
  backoffMaxMs: wholeNumber("The longest wait before it is started again.", 10, 600_000, 5000),
});

const relayLine = {
  chipLabel,
  line: gpioLine(17),
  activeLow: toggle("The relay is energised by a low level.", false),
  ...pulseLimits,
  guard: relayGuardSchema,
};

const relaySchema = oneOfKinds("What opens the door.", "recorded", [
  section("Nothing is driven; pulses are only counted.", { kind: Type.Literal("recorded"), ...pulseLimits }),
  section("A relay on a GPIO line, through the kernel's character device: the choice for a board.", {
    kind: Type.Literal("gpio-cdev"),
    ...relayLine,
  }),
  section("A relay on a GPIO line, through the kernel's older files in /sys.", {
    kind: Type.Literal("onoff"),
    ...relayLine,
  }),
]);

const confirmationAgeMaxMs = wholeNumber(
  "So long it counts, for whoever is in view, and for one opening.",
  500,
  60_000,
  10_000,
);

const secondStepSchema = oneOfKinds("What is asked for beside the face.", "none", [
  section("Nothing: the face alone decides.", { kind: Type.Literal("none") }),
  section("A button on a GPIO line.", {
    kind: Type.Literal("button"),
    chipLabel,
    line: gpioLine(27),
    activeLow: toggle("Pressed is the low level: the button connects the line to ground.", true),
    debounceMs: wholeNumber("A level counts once it has stayed so long.", 1, 500, 30),
    heldMaxMs: wholeNumber("A longer press confirms nothing, and is told as a fault.", 1000, 60_000, 3000),
    confirmationAgeMaxMs,
  }),
  section("A PIN, set by `facelatch pin set` and entered through the API.", {
    kind: Type.Literal("pin"),
    confirmationAgeMaxMs,
  }),
]);

const boardSchema = section("When the board is spared: it then takes fewer frames, by the same rules.", {
  temperatureMaxC: wholeNumber("From this temperature on.", 30, 120, 75),
  memoryMinBytes: wholeNumber("With less memory left than this.", 0, 64 * 1024 ** 3, 48 * 1024 ** 2),
  thermalDir: Type.String({
    description: "The folder of the thermal zones.",
    ...pathOptions,
    default: "/sys/class/thermal",
  }),
  memInfoPath: Type.String({
    description: "Where the kernel tells of its memory.",
    ...pathOptions,
    default: "/proc/meminfo",
  }),
});

export const configSchema = section("The configuration of Facelatch.", {
  owner: section("Whose door it is.", {
    label: Type.String({
      description: "The owner's name; bundles made for anybody else open nothing.",
      minLength: 1,
      maxLength: 40,
      default: "Markus",
    }),
  }),
  stateDir: Type.String({
    description: "The folder of bundles, events, logs and feedback.",
    ...pathOptions,
    default: "/var/lib/facelatch",
  }),
  camera: cameraSchema,
  board: boardSchema,
  vision: section("The process that runs the models.", {
    frameTimeoutMs: wholeNumber("It is killed when a frame takes longer.", 100, 60_000, 2000),
    startTimeoutMs: wholeNumber("It is killed when its start takes longer.", 1000, 300_000, 20_000),
    threads: wholeNumber("Threads of the inference; one is fastest on most boards.", 1, 16, 1),
    backoffFirstMs: wholeNumber("The first wait before it is started again.", 10, 60_000, 250),
    backoffMaxMs: wholeNumber("The longest wait before it is started again.", 10, 600_000, 30_000),
  }),
  decision: decisionSchema,
  relay: relaySchema,
  secondStep: secondStepSchema,
  store: section("How much is kept.", {
    retentionDays: wholeNumber("Events and log lines older than this are deleted.", 1, 3650, 90),
    eventsMax: wholeNumber("The most events.", 100, 10_000_000, 1_000_000),
    logLinesMax: wholeNumber("The most log lines.", 100, 10_000_000, 200_000),
    reserveBytes: wholeNumber(
      "So much of the disk is kept for the record, for when something else fills it.",
      0,
      1024 ** 3,
      16 * 1024 ** 2,
    ),
  }),
  feedback: section("What is kept for and after a word on who somebody was.", {
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
  }),
  people: section("Who is enrolled at the door.", {
    householdMax: wholeNumber("The most household members; one more is refused.", 1, 64, 16),
    templatesPerPersonMax: wholeNumber("The most templates of one person; an enrolment adds up to seven.", 7, 64, 28),
    enrolmentMs: wholeNumber(
      "After so long an enrolment ends by itself, and nothing is kept.",
      10_000,
      1_800_000,
      300_000,
    ),
  }),
  updates: section("How a new bundle comes here and proves itself, and whose bundles are accepted.", {
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
  }),
  audit: section("The record of openings.", {
    required: toggle("The door stays locked when an opening cannot be recorded first.", true),
  }),
  api: apiSchema,
  mqtt: mqttSchema,
  webhooks: webhooksSchema,
  log: section("What is logged.", {
    level: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal"], {
      description: "This level and graver ones.",
      default: "info",
    }),
  }),
});

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;

/** The settings as a file holds them, with every default filled in. */
export type ConfigFile = ReadonlyDeep<Static<typeof configSchema>>;
