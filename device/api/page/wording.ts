// How the page says things: times, amounts, and the name and weight of each type of event.
import type { EventType } from "../../events/events.ts";
import type { SessionReport } from "../routes-session.ts";

export type Tone = "calm" | "good" | "warn" | "bad";

export const eventWording: Record<EventType, { readonly name: string; readonly tone: Tone }> = {
  "daemon.started": { name: "Started", tone: "calm" },
  "daemon.ready": { name: "Ready", tone: "calm" },
  "daemon.stopped": { name: "Stopped", tone: "calm" },
  "bundle.loaded": { name: "Bundle in use", tone: "calm" },
  "bundle.refused": { name: "Bundle refused", tone: "bad" },
  "update.trial": { name: "Bundle on trial", tone: "calm" },
  "update.confirmed": { name: "Bundle confirmed", tone: "good" },
  "update.reverted": { name: "Bundle taken back", tone: "bad" },
  "update.rolled_back": { name: "Rolled back", tone: "warn" },
  "update.refused": { name: "Update refused", tone: "warn" },
  "update.fault": { name: "Update damaged", tone: "bad" },
  "vision.fault": { name: "Vision failed", tone: "bad" },
  "vision.recovered": { name: "Vision works again", tone: "calm" },
  "camera.fault": { name: "Camera failed", tone: "bad" },
  "camera.recovered": { name: "Camera works again", tone: "calm" },
  "presence.started": { name: "Somebody is there", tone: "calm" },
  "presence.ended": { name: "Nobody is there", tone: "calm" },
  "doorbell.rang": { name: "Doorbell", tone: "warn" },
  "unlock.granted": { name: "Opened", tone: "good" },
  "unlock.refused": { name: "Refused", tone: "warn" },
  "second_step.confirmed": { name: "Confirmed", tone: "calm" },
  "second_step.refused": { name: "PIN refused", tone: "warn" },
  "lockout.started": { name: "Lockout", tone: "bad" },
  "lockdown.set": { name: "Locked down", tone: "warn" },
  "lockdown.cleared": { name: "Lockdown lifted", tone: "calm" },
  "relay.fault": { name: "Relay failed", tone: "bad" },
  "board.strained": { name: "Board under strain", tone: "warn" },
  "board.recovered": { name: "Board recovered", tone: "calm" },
  "access.paired": { name: "Browser paired", tone: "warn" },
  "passkey.registered": { name: "Passkey registered", tone: "warn" },
  "passkey.removed": { name: "Passkey removed", tone: "warn" },
  "feedback.recorded": { name: "Feedback", tone: "calm" },
  "feedback.forgotten": { name: "Feedback forgotten", tone: "warn" },
  "feedback.damaged": { name: "Feedback damaged", tone: "warn" },
  "feedback.fault": { name: "Feedback failed", tone: "bad" },
  "feedback.recovered": { name: "Feedback works again", tone: "calm" },
  "snapshots.erased": { name: "Pictures erased", tone: "warn" },
  "people.consent": { name: "Consent recorded", tone: "calm" },
  "people.enrolled": { name: "Enrolled", tone: "warn" },
  "people.exported": { name: "Templates copied", tone: "warn" },
  "people.erased": { name: "Person erased", tone: "warn" },
  "people.fault": { name: "People failed", tone: "bad" },
  "people.recovered": { name: "People known again", tone: "calm" },
  "enrolment.started": { name: "Enrolment began", tone: "calm" },
  "enrolment.ended": { name: "Enrolment ended", tone: "calm" },
};

export const eventNames: readonly string[] = Object.keys(eventWording);

const timeOfDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
/** A board without a clock chip starts in the past until it learns the time. */
const clockSetFrom = Date.UTC(2026, 0, 1);

export function timeText(at: string): string {
  const time = new Date(at);
  if (time.getTime() < clockSetFrom) return "clock not set";
  return time.toDateString() === new Date().toDateString() ? timeOfDay.format(time) : dayAndTime.format(time);
}

export function durationText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** An amount with its noun, in the plural where it needs one. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export function bytesText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export function percentText(ratio: number): string {
  return `${(ratio * 100).toFixed(ratio > 0.99 && ratio < 1 ? 1 : 0)} %`;
}

/** Whether a session may do what asks for a scope, as the device judges it; there `admin` includes all but `unlock` and `people`. */
export function mayDo(session: SessionReport | null, scope: SessionReport["scopes"][number]): boolean {
  const held = session?.scopes ?? [];
  return held.includes(scope) || (scope !== "unlock" && scope !== "people" && held.includes("admin"));
}
