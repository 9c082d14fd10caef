// What Home Assistant is told of this device, once: its entities and where their states are, as its documentation of MQTT
// discovery for devices has it (https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload).
import { type Topics, topicsOf } from "./topics.ts";

export interface DeviceNames {
  /** Lower case letters and digits; the same for ever. */
  readonly deviceId: string;
  readonly name: string;
  readonly version: string;
  readonly baseTopic: string;
  /** Where the page is; null where only this machine reaches it. */
  readonly pageUrl: string | null;
  readonly takesUnlock: boolean;
  /** A lockdown, and the switch of faces. */
  readonly takesLockdown: boolean;
  /** Whether pictures of unknown people are sent. */
  readonly sendsImage: boolean;
  readonly hasContact: boolean;
  readonly hasTamper: boolean;
}

/** The types of what the event entity tells. */
const doorEventTypes = ["unlocked", "refused", "somebody", "forced", "held_open", "tampered"] as const;
export type DoorEventType = (typeof doorEventTypes)[number];

type Component = Readonly<Record<string, unknown>>;
type Components = Readonly<Record<string, Component>>;

/** The payload of `homeassistant/device/<id>/config`, to be kept by the broker. */
export function discoveryPayload(names: DeviceNames): Readonly<Record<string, unknown>> {
  const { deviceId, name, version, pageUrl } = names;
  const topics = topicsOf(names);
  const components: Components = {
    ...doorComponents(names, topics),
    ...diagnosticComponents(topics),
    ...switches(names, topics),
  };
  const cmps = Object.entries(components).map(
    ([key, component]) => [key, { unique_id: `${deviceId}_${key}`, ...component }] as const,
  );
  return {
    dev: {
      ids: [deviceId],
      name,
      mf: "Facelatch",
      mdl: "Face-recognition door lock",
      sw: version,
      ...(pageUrl === null ? {} : { cu: pageUrl }),
    },
    o: { name: "Facelatch", sw: version },
    cmps: Object.fromEntries(cmps),
    availability_topic: topics.availability,
    qos: 1,
  };
}

/** What happens at the door, and what is seen of it. */
function doorComponents({ takesUnlock, sendsImage, hasContact, hasTamper }: DeviceNames, topics: Topics): Components {
  const sensor = (key: "contact" | "tamper", name: string, deviceClass: string) => ({
    [key]: { p: "binary_sensor", name, device_class: deviceClass, state_topic: topics[key] },
  });
  return {
    lock: {
      p: "lock",
      // The device's main entity bears its name.
      name: null,
      state_topic: topics.lock,
      command_topic: topics.lockCommand,
      ...{ state_locked: "LOCKED", state_unlocked: "UNLOCKED", state_jammed: "JAMMED" },
      ...{ payload_lock: "LOCK", payload_unlock: takesUnlock ? "UNLOCK" : "UNLOCK_IS_NOT_ALLOWED" },
      ...command,
    },
    door: { p: "event", name: "Door", state_topic: topics.event, event_types: [...doorEventTypes] },
    doorbell: {
      p: "event",
      name: "Unknown person",
      device_class: "doorbell",
      state_topic: topics.doorbell,
      event_types: ["ring"],
    },
    // "Door" is what happens at it; this is whether it is open.
    ...(hasContact && sensor("contact", "Door contact", "door")),
    ...(hasTamper && sensor("tamper", "Case", "tamper")),
    ...(sendsImage && {
      image: { p: "image", name: "Unknown person", image_topic: topics.image, content_type: "image/jpeg" },
    }),
  };
}

/** How the device itself is. */
function diagnosticComponents(topics: Topics): Components {
  const diagnostic = (p: string, name: string, topic: string) => ({
    p,
    name,
    state_topic: topic,
    entity_category: "diagnostic",
  });
  return {
    trouble: {
      ...diagnostic("binary_sensor", "Trouble", topics.trouble),
      device_class: "problem",
      json_attributes_topic: topics.troubleAttributes,
    },
    bundle: diagnostic("update", "Bundle", topics.update),
    updates: diagnostic("sensor", "Updates", topics.updates),
    record: { ...diagnostic("sensor", "Head of the record", topics.record), enabled_by_default: false },
  };
}

function switches({ takesLockdown }: DeviceNames, topics: Topics): Components {
  if (!takesLockdown) return {};
  return {
    lockdown: {
      p: "switch",
      name: "Lockdown",
      state_topic: topics.lockdown,
      command_topic: topics.lockdownCommand,
      ...command,
    },
    face_unlock: {
      p: "switch",
      name: "Face unlock",
      state_topic: topics.faceUnlock,
      command_topic: topics.faceUnlockCommand,
      ...command,
    },
  };
}

/** A command is for now: none that a broker has kept may open a door later. */
const command = { retain: false, optimistic: false };
