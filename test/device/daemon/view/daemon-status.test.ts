// The status: each part's fault becomes a cause, and the device is ready only when there is none.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import { type StatusReport, statusReportSchema } from "../../../../device/api/status-report.ts";
import { DaemonStatus } from "../../../../device/daemon/view/daemon-status.ts";
import type { Decision, RefusalReason } from "../../../../device/decision/decision.ts";
import type { ScheduleReport } from "../../../../device/door/door.ts";
import { type DoorIoStatus, nothingWired } from "../../../../device/door-io/door-io.ts";
import { NoHome } from "../../../../device/home/home.ts";
import type { Look } from "../../../../device/pipeline.ts";
import { NoSecondStep } from "../../../../device/second-step/no-second-step.ts";
import { SignedWebhooks } from "../../../../device/webhooks/signed-webhooks.ts";
import { PlayedEnrolment, timeLimitMs } from "../../enrolment/played-enrolment.ts";
import { openFeedback } from "../../feedback/open-feedback.ts";
import { analysisOf, bundle, memoryStore, PlayedCamera, PlayedRelay, PlayedVision } from "../../played-door.ts";
import { openSnapshots } from "../../snapshots/open-snapshots.ts";
import { newEvent } from "../../store/store-contract.ts";

const nothing = { presence: null, presenceChange: null, presenceEnded: null, lockoutUntilMs: null } as const;

function refused(reason: RefusalReason, analysed = true): Look {
  const decision: Decision = { kind: "refuse", reason, ...nothing };
  const observation = { kind: "fault", reason: "camera_fault" } as const;
  return {
    frame: null,
    analysis: analysed ? analysisOf(null) : null,
    observation,
    decision,
    decidedAtMs: 0,
    sustainsPulse: true,
  };
}

const alwaysOpen: ScheduleReport = {
  ...{
    source: "config",
    windows: [],
    allowsNow: true,
    clockIsTrusted: true,
    timeZone: "UTC",
    changed: null,
    fault: null,
  },
};

interface Ending {
  after(end: () => void | Promise<void>): void;
}

function makeStatus(t: Ending) {
  const camera = new PlayedCamera();
  const vision = new PlayedVision();
  const relay = new PlayedRelay();
  const secondStep = new NoSecondStep();
  const fault = { code: "PAIRING_BUTTON_UNAVAILABLE", message: "it is gone" } as const;
  const pairingButton = { adapter: "a line", knocks: 1, fault };
  const doorSide: { status: () => DoorIoStatus } = { status: () => nothingWired };
  const store = memoryStore(t);
  const { feedback } = openFeedback(t);
  const played = new PlayedEnrolment(t);
  const door = { lockdown: null as StatusReport["lockdown"], scheduleFault: null as ScheduleReport["fault"] };
  const lockdown = () => door.lockdown;
  const board = { status: () => ({ temperatureC: 81.5, memoryAvailableBytes: 1e8, strains: ["hot"] as const }) };
  const parts = {
    board,
    camera,
    vision,
    relay,
    secondStep,
    doorSide,
    store,
    feedback,
    snapshots: openSnapshots(t).snapshots,
    people: played.people,
    enrolment: played.enrolment,
    home: new NoHome(),
    webhooks: new SignedWebhooks([]),
    pairingButton: { status: () => pairingButton },
    ownerLabel: "Markus",
    lockdown,
    faceUnlock: () => ({ on: true, off: null }),
    logLevel: { report: () => ({ level: "debug", configured: "info", until: "2026-11-23T11:00:00.000Z" }) as const },
    schedule: { report: () => ({ ...alwaysOpen, fault: door.scheduleFault, allowsNow: door.scheduleFault === null }) },
  };
  const status = new DaemonStatus("boot-1", parts);
  const causes = () => status.report().causes.map(({ code }) => code);
  return { camera, vision, relay, secondStep, doorSide, pairingButton, store, played, door, status, causes };
}

describe("a device without a fault", () => {
  it("is starting until a frame was analysed, and then ready, though its pairing button fails", (t) => {
    const { status, pairingButton } = makeStatus(t);
    assert.equal(status.report().state, "starting");
    status.noteLook(refused("vision_fault", false));
    assert.equal(status.report().state, "starting");
    status.noteLook(refused("no_face"));
    const report = status.report();
    assert.deepEqual([report.state, report.causes, report.locked], ["ready", [], true]);
    assert.deepEqual(report.pairingButton, pairingButton);
    assert.deepEqual(report.board, { temperatureC: 81.5, memoryAvailableBytes: 1e8, strains: ["hot"] });
    assert.equal(report.counters.framesAnalysed, 1);
    assert.deepEqual(report.log, { level: "debug", configured: "info", until: "2026-11-23T11:00:00.000Z" });
    assert.deepEqual(report.decision, { kind: "refuse", reason: "no_face", message: "Nobody is in view." });
  });

  it("gives a report that fits its schema, and counts openings and refusals", (t) => {
    const { status, store, relay } = makeStatus(t);
    void relay.pulse();
    store.append(newEvent({ type: "unlock.refused" }));
    store.append(newEvent({ type: "unlock.refused" }));
    status.noteLook(refused("no_face"));
    const report = status.report();
    assert.ok(Check(statusReportSchema, report));
    assert.deepEqual([report.counters.unlocks, report.counters.refusals], [1, 2]);
  });

  it("tells of an enrolment while there is one", (t) => {
    const { status, played } = makeStatus(t);
    const { id } = played.people.add({ role: "household", name: "Anna" }, "a test");
    assert.deepEqual([status.report().enrolment, status.report().people.household], [null, 1]);
    played.enrolment.begin(id, "a test");
    assert.ok(Check(statusReportSchema, status.report()));
    assert.deepEqual(status.report().enrolment, { remainingMs: timeLimitMs });
    played.enrolment.cancel();
    assert.equal(status.report().enrolment, null);
  });

  it("is locked down as long as the door is, also while nobody is in view", (t) => {
    const { status, door } = makeStatus(t);
    door.lockdown = { sinceAt: "2026-11-23T10:00:00.000Z", by: "Anna" };
    status.noteLook(refused("no_face"));
    const report = status.report();
    assert.ok(Check(statusReportSchema, report));
    assert.deepEqual([report.state, report.lockdown], ["locked_down", door.lockdown]);
  });
});

