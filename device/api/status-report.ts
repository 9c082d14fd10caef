// The schema of the status: how the whole device is, in one object.
import Type, { type Static } from "typebox";
import { faceUnlockSchema, lockdownSchema, scheduleReportSchema } from "../door/door.ts";
import { logLevelReportSchema } from "../log/log.ts";

function closed<const T extends Type.TProperties>(properties: T, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

const count = (description: string) => Type.Integer({ minimum: 0, description });
const faultSchema = Type.Union([
  closed({ code: Type.String(), message: Type.String() }, "The last fault."),
  Type.Null({ description: "All is well." }),
]);

export const decisionReportSchema = closed(
  {
    kind: Type.Enum(["unlock", "refuse"]),
    reason: Type.Union([Type.String(), Type.Null()], { description: "Why the door stayed locked: a stable code." }),
    message: Type.String({ description: "The same in words." }),
  },
  "What was decided on the newest frame.",
);

export type DecisionReport = Static<typeof decisionReportSchema>;

const causeSchema = closed(
  {
    code: Type.String({ description: "A stable error code." }),
    message: Type.String({ description: "One sentence for people." }),
    sinceMs: Type.Optional(Type.Number({ minimum: 0, description: "For how long, in ms." })),
  },
  "One reason why the device is not ready.",
);

const bundleReportSchema = closed(
  {
    name: Type.String(),
    sha256: Type.String(),
    createdAt: Type.String(),
    ownerScoreMin: Type.Number({ minimum: 0, maximum: 1, description: "The classifier's least score for the owner." }),
    verifiedScoreMin: Type.Number({ minimum: 0, maximum: 1, description: "The least similarity to the owner." }),
    householdMarginMin: Type.Number({ minimum: 0, maximum: 1, description: "The least lead over any housemate." }),
    spoofScoreMin: Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], {
      description: "From here on a face counts as a picture of one.",
    }),
    labels: Type.Array(Type.String()),
  },
  "The bundle in use.",
);

const boardReportSchema = closed(
  {
    temperatureC: Type.Union([Type.Number(), Type.Null()], { description: "Of its hottest thermal zone." }),
    memoryAvailableBytes: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
    strains: Type.Array(Type.Enum(["hot", "low_memory"]), {
      description: "While there is one, fewer frames are taken, by the same rules.",
    }),
  },
  "The board itself; null where it does not say.",
);

const cameraReportSchema = closed(
  {
    state: Type.Enum(["stopped", "starting", "running", "failed"]),
    source: Type.String(),
    framesTotal: count("Frames that the camera produced."),
    framesDropped: count("Frames that a newer one replaced unseen."),
    bytesDiscarded: count("Bytes that belonged to no picture."),
    restarts: count("How often the camera was started again."),
    fault: faultSchema,
  },
  "The camera.",
);

const visionReportSchema = closed(
  {
    state: Type.Enum(["stopped", "starting", "ready", "backoff", "refused"]),
    engine: Type.Union([Type.Enum(["xnnpack", "plain"]), Type.Null()]),
    warning: Type.Union([Type.String(), Type.Null()]),
    restarts: count("How often the vision process was started again."),
    framesAnalysed: count("Frames that vision answered for."),
    framesStill: count("How many of them were still: nothing moved in an empty scene, and the models were spared."),
    fault: faultSchema,
    pid: Type.Union([Type.Integer(), Type.Null()]),
    rssBytes: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  },
  "The vision process.",
);

const relayGuardReportSchema = closed(
  {
    pid: Type.Union([Type.Integer(), Type.Null()], { description: "Null while it does not run." }),
    restarts: count("How often the guard was started again."),
    fault: Type.Union([Type.String(), Type.Null()], { description: "Why it ended, until its successor works." }),
  },
  "The relay guard, the process that owns the line.",
);

const relayReportSchema = closed(
  {
    adapter: Type.String(),
    active: Type.Boolean({ description: "Whether the line is, or may be, driven at this moment." }),
    pulses: count("Pulses since the start."),
    guard: Type.Union([relayGuardReportSchema, Type.Null({ description: "The daemon drives the line itself." })]),
    fault: faultSchema,
  },
  "The door relay.",
);

const secondStepReportSchema = closed(
  {
    adapter: Type.String(),
    confirmations: count("Confirmations that counted."),
    fault: faultSchema,
  },
  "The second step: a button, a PIN, or none.",
);

const doorReportSchema = closed(
  {
    contact: Type.Union([Type.Enum(["open", "closed", "unknown"]), Type.Null()]),
    openMs: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], { description: "For how long it has been open." }),
    forced: Type.Boolean({ description: "It was opened although nothing opened it, and is open still." }),
    heldOpen: Type.Boolean({ description: "It has been open for too long." }),
    bolt: Type.Union([Type.Enum(["locked", "unlocked", "unknown"]), Type.Null()]),
    jammed: Type.Boolean({ description: "The bolt is not back although the door is closed." }),
    exitButton: Type.Union([Type.Enum(["pressed", "released", "unknown"]), Type.Null()]),
    tamper: Type.Union([Type.Enum(["clear", "tampered", "unknown"]), Type.Null()], {
      description: "While it is not clear, the door opens for no face.",
    }),
    faults: Type.Array(
      closed(
        {
          line: Type.Enum(["contact", "exitButton", "tamper", "bolt", "led", "buzzer"]),
          code: Type.String(),
          message: Type.String(),
        },
        "A line that cannot be used.",
      ),
    ),
  },
  "What is wired at the door beside the relay; null for what is not.",
);

