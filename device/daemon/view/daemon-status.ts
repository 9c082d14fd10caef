// The daemon's status, put together from its parts: what works, what does not, and why the door is locked.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ButtonPairingStatus } from "../../access/access.ts";
import type { StatusReport } from "../../api/api.ts";
import type { Board } from "../../board/board.ts";
import type { Camera } from "../../camera/camera.ts";
import { refusalReasons } from "../../decision/decision.ts";
import type { ScheduleControl } from "../../door/door.ts";
import type { DoorIoStatus } from "../../door-io/door-io.ts";
import type { Enrolment } from "../../enrolment/enrolment.ts";
import type { Feedback } from "../../feedback/feedback.ts";
import type { Home } from "../../home/home.ts";
import { version } from "../../installation/installation.ts";
import type { LogLevelControl } from "../../log/log.ts";
import type { People } from "../../people/people.ts";
import type { Look } from "../../pipeline.ts";
import type { Relay } from "../../relay/relay.ts";
import type { SecondStep } from "../../second-step/second-step.ts";
import type { Snapshots } from "../../snapshots/snapshots.ts";
import type { Store } from "../../store/store.ts";
import type { BundleThresholds, Vision } from "../../vision/vision.ts";
import type { Webhooks } from "../../webhooks/webhooks.ts";
import type { DoorSide } from "../door/door-side.ts";

export interface DaemonParts {
  readonly board: Pick<Board, "status">;
  readonly camera: Camera;
  readonly vision: Vision;
  readonly relay: Relay;
  readonly secondStep: SecondStep;
  readonly doorSide: Pick<DoorSide, "status">;
  /** Null where there is no such button. */
  readonly pairingButton: { readonly status: () => ButtonPairingStatus } | null;
  readonly store: Store;
  readonly feedback: Feedback;
  readonly snapshots: Pick<Snapshots, "status">;
  readonly people: Pick<People, "status">;
  readonly enrolment: Pick<Enrolment, "state">;
  readonly home: Pick<Home, "status">;
  readonly webhooks: Pick<Webhooks, "status">;
  readonly ownerLabel: string;
  readonly lockdown: () => StatusReport["lockdown"];
  readonly faceUnlock: () => StatusReport["faceUnlock"];
  readonly schedule: Pick<ScheduleControl, "report">;
  readonly logLevel: Pick<LogLevelControl, "report">;
}

type Cause = StatusReport["causes"][number];

/** One broken frame is noise; so many in a row mean that the camera or its cable delivers nothing of use. */
const invalidFramesMax = 3;

/** Each sample wakes the daemon up: a hundred a second cost more than an empty scene's frames. */
const lagSampleMs = 100;

export class DaemonStatus {
  readonly #bootId: string;
  readonly #parts: DaemonParts;
  readonly #lag = monitorEventLoopDelay({ resolution: lagSampleMs });
  readonly #counters = { framesAnalysed: 0, refusals: 0 };
  #decision: StatusReport["decision"] = null;
  #invalidFramesInRow = 0;

  constructor(bootId: string, parts: DaemonParts) {
    this.#bootId = bootId;
    this.#parts = parts;
    this.#lag.enable();
    parts.store.onEvent(({ type }) => {
      if (type === "unlock.refused") this.#counters.refusals++;
    });
  }

  noteLook({ analysis, decision }: Look): void {
    if (analysis !== null) this.#counters.framesAnalysed++;
    this.#decision = decisionReport(decision);
    this.#invalidFramesInRow = this.#decision.reason === "frame_invalid" ? this.#invalidFramesInRow + 1 : 0;
  }

