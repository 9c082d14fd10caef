// What is told to Home Assistant, without a broker: the payload of discovery, states and events.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type DeviceNames, discoveryPayload } from "../../../device/home/discovery.ts";
import type { HomeState } from "../../../device/home/home.ts";
import { eventMessages, stateMessages } from "../../../device/home/messages.ts";
import { topicsOf } from "../../../device/home/topics.ts";
import { newEvent } from "../store/store-contract.ts";
import { assertDiscovery } from "./home-assistant.ts";

const names: DeviceNames = {
  deviceId: "0123456789ab",
  name: "Front door",
  version: "0.1.0",
  baseTopic: "facelatch",
  pageUrl: "https://door.local:8780/",
  takesUnlock: true,
  takesLockdown: true,
  sendsImage: true,
  ...{ hasContact: true, hasTamper: true },
};
const topics = topicsOf(names);
const state: HomeState = {
  lock: "locked",
  isLockedDown: false,
  ...{ contact: "open", tamper: "clear" },
  isFaceUnlockOn: true,
  causes: [],
  bundle: { name: "Markus", sha256: "ab".repeat(32) },
  updates: "confirmed",
  recordHead: `7:${"cd".repeat(32)}`,
};

describe("discovery", () => {
  it("is what Home Assistant documents, whatever is allowed", () => {
    for (const takesUnlock of [true, false]) {
      for (const takesLockdown of [true, false]) {
        for (const pageUrl of [names.pageUrl, null]) {
          const sendsImage = pageUrl !== null;
          const payload = discoveryPayload({ ...names, takesUnlock, takesLockdown, pageUrl, sendsImage });
          const components = assertDiscovery(JSON.stringify(payload));
          assert.equal(components["lock"]!["payload_unlock"] === "UNLOCK", takesUnlock);
          assert.equal("lockdown" in components, takesLockdown);
          assert.equal("image" in components, sendsImage);
          assert.equal("face_unlock" in components, takesLockdown);
        }
      }
    }
  });

  it("keeps no command", () => {
    for (const component of Object.values(assertDiscovery(JSON.stringify(discoveryPayload(names))))) {
      if ("command_topic" in component) assert.equal(component["retain"], false);
    }
  });
});

describe("messages", () => {
  it("tell the state of every entity that has one", () => {
    const told = new Map(stateMessages(state, topics));
    const components = assertDiscovery(JSON.stringify(discoveryPayload(names)));
    for (const [key, { platform, state_topic: topic }] of Object.entries(components)) {
      assert.equal(told.has(String(topic)), platform !== "event" && platform !== "image", key);
    }
    assert.equal(told.get(topics.lock), "LOCKED");
    assert.equal(told.get(topics.trouble), "OFF");
    assert.deepEqual([told.get(topics.contact), told.get(topics.tamper)], ["ON", "OFF"]);
    assert.deepEqual([told.get(topics.trouble), told.get(topics.faceUnlock)], ["OFF", "ON"]);
    assert.equal(new Map(stateMessages({ ...state, isFaceUnlockOn: false }, topics)).get(topics.faceUnlock), "OFF");
    const troubled = new Map(stateMessages({ ...state, lock: "jammed", causes: ["RELAY_UNAVAILABLE"] }, topics));
    assert.deepEqual(
      [troubled.get(topics.lock), troubled.get(topics.trouble), troubled.get(topics.troubleAttributes)],
      ["JAMMED", "ON", '{"causes":["RELAY_UNAVAILABLE"]}'],
    );
  });

  it("tell of a line that cannot be read that nobody knows, and of one that there is not nothing", () => {
    const told = new Map(stateMessages({ ...state, contact: null, tamper: "unknown" }, topics));
    assert.deepEqual([told.has(topics.contact), told.get(topics.tamper)], [false, "None"]);
    const components = assertDiscovery(JSON.stringify(discoveryPayload({ ...names, hasContact: false })));
    assert.deepEqual(["contact" in components, "tamper" in components], [false, true]);
  });

  it("tell of openings and refusals, and never a name, a score or a sentence", () => {
    const stored = { seq: 5, bootId: "b", at: "2026-11-23T10:00:00.000Z" };
    const data = { presenceId: 3, ownerScore: 0.7, name: "Erik" };
    const of = (fields: Parameters<typeof newEvent>[0]) =>
      eventMessages({ ...stored, ...newEvent({ data, ...fields }) }, topics);
    const facts = { seq: 5, at: stored.at, reason: "not_owner", presence: 3 };
    const [refused] = of({});
    assert.equal(refused![0], topics.event);
    assert.deepEqual(JSON.parse(refused![1]), { event_type: "refused", ...facts });
    const [granted] = of({ type: "unlock.granted", reason: null, message: "Markus was let in." });
    assert.deepEqual(JSON.parse(granted![1]), { event_type: "unlocked", ...facts, reason: null });
    const [forced] = of({ type: "door.forced", reason: null, data: {} });
    assert.deepEqual(JSON.parse(forced![1]), { event_type: "forced", ...facts, reason: null, presence: null });
    assert.deepEqual(of({ type: "daemon.started" }), []);
  });
});
