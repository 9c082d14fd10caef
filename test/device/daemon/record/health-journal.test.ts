// The journal of faults: an event for each change, and none for what goes on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import type { CameraStatus } from "../../../../device/camera/camera.ts";
import { HealthJournal } from "../../../../device/daemon/record/health-journal.ts";
import { type NewEvent, newEventSchema } from "../../../../device/events/events.ts";
import type { VisionState, VisionStatus } from "../../../../device/vision/vision.ts";
import { bundle, PlayedCamera, PlayedRelay, PlayedVision } from "../../played-door.ts";

type Fault = { readonly code: string; readonly message: string };

class Journal {
  readonly events: NewEvent[] = [];
  readonly #journal = new HealthJournal(
    (event) => this.events.push(event),
    () => 42,
  );

  camera(fault: CameraStatus["fault"]): void {
    this.#journal.noteCamera({ ...new PlayedCamera().status(), fault });
  }

  vision(state: VisionState, fault: Fault | null = null, loaded: VisionStatus["bundle"] = bundle): void {
    this.#journal.noteVision({ ...new PlayedVision().status(), state, fault, bundle: loaded });
  }

  get journal(): HealthJournal {
    return this.#journal;
  }

  get types(): string[] {
    return this.events.map(({ type, reason }) => (reason === null ? type : `${type} ${reason}`));
  }
}

const away = { code: "CAMERA_UNAVAILABLE", message: "It is away." } as const;
const frozen = { code: "CAMERA_FROZEN", message: "It repeats." } as const;
const crashed = { code: "VISION_CRASHED", message: "It ended." };

describe("the camera", () => {
  it("is told of when it fails, fails otherwise and works again, once each", () => {
    const journal = new Journal();
    for (const fault of [null, away, { ...away, message: "Still away." }, frozen, frozen, null, null]) {
      journal.camera(fault);
    }
    assert.deepEqual(journal.types, [
      "camera.fault CAMERA_UNAVAILABLE",
      "camera.fault CAMERA_FROZEN",
      "camera.recovered",
    ]);
    assert.deepEqual(
      journal.events.map(({ monotonicMs }) => monotonicMs),
      [42, 42, 42],
    );
  });
});

describe("the relay", () => {
  it("is told of when it could not be started", () => {
    const journal = new Journal();
    const relay = new PlayedRelay().status();
    journal.journal.noteRelay(relay);
    assert.deepEqual(journal.types, []);
    journal.journal.noteRelay({ ...relay, fault: { code: "RELAY_UNAVAILABLE", message: "It is busy." } });
    assert.deepEqual(journal.types, ["relay.fault RELAY_UNAVAILABLE"]);
  });
});

describe("the vision process", () => {
  it("is told of when it fails and works again, once each, whatever it goes through between", () => {
    const journal = new Journal();
    journal.vision("starting", null, null);
    journal.vision("ready");
    journal.vision("backoff", crashed);
    journal.vision("starting", crashed);
    journal.vision("ready", crashed);
    journal.vision("ready", null);
    journal.vision("ready", null);
    assert.deepEqual(journal.types, ["bundle.loaded", "vision.fault VISION_CRASHED", "vision.recovered"]);
  });

  it("is not told of a bundle again that it loads again, but of another", () => {
    const journal = new Journal();
    journal.vision("ready");
    journal.vision("ready", null, { ...bundle, sha256: "1".repeat(64), name: "Second" });
    journal.vision("ready", null, { ...bundle, sha256: "1".repeat(64), name: "Second" });
    assert.deepEqual(journal.types, ["bundle.loaded", "bundle.loaded"]);
    assert.match(journal.events[1]!.message, /"Second"/);
    assert.equal(journal.events[1]!.data["sha256"], "1".repeat(64));
  });

  it("that refuses a bundle is told of once, though it tries again and again", () => {
    const journal = new Journal();
    const refusal = { code: "BUNDLE_CHECKSUM_MISMATCH", message: "It differs." };
    for (let attempt = 0; attempt < 3; attempt++) {
      journal.vision("refused", refusal, null);
      journal.vision("starting", refusal, null);
    }
    journal.vision("ready", refusal);
    journal.vision("ready", null);
    assert.deepEqual(journal.types, ["bundle.refused BUNDLE_CHECKSUM_MISMATCH", "bundle.loaded", "vision.recovered"]);
  });
});

describe("the daemon", () => {
  it("is ready with its first analysed frame, once", () => {
    const journal = new Journal();
    journal.journal.note("daemon.started", "Started.");
    journal.journal.noteAnalysed(812.4);
    journal.journal.noteAnalysed(999);
    journal.journal.note("daemon.stopped", "Stopped.");
    assert.deepEqual(journal.types, ["daemon.started", "daemon.ready", "daemon.stopped"]);
    assert.deepEqual(journal.events[1]!.data, { sinceStartMs: 812 });
  });
});

describe("every event", () => {
  it("fits its schema, also where a message is very long", () => {
    const journal = new Journal();
    journal.camera({ ...away, message: "m".repeat(9_999) });
    journal.vision("backoff", { ...crashed, message: "m".repeat(9_999) });
    assert.equal(journal.events.length, 2);
    for (const event of journal.events) assert.ok(Check(newEventSchema, event));
  });
});