  report(): StatusReport {
    const { board, camera, vision, relay, secondStep, store, feedback, snapshots, people, home, webhooks, ownerLabel } =
      this.#parts;
    const door = this.#parts.doorSide.status();
    const { strains, ...readings } = board.status();
    const { bundle, ...visionStatus } = vision.status();
    const [relayStatus, secondStepStatus] = [relay.status(), secondStep.status()];
    const [storeStatus, feedbackStatus, peopleStatus] = [store.status(), feedback.status(), people.status()];
    const { enrolment } = this.#parts.enrolment.state();
    const watched = [camera.status(), visionStatus, relayStatus, secondStepStatus];
    const { source, allowsNow, fault: scheduleFault } = this.#parts.schedule.report();
    const schedule = { source, allowsNow, fault: scheduleFault };
    const kept = [storeStatus, feedbackStatus, peopleStatus, schedule];
    const causes = causesOf([...watched, ...kept].map(({ fault }) => fault));
    if (bundle !== null && bundle.ownerLabel !== ownerLabel) causes.push(ownerMismatch(bundle.ownerLabel, ownerLabel));
    causes.push(...tamperCauses(door));
    if (this.#invalidFramesInRow >= invalidFramesMax) causes.push(framesInvalid(this.#invalidFramesInRow));
    return {
      state: this.#state(causes),
      locked: !relayStatus.active,
      causes,
      version,
      bootId: this.#bootId,
      uptimeMs: performance.now(),
      ownerLabel,
      bundle: bundle === null ? null : bundleReport(bundle),
      board: { ...readings, strains: [...strains] },
      camera: camera.status(),
      vision: visionStatus,
      relay: relayStatus,
      secondStep: secondStepStatus,
      door: { ...door, faults: [...door.faults] },
      pairingButton: this.#parts.pairingButton?.status() ?? null,
      store: storeStatus,
      feedback: feedbackStatus,
      snapshots: snapshots.status(),
      people: peopleStatus,
      enrolment: enrolment === null ? null : { remainingMs: enrolment.remainingMs },
      home: home.status(),
      webhooks: [...webhooks.status()],
      lockdown: this.#parts.lockdown(),
      faceUnlock: this.#parts.faceUnlock(),
      schedule,
      log: this.#parts.logLevel.report(),
      decision: this.#decision,
      counters: { ...this.#counters, unlocks: relayStatus.pulses },
      loopLagMs: { p50: this.#lagMs(50), p99: this.#lagMs(99) },
    };
  }

  /** How much later than asked for the loop came round; the histogram holds whole intervals, in ns. */
  #lagMs(percentile: number): number {
    return Math.max(0, this.#lag.percentile(percentile) / 1e6 - lagSampleMs);
  }

  #state(causes: readonly Cause[]): StatusReport["state"] {
    if (this.#parts.lockdown() !== null) return "locked_down";
    if (causes.length > 0) return "degraded";
    return this.#parts.vision.status().state === "ready" && this.#counters.framesAnalysed > 0 ? "ready" : "starting";
  }
}

/** A decision in the words of the API. */
export function decisionReport(decision: Look["decision"]): NonNullable<StatusReport["decision"]> {
  if (decision.kind === "unlock") return { kind: "unlock", reason: null, message: "The owner is recognised." };
  return { kind: "refuse", reason: decision.reason, message: refusalReasons[decision.reason] };
}

function causesOf(faults: readonly ({ readonly code: string; readonly message: string } | null)[]): Cause[] {
  return faults.flatMap((fault) => (fault === null ? [] : [{ code: fault.code, message: fault.message }]));
}

/** Of all lines at the door, a fault of this one alone keeps it locked. */
function tamperCauses({ tamper, faults }: DoorIoStatus): Cause[] {
  if (tamper === "tampered") return [{ code: "DOOR_TAMPERED", message: refusalReasons.tampered }];
  if (tamper !== "unknown") return [];
  const message = faults.find(({ line }) => line === "tamper")?.message ?? refusalReasons.tamper_unknown;
  return [{ code: "DOOR_LINE_UNAVAILABLE", message }];
}

function ownerMismatch(found: string, expected: string): Cause {
  return {
    code: "BUNDLE_OWNER_MISMATCH",
    message: `The bundle was made for "${found}", and this door is configured for "${expected}": it opens for nobody.`,
  };
}

function framesInvalid(inRow: number): Cause {
  return { code: "FRAME_INVALID", message: `The last ${inRow} frames could not be decoded: check the camera's cable.` };
}

function bundleReport({
  name,
  sha256,
  createdAt,
  thresholds,
  labels,
}: {
  readonly name: string;
  readonly sha256: string;
  readonly createdAt: string;
  readonly thresholds: BundleThresholds;
  readonly labels: readonly string[];
}): NonNullable<StatusReport["bundle"]> {
  return { name, sha256, createdAt, ...thresholds, labels: [...labels] };
}
