// What each type of event weighs, and what a session may do: the same in every language.
import type { EventType } from "../../events/events.ts";
import type { SessionReport } from "../routes/session.ts";

export type Tone = "calm" | "good" | "warn" | "bad";

const tones: Readonly<Record<EventType, Tone>> = {
  "daemon.started": "calm",
  "daemon.ready": "calm",
  "daemon.stopped": "calm",
  "bundle.loaded": "calm",
  "bundle.refused": "bad",
  "update.trial": "calm",
  "update.confirmed": "good",
  "update.reverted": "bad",
  "update.rolled_back": "warn",
  "update.refused": "warn",
  "update.fault": "bad",
  "vision.fault": "bad",
  "vision.recovered": "calm",
  "camera.fault": "bad",
  "camera.recovered": "calm",
  "presence.started": "calm",
  "presence.ended": "calm",
  "doorbell.rang": "warn",
  "unlock.granted": "good",
  "unlock.refused": "warn",
  "door.opened": "calm",
  "door.forced": "bad",
  "door.held_open": "warn",
  "door.closed": "calm",
  "door.jammed": "bad",
  "door.jam_ended": "calm",
  "door.exit_pressed": "calm",
  "door.tampered": "bad",
  "door.tamper_ended": "calm",
  "door.line_fault": "bad",
  "door.line_recovered": "calm",
  "second_step.confirmed": "calm",
  "second_step.refused": "warn",
  "lockout.started": "bad",
  "lockdown.set": "warn",
  "lockdown.cleared": "calm",
  "face_unlock.off": "warn",
  "face_unlock.on": "calm",
  "schedule.changed": "calm",
  "schedule.fault": "bad",
  "schedule.recovered": "calm",
  "log_level.changed": "calm",
  "relay.fault": "bad",
  "board.strained": "warn",
  "board.recovered": "calm",
  "access.paired": "warn",
  "access.contested": "bad",
  "passkey.registered": "warn",
  "passkey.removed": "warn",
  "feedback.recorded": "calm",
  "feedback.forgotten": "warn",
  "feedback.damaged": "warn",
  "feedback.fault": "bad",
  "feedback.recovered": "calm",
  "snapshots.erased": "warn",
  "people.consent": "calm",
  "people.enrolled": "warn",
  "people.exported": "warn",
  "people.erased": "warn",
  "people.fault": "bad",
  "people.recovered": "calm",
  "enrolment.started": "calm",
  "enrolment.ended": "calm",
};

export const eventTypes = Object.keys(tones) as EventType[];

/** A page that is older than its device meets events that it does not know. */
export function toneOf(type: string): Tone {
  return tones[type as EventType] ?? "calm";
}

/** Whether a session may do what asks for a scope, as the device judges it; there `admin` includes all but `unlock`, `people` and `snapshots`. */
export function mayDo(session: SessionReport | null, scope: SessionReport["scopes"][number]): boolean {
  const held = session?.scopes ?? [];
  return held.includes(scope) || (!["unlock", "people", "snapshots"].includes(scope) && held.includes("admin"));
}
