// Event types and their schemas: what happened at the door, as stored, streamed and shown.
import Type, { type Static } from "typebox";

/** Every type of event, with one sentence for people. */
export const eventTypes = {
  "daemon.started": "The daemon started.",
  "daemon.ready": "The first frame was analysed.",
  "daemon.stopped": "The daemon stopped.",
  "bundle.loaded": "A bundle was verified and is in use.",
  "bundle.refused": "A bundle failed a check and is not in use.",
  "update.trial": "A new bundle is on trial.",
  "update.confirmed": "The bundle on trial proved itself.",
  "update.reverted": "The bundle on trial was taken back.",
  "update.rolled_back": "The device went back to an earlier bundle.",
  "update.refused": "A bundle was refused before it was put in use.",
  "update.fault": "The record of updates, or the bundle in use, was found damaged.",
  "vision.fault": "The vision process failed.",
  "vision.recovered": "The vision process works again.",
  "camera.fault": "The camera failed.",
  "camera.recovered": "The camera works again.",
  "presence.started": "Somebody came into view.",
  "presence.ended": "Nobody is in view any more.",
  "doorbell.rang": "Somebody unknown stands before the door.",
  "unlock.granted": "The door was opened.",
  "unlock.refused": "The door stayed locked.",
  "door.opened": "The door was opened, after a pulse or the exit button.",
  "door.forced": "The door was opened, and nothing had opened it.",
  "door.held_open": "The door has been open for too long.",
  "door.closed": "The door was closed; the reason says what ended with it.",
  "door.jammed": "The door is closed, and the bolt is not back in its locked position.",
  "door.jam_ended": "The bolt is back, or is not waited for any more.",
  "door.exit_pressed": "The exit button was pressed.",
  "door.tampered": "The case at the door was opened: the door opens for no face.",
  "door.tamper_ended": "The case at the door is closed again.",
  "door.line_fault": "An input at the door cannot be read.",
  "door.line_recovered": "An input at the door can be read again.",
  "second_step.confirmed": "The button was pressed, or the right PIN entered, while somebody was in view.",
  "second_step.refused": "A PIN was wrong, or came within the wait after wrong ones.",
  "lockout.started": "Too many near misses: the lock waits.",
  "lockdown.set": "The door was locked down.",
  "lockdown.cleared": "The lockdown was lifted.",
  "face_unlock.off": "Faces were switched off: the door opens for none.",
  "face_unlock.on": "Faces were switched on again.",
  "schedule.changed": "Somebody changed the schedule.",
  "schedule.fault": "The schedule cannot be read: the door opens for no face.",
  "schedule.recovered": "The schedule is known again.",
  "log_level.changed":
    "The log was made more or less talkative for a while, or went back to the configuration's level.",
  "relay.fault": "The relay could not be driven.",
  "board.strained": "The board is hot or short of memory, and takes fewer frames.",
  "board.recovered": "The board takes all frames again.",
  "access.paired": "A browser was let in by the pairing code, or by the button.",
  "access.contested": "The pairing button was held, and several browsers wanted in: none was let in.",
  "passkey.registered": "A passkey was registered, with which the door can be opened by hand.",
  "passkey.removed": "A passkey was removed.",
  "feedback.recorded": "Somebody said who a presence was.",
  "feedback.forgotten": "A command on the board removed what was said of a presence.",
  "feedback.damaged": "Stored frames of a presence are missing or were altered.",
  "feedback.fault": "The household negatives are not known.",
  "feedback.recovered": "The household negatives are known again.",
  "snapshots.erased": "Somebody erased pictures of events.",
  "people.consent": "Somebody recorded that a person agrees to be enrolled.",
  "people.enrolled": "A person was enrolled at the door.",
  "people.exported": "Somebody took a copy of a person's templates.",
  "people.erased": "A person was erased, templates and consent.",
  "people.fault": "The people of the household are not known.",
  "people.recovered": "The people of the household are known again.",
  "enrolment.started": "The enrolment of a person began: the door opens for no face.",
  "enrolment.ended": "The enrolment of a person ended.",
} as const;

export type EventType = keyof typeof eventTypes;

const eventTypeSchema = Type.Enum(Object.keys(eventTypes) as EventType[], { description: "What happened." });

/** An event as its source makes it: no I/O, no clock; the store adds `seq`, `bootId` and `at`. */
export const newEventSchema = Type.Object(
  {
    type: eventTypeSchema,
    /** On the monotonic clock of this boot, in ms. */
    monotonicMs: Type.Number({ minimum: 0, description: "Time since the daemon started counting, in ms." }),
    /** A stable code, such as a refusal's reason or an error's code. */
    reason: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
    /** One sentence for people. */
    message: Type.String({ maxLength: 500 }),
    /** Numbers that explain the event: `frameSeq`, `ownerScore`, `presenceId`; never an image or an embedding. */
    data: Type.Record(
      Type.String({ maxLength: 40 }),
      Type.Union([Type.String({ maxLength: 200 }), Type.Number(), Type.Boolean(), Type.Null()]),
    ),
  },
  { additionalProperties: false },
);

export type NewEvent = Static<typeof newEventSchema>;

export const storedEventSchema = Type.Object(
  {
    seq: Type.Integer({ minimum: 1, description: "Grows by one with each event; the cursor of lists and streams." }),
    bootId: Type.String({ description: "Changes with each start of the daemon." }),
    at: Type.String({ format: "date-time", description: "Wall clock time; may jump on boards without a clock chip." }),
    ...newEventSchema.properties,
  },
  { additionalProperties: false },
);

export type StoredEvent = Static<typeof storedEventSchema>;

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal"] as const;
export type LogLevel = (typeof logLevels)[number];

export const logLineSchema = Type.Object(
  {
    seq: Type.Integer({ minimum: 1 }),
    at: Type.String({ format: "date-time" }),
    level: Type.Enum([...logLevels]),
    /** Which part spoke: "camera", "vision", "api" and so on. */
    source: Type.String({ maxLength: 40 }),
    text: Type.String({ maxLength: 2000 }),
  },
  { additionalProperties: false },
);

export type LogLine = Static<typeof logLineSchema>;
