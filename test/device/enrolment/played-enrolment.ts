// An enrolment whose clock, bundle and frames are played; the session, the people and their files are real.
import type { AdmissionRefusal } from "../../../device/bundle/admission.ts";
import type { EnrolmentLook } from "../../../device/enrolment/enrolment.ts";
import { type BundleInUse, GuidedEnrolment } from "../../../device/enrolment/guided-enrolment.ts";
import type { NewEvent } from "../../../device/events/events.ts";
import type { StoredPeople, StoredPeopleOptions } from "../../../device/people/stored-people.ts";
import type { Ending } from "../feedback/open-feedback.ts";
import { openPeople } from "../people/open-people.ts";
import { bundle, embeddingOf } from "../played-door.ts";

export const timeLimitMs = 60_000;

/** How a face is held in each step, and what it looks like. */
export const held = {
  straight: { yawRatio: 0.02, pitchRatio: 0.5, brightness: 120 },
  turn_left: { yawRatio: 0.3, pitchRatio: 0.5, brightness: 120 },
  turn_right: { yawRatio: -0.25, pitchRatio: 0.5, brightness: 120 },
  chin_up: { yawRatio: 0, pitchRatio: 0.4, brightness: 120 },
  glasses: { yawRatio: 0.02, pitchRatio: 0.5, brightness: 120 },
  light: { yawRatio: 0.02, pitchRatio: 0.5, brightness: 180 },
} as const;

export class PlayedEnrolment {
  readonly people: StoredPeople;
  readonly stateDir: string;
  readonly events: NewEvent[];
  readonly enrolment: GuidedEnrolment;
  /** What the door was told, in order. */
  readonly enrolling: boolean[] = [];
  bundle: BundleInUse | null = { ...bundle, verifiedScoreMin: bundle.thresholds.verifiedScoreMin };
  refusal: AdmissionRefusal | null = null;
  nowMs = 1_000;

  constructor(t: Ending, changes: Partial<StoredPeopleOptions> = {}) {
    const { people, stateDir, events } = openPeople(t, changes);
    this.people = people;
    this.stateDir = stateDir;
    this.events = events;
    this.enrolment = new GuidedEnrolment({
      people,
      bundle: () => this.bundle,
      admissionRefusal: () => this.refusal,
      setEnrolling: (on) => this.enrolling.push(on),
      timeLimitMs,
      nowMs: () => this.nowMs,
      note: (event) => events.push(event),
    });
  }

  /** As the API is given it. */
  get deps() {
    const { people, enrolment } = this;
    return { people, enrolment, ownerName: "Markus", inUse: (id: string) => people.get(id).templates };
  }

  /** Shows a face, 300 ms after the last, so many times. */
  show(pose: keyof typeof held, frames = 4, likeness = 0.9): void {
    for (let i = 0; i < frames; i++) {
      this.nowMs += 300;
      this.enrolment.note(faceAt(this.nowMs, pose, likeness));
    }
  }

  /** Shows what all needed steps ask for, and what does not need a word. */
  showAll(): void {
    for (const pose of ["straight", "turn_left", "turn_right", "chin_up"] as const) this.show(pose);
  }
}

export function faceAt(capturedAtMs: number, pose: keyof typeof held, likeness = 0.9): EnrolmentLook {
  return { lack: null, face: { capturedAtMs, embedding: embeddingOf(likeness), ...held[pose] } };
}