const pairingButtonReportSchema = Type.Union(
  [
    closed(
      { adapter: Type.String(), knocks: count("Browsers that ask to be let in by it now."), fault: faultSchema },
      "The button that pairs a browser; the door works without it.",
    ),
    Type.Null(),
  ],
  { description: "Null where there is no button that pairs a browser." },
);

const storeReportSchema = closed(
  {
    state: Type.Enum(["open", "failed"]),
    events: count("Events stored."),
    logLines: count("Log lines stored."),
    bytes: count("Size of the files, in bytes."),
    lastSeq: count("The newest event's seq."),
    headHash: Type.Union([Type.String(), Type.Null()], {
      description:
        "The newest event's hash, which stands for all events before it; keep it elsewhere for `verify-log --head`.",
    }),
    fault: faultSchema,
  },
  "The event store.",
);

const feedbackReportSchema = closed(
  {
    state: Type.Enum(["open", "failed"]),
    items: count("Presences that something was said of."),
    negatives: count("Those whose face is a household negative."),
    negativesOfOtherSpaces: count("Household negatives that the bundle in use cannot compare with."),
    queueBytes: count("Size of the frames kept for the next training, in bytes."),
    damaged: count("Items whose stored frames are missing or were altered."),
    fault: faultSchema,
  },
  "What was said of presences; while it failed, the door stays locked.",
);

const peopleReportSchema = closed(
  {
    state: Type.Enum(["open", "failed"]),
    household: count("Household members who may be enrolled."),
    templates: count("Templates that were enrolled at the door."),
    templatesOfOtherSpaces: count("Those that the bundle in use cannot compare with."),
    fault: faultSchema,
  },
  "Who was enrolled at the door; while it failed, the door stays locked.",
);

const snapshotsReportSchema = closed(
  {
    state: Type.Enum(["off", "on", "failed"], { description: "off: no picture is taken." }),
    kept: count("Pictures of events that are kept."),
    bytes: count("Their size on the disk, in bytes."),
    dropped: count("Pictures that were wanted and not kept, since the start."),
    fault: faultSchema,
  },
  "Pictures of events; the door works without them.",
);

const enrolmentReportSchema = Type.Union(
  [
    closed(
      { remainingMs: Type.Number({ minimum: 0, description: "Until it ends by itself." }) },
      "Somebody is being enrolled: meanwhile the door opens for no face.",
    ),
    Type.Null(),
  ],
  { description: "Null while nobody is being enrolled." },
);

const scheduleStatusSchema = closed(
  {
    source: scheduleReportSchema.properties.source,
    allowsNow: scheduleReportSchema.properties.allowsNow,
    fault: faultSchema,
  },
  "When faces may open the door; more at /v1/schedule.",
);

const homeReportSchema = closed(
  {
    state: Type.Enum(["off", "connecting", "connected"]),
    fault: Type.Union([Type.String(), Type.Null()], { description: "Why it is not connected." }),
  },
  "The MQTT broker; the door works without it.",
);

const webhookReportSchema = closed(
  {
    receiver: Type.String({ description: "Scheme, host and port." }),
    pending: count("Events that it was not told yet."),
    delivered: count("Events that it was told, since the start."),
    dropped: count("Events that it will not be told: refused, too old, or too many at once."),
    fault: Type.Union([Type.String(), Type.Null()], { description: "Why the last attempt failed." }),
  },
  "A receiver of webhooks; the door works without it.",
);

export const statusReportSchema = closed(
  {
    state: Type.Enum(["starting", "ready", "degraded", "locked_down"]),
    locked: Type.Boolean({ description: "Whether the relay is inactive, so that the door is locked." }),
    causes: Type.Array(causeSchema, { description: "Why the device is not ready; empty when it is." }),
    version: Type.String(),
    bootId: Type.String({ description: "Changes with each start of the daemon." }),
    uptimeMs: Type.Number({ minimum: 0 }),
    ownerLabel: Type.Union([Type.String(), Type.Null()], { description: "The label that may unlock." }),
    bundle: Type.Union([bundleReportSchema, Type.Null()]),
    board: boardReportSchema,
    camera: cameraReportSchema,
    vision: visionReportSchema,
    relay: relayReportSchema,
    secondStep: secondStepReportSchema,
    door: doorReportSchema,
    pairingButton: pairingButtonReportSchema,
    store: storeReportSchema,
    feedback: feedbackReportSchema,
    snapshots: snapshotsReportSchema,
    people: peopleReportSchema,
    enrolment: enrolmentReportSchema,
    home: homeReportSchema,
    webhooks: Type.Array(webhookReportSchema),
    lockdown: Type.Union([lockdownSchema, Type.Null()], {
      description: "While there is one, the door opens for nobody.",
    }),
    faceUnlock: faceUnlockSchema,
    schedule: scheduleStatusSchema,
    log: logLevelReportSchema,
    decision: Type.Union([decisionReportSchema, Type.Null()]),
    counters: closed(
      {
        framesAnalysed: count("Frames that were decided on."),
        unlocks: count("Times the door was opened."),
        refusals: count("Times somebody was refused."),
      },
      "Since the start.",
    ),
    loopLagMs: closed(
      { p50: Type.Number({ minimum: 0 }), p99: Type.Number({ minimum: 0 }) },
      "How late the daemon's event loop runs, in ms.",
    ),
  },
  "How the device is.",
);

export type StatusReport = Static<typeof statusReportSchema>;