describe("a fault", () => {
  it("of any part is a cause, and all are told", (t) => {
    const { camera, vision, relay, secondStep, status, causes } = makeStatus(t);
    status.noteLook(refused("no_face"));
    const fault = <C extends string>(code: C) => ({ code, message: "A message." });
    const cameraStatus = camera.status();
    const visionStatus = vision.status();
    const relayStatus = relay.status();
    camera.status = () => ({ ...cameraStatus, fault: fault("CAMERA_FROZEN") });
    vision.status = () => ({ ...visionStatus, fault: fault("VISION_TIMEOUT") });
    relay.status = () => ({ ...relayStatus, active: true, fault: fault("RELAY_UNAVAILABLE") });
    secondStep.status = () => ({ adapter: "PIN", confirmations: 0, fault: fault("SECOND_STEP_UNAVAILABLE") });
    assert.deepEqual(causes(), ["CAMERA_FROZEN", "VISION_TIMEOUT", "RELAY_UNAVAILABLE", "SECOND_STEP_UNAVAILABLE"]);
    assert.deepEqual([status.report().state, status.report().locked], ["degraded", false]);
  });

  it("of a line at the door is a cause only where it keeps faces out", (t) => {
    const { doorSide, status, causes } = makeStatus(t);
    status.noteLook(refused("no_face"));
    const fault = <L extends "contact" | "tamper">(line: L) =>
      ({ line, code: "DOOR_LINE_UNAVAILABLE", message: line }) as const;
    doorSide.status = () => ({ ...nothingWired, contact: "unknown", faults: [fault("contact")] });
    assert.deepEqual([status.report().state, causes()], ["ready", []]);
    assert.ok(Check(statusReportSchema, status.report()));
    doorSide.status = () => ({ ...nothingWired, tamper: "unknown", faults: [fault("contact"), fault("tamper")] });
    assert.deepEqual(status.report().causes, [{ code: "DOOR_LINE_UNAVAILABLE", message: "tamper" }]);
    doorSide.status = () => ({ ...nothingWired, tamper: "tampered", faults: [] });
    assert.deepEqual([status.report().state, causes()], ["degraded", ["DOOR_TAMPERED"]]);
  });

  it("of the people is one of the causes", (t) => {
    const { played, causes } = makeStatus(t);
    played.people.add({ role: "household", name: "Anna" }, "a test");
    rmSync(join(played.stateDir, "people"), { recursive: true });
    assert.throws(() => played.people.sweep(), { code: "PEOPLE_UNAVAILABLE" });
    assert.deepEqual(causes(), ["PEOPLE_UNAVAILABLE"]);
  });

  it("of the store is one of the causes", (t) => {
    const { store, causes } = makeStatus(t);
    store.close();
    assert.deepEqual(causes(), []);
    assert.throws(() => store.append(newEvent()));
    assert.deepEqual(causes(), ["STORE_UNAVAILABLE"]);
  });

  it("is a bundle for another owner, with both names", (t) => {
    const { vision, status, causes } = makeStatus(t);
    vision.bundle = { ...bundle, ownerLabel: "Erika" };
    assert.deepEqual(causes(), ["BUNDLE_OWNER_MISMATCH"]);
    assert.match(status.report().causes[0]!.message, /"Erika".*"Markus"/);
  });

  it("is a camera whose frames are broken three times in a row, until one is whole", (t) => {
    const { status, causes } = makeStatus(t);
    status.noteLook(refused("no_face"));
    for (const expected of [[], [], ["FRAME_INVALID"], ["FRAME_INVALID"]]) {
      status.noteLook(refused("frame_invalid", false));
      assert.deepEqual(causes(), expected);
    }
    assert.equal(status.report().state, "degraded");
    status.noteLook(refused("no_face"));
    assert.deepEqual([causes(), status.report().state], [[], "ready"]);
    status.noteLook(refused("frame_invalid", false));
    assert.deepEqual(causes(), []);
  });
});

describe("a schedule that cannot be read", () => {
  it("is a cause of trouble, with its code", (t) => {
    const { status, door, causes } = makeStatus(t);
    status.noteLook(refused("no_face"));
    assert.deepEqual(status.report().schedule, { source: "config", allowsNow: true, fault: null });
    door.scheduleFault = { code: "SCHEDULE_UNAVAILABLE", message: "It is damaged." };
    assert.deepEqual(causes(), ["SCHEDULE_UNAVAILABLE"]);
    assert.deepEqual([status.report().state, status.report().schedule.allowsNow], ["degraded", false]);
  });
});
