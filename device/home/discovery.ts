// What Home Assistant is told of this device, once: its entities and where their states are, as its documentation of MQTT
// discovery for devices has it (https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload).
import { topicsOf } from "./topics.ts";

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

/** The payload of `homeassistant/device/<id>/config`, to be kept by the broker. */
export function discoveryPayload(names: DeviceNames): Readonly<Record<string, unknown>> {
  const { deviceId, name, version, pageUrl, takesUnlock, takesLockdown, sendsImage, hasContact, hasTamper } = names;
  const topics = topicsOf(names);
  const unique = (key: string) => ({ unique_id: `${deviceId}_${key}` });
  const components: Record<string, unknown> = {
    lock: {
      p: "lock",
      ...unique("lock"),
      // The device's main entity bears its name.
      name: null,
      state_topic: topics.lock,
      command_topic: topics.lockCommand,
      ...{ state_locked: "LOCKED", state_unlocked: "UNLOCKED", state_jammed: "JAMMED" },
      ...{ payload_lock: "LOCK", payload_unlock: takesUnlock ? "UNLOCK" : "UNLOCK_IS_NOT_ALLOWED" },
      ...command,
    },
    door: {
      p: "event",
      ...unique("door"),
      name: "Door",
      state_topic: topics.event,
      event_types: [...doorEventTypes],
    },
    doorbell: {
      p: "event",
      ...unique("doorbell"),
      name: "Unknown person",
      device_class: "doorbell",
      state_topic: topics.doorbell,
      event_types: ["ring"],
    },
    trouble: {
      p: "binary_sensor",
      ...unique("trouble"),
      name: "Trouble",
      device_class: "problem",
      state_topic: topics.trouble,
      json_attributes_topic: topics.troubleAttributes,
      entity_category: "diagnostic",
    },
    bundle: {
      p: "update",
      ...unique("bundle"),
      name: "Bundle",
      state_topic: topics.update,
      entity_category: "diagnostic",
    },
    updates: {
      p: "sensor",
      ...unique("updates"),
      name: "Updates",
      state_topic: topics.updates,
      entity_category: "diagnostic",
    },
    record: {
      p: "sensor",
      ...unique("record"),
      name: "Head of the record",
      state_topic: topics.record,
      entity_category: "diagnostic",
      enabled_by_default: false,
    },
  };
  const binarySensor = (key: "contact" | "tamper", name: string, deviceClass: string) => ({
    p: "binary_sensor",
    ...unique(key),
    name,
    device_class: deviceClass,
    state_topic: topics[key],
  });
  // "Door" is what happens at it; this is whether it is open.
  if (hasContact) components["contact"] = binarySensor("contact", "Door contact", "door");
  if (hasTamper) components["tamper"] = binarySensor("tamper", "Case", "tamper");
  if (takesLockdown) {
    components["lockdown"] = {
      p: "switch",
      ...unique("lockdown"),
      name: "Lockdown",
      state_topic: topics.lockdown,
      command_topic: topics.lockdownCommand,
      ...command,
    };
    components["face_unlock"] = {
      p: "switch",
      ...unique("face_unlock"),
      name: "Face unlock",
      state_topic: topics.faceUnlock,
      command_topic: topics.faceUnlockCommand,
      ...command,
    };
  }
  if (sendsImage) {
    components["image"] = {
      p: "image",
      ...unique("image"),
      name: "Unknown person",
      image_topic: topics.image,
      content_type: "image/jpeg",
    };
  }
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
    cmps: components,
    availability_topic: topics.availability,
    qos: 1,
  };
}

/** A command is for now: none that a broker has kept may open a door later. */
const command = { retain: false, optimistic: false };
