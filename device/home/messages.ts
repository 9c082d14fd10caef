// What is published: states that the broker keeps, and events that it does not.
import type { StoredEvent } from "../events/events.ts";
import type { DoorEventType } from "./discovery.ts";
import type { HomeState } from "./home.ts";
import type { Topics } from "./topics.ts";

export type Message = readonly [topic: string, payload: string];

/** All states, by topic. */
export function stateMessages(state: HomeState, topics: Topics): Message[] {
  const { lock, isLockedDown, isFaceUnlockOn, contact, tamper, causes, bundle, updates, recordHead } = state;
  // What is in use is all that there is: a board looks for no newer one.
  const version = bundle === null ? null : bundle.sha256.slice(0, 12);
  return [
    [topics.lock, lock.toUpperCase()],
    [topics.lockdown, isLockedDown ? "ON" : "OFF"],
    [topics.faceUnlock, isFaceUnlockOn ? "ON" : "OFF"],
    ...binaryMessages(topics.contact, contact, "open"),
    ...binaryMessages(topics.tamper, tamper, "tampered"),
    [topics.trouble, causes.length > 0 ? "ON" : "OFF"],
    [topics.troubleAttributes, JSON.stringify({ causes })],
    [
      topics.update,
      JSON.stringify({ installed_version: version, latest_version: version, title: bundle?.name ?? "none" }),
    ],
    [topics.updates, updates],
    [topics.record, recordHead ?? "none"],
  ];
}

/** Nothing where there is no such input; of one that cannot be read Home Assistant is told "None", which it takes for unknown. */
function binaryMessages(topic: string, state: string | null, on: string): Message[] {
  if (state === null) return [];
  return [[topic, state === "unknown" ? "None" : state === on ? "ON" : "OFF"]];
}

const doorEvents: Readonly<Partial<Record<StoredEvent["type"], DoorEventType>>> = {
  "unlock.granted": "unlocked",
  "unlock.refused": "refused",
  "presence.started": "somebody",
  "door.forced": "forced",
  "door.held_open": "held_open",
  "door.tampered": "tampered",
};

/** What of an event the house is told: that it happened, when and why, and nothing of who it was. */
export function eventMessages({ type, seq, at, reason, data }: StoredEvent, topics: Topics): Message[] {
  const presence = data["presenceId"] ?? null;
  if (type === "doorbell.rang") return [[topics.doorbell, JSON.stringify({ event_type: "ring", presence })]];
  const event = doorEvents[type];
  if (event === undefined) return [];
  const facts = { seq, at, reason, presence };
  return [[topics.event, JSON.stringify({ event_type: event, ...facts })]];
}
