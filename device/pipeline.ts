// The door's loop: frame -> faces and scores -> decision -> relay and event. Everything it needs is handed in.
import { setTimeout as wait } from "node:timers/promises";
import type { Frame } from "./camera/camera.ts";
import {
  type Decision,
  decide,
  type Grant,
  initialState,
  type Now,
  type Observation,
  type Policy,
  type RefusalReason,
  recheck,
  recordActuation,
  recordConfirmation,
  recordOpeningByHand,
  recordPulseEnd,
  refusalByHand,
  refusalReasons,
  type State,
  setEnrolling,
  setFacesOff,
  setLockdown,
  setTamper,
  type TamperReason,
  withoutEvidence,
} from "./decision/decision.ts";
import {
  type DoorFrame,
  doorEvents,
  type Opening,
  openingEvent,
  type PresenceRecord,
  recordPresence,
  unlockEvent,
} from "./door-events.ts";
import { codeOf, messageOf } from "./errors/errors.ts";
import type { NewEvent } from "./events/events.ts";
import { FrameObserver, type FrameObserverOptions } from "./frame-observer.ts";
import type { Relay } from "./relay/relay.ts";
import type { Store } from "./store/store.ts";
import type { BundleThresholds, FrameAnalysis } from "./vision/vision.ts";

export type { Opening };

/** What the last frame showed and what was decided of it. */
export interface Look {
  /** Null when the camera delivered none in time. */
  readonly frame: Frame | null;
  readonly analysis: FrameAnalysis | null;
  readonly observation: Observation;
  readonly decision: Decision;
  readonly decidedAtMs: number;
  /** Whether a pulse may go on: one that a face earned only while faces are judged, one by hand in any case. */
  readonly sustainsPulse: boolean;
}

export interface PipelineOptions extends FrameObserverOptions {
  readonly relay: Relay;
  readonly store: Store;
  /** The policy for a bundle whose own thresholds are given. */
  readonly policy: (bundle: BundleThresholds) => Policy;
  readonly clock: () => Now;
  /** The least time between two frames, asked before each; 0 for as many as come. The rules are the same at any rate. */
  readonly frameIntervalMs: () => number;
  /** True: no unlock without its record on disk. */
  readonly auditRequired: boolean;
  /** The least time between two pulses, as the relay has it. */
  readonly gapMinMs: number;
  /** Told of what could not be stored, where the store itself is what fails. */
  readonly onError: (text: string) => void;
  /** Called after every decision; must not throw. */
  readonly onLook: (look: Look) => void;
}

/** Without a bundle there is nothing to open for; a policy is needed all the same. */
const nobodyPasses: BundleThresholds = {
  ownerScoreMin: 1,
  verifiedScoreMin: 1,
  householdMarginMin: 1,
  spoofScoreMin: null,
};

export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #observer: FrameObserver;
  #state: State = initialState();
  #presence: PresenceRecord | null = null;
  #bundleSha256: string | null = null;
  #openedByHand = false;
  #takenAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#observer = new FrameObserver(options);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#options.frameIntervalMs() > 0) await this.#rest(signal);
      if (signal.aborted) return;
      this.#takenAtMs = this.#options.clock().nowMs;
      const frame = await this.#observer.nextFrame(signal);
      if (!signal.aborted) await this.#process(frame);
    }
  }

  /** Takes the second step, a button or a PIN, for whoever is in view; false when nobody is. */
  confirm(): boolean {
    if (this.#state.presence === null) return false;
    this.#state = recordConfirmation(this.#state, this.#options.clock().nowMs);
    return true;
  }

  /** Locks the door down, or lifts that, from now on. */
  setLockdown(on: boolean): void {
    this.#state = setLockdown(this.#state, on);
  }

  /** Switches faces off, or on again, from now on; hands open the door all the same. */
  setFacesOff(off: boolean): void {
    this.#state = setFacesOff(this.#state, off);
  }

  /** Keeps the door locked for every face while somebody is enrolled, from now on; hands open it all the same. */
  setEnrolling(on: boolean): void {
    this.#state = setEnrolling(this.#state, on);
  }

  /** Keeps the door locked for every face while the case is open, or nobody can tell; hands open it all the same. */
  setTamper(tamper: TamperReason | null): void {
    this.#state = setTamper(this.#state, tamper);
  }

  /**
   * Opens for somebody whom the API lets do so: recorded first, and driven by the relay that faces open.
   *
   * @returns why it did not; null once the line is active
   */
  async openByHand(opening: Opening): Promise<RefusalReason | null> {
    const { store, relay, clock, gapMinMs, auditRequired } = this.#options;
    const block = refusalByHand(this.#state, clock().nowMs, gapMinMs);
    if (block !== null) return this.#refuseByHand(opening, block);
    try {
      store.append(openingEvent(opening, null, clock().nowMs));
    } catch (error) {
      this.#options.onError(`An opening could not be recorded: ${messageOf(error)}`);
      if (auditRequired) return "audit_unavailable";
    }
    this.#state = recordOpeningByHand(this.#state, clock().nowMs);
    this.#openedByHand = true;
    return new Promise((resolve) => {
      let hasOpened = false;
      const opened = (): void => {
        hasOpened = true;
        resolve(null);
      };
      const failed = (error: unknown): void => {
        this.#relayFailed(error);
        if (!hasOpened) resolve(this.#refuseByHand(opening, "relay_unavailable"));
      };
      const pulse = relay.pulse(opened).finally(() => {
        this.#state = recordPulseEnd(this.#state, clock().nowMs);
      });
      pulse.then(opened, failed);
    });
  }

  #refuseByHand(opening: Opening, reason: RefusalReason): RefusalReason {
    this.#note(openingEvent(opening, reason, this.#options.clock().nowMs));
    return reason;
  }

  /** Lets frames pass where the board is to be spared; returns at once when the signal aborts. */
  async #rest(signal: AbortSignal): Promise<void> {
    const restMs = this.#takenAtMs + this.#options.frameIntervalMs() - this.#options.clock().nowMs;
    if (restMs > 0) await wait(restMs, undefined, { signal }).catch(() => undefined);
  }

  async #process(frame: Frame | null): Promise<void> {
    const { vision, clock, onLook } = this.#options;
    const { observation, analysis } = await this.#observer.observe(frame);
    const { bundle } = vision.status();
    const policy = this.#options.policy(bundle?.thresholds ?? nobodyPasses);
    // What another bundle's models agreed on counts for nothing under this one's thresholds.
    if (bundle !== null && bundle.sha256 !== this.#bundleSha256) this.#state = withoutEvidence(this.#state);
    this.#bundleSha256 = bundle?.sha256 ?? this.#bundleSha256;
    const now = clock();
    const [state, decision] = decide(this.#state, observation, now, policy);
    this.#state = state;
    const face = observation.kind === "frame" ? observation.face : null;
    const doorFrame: DoorFrame = { decision, frameSeq: frame?.seq ?? 0, face, nowMs: now.nowMs };
    for (const event of doorEvents(this.#presence, doorFrame)) this.#note(event);
    this.#presence = recordPresence(this.#presence, doorFrame);
    const refusal = decision.kind === "unlock" ? this.#open(decision.grant, doorFrame, policy) : null;
    // What kept the door locked at last is what the presence's record tells.
    if (refusal !== null && this.#presence !== null) this.#presence = { ...this.#presence, reason: refusal };
    const final: Decision = refusal === null ? decision : { ...decision, kind: "refuse", reason: refusal };
    const sustainsPulse = analysis !== null || this.#openedByHand;
    onLook({ frame, analysis, observation, decision: final, decidedAtMs: now.nowMs, sustainsPulse });
  }

  /** Records, checks again, and drives the relay; returns why it did not. */
  #open(grant: Grant, frame: DoorFrame, policy: Policy): RefusalReason | null {
    const { store, relay, clock, auditRequired } = this.#options;
    try {
      store.append(unlockEvent(frame));
    } catch (error) {
      this.#options.onError(`An unlock could not be recorded: ${messageOf(error)}`);
      if (auditRequired) return "audit_unavailable";
    }
    const reason = recheck(this.#state, grant, clock(), policy);
    if (reason !== null) {
      this.#note({ ...unlockEvent(frame), type: "unlock.refused", reason, message: refusalReasons[reason] });
      return reason;
    }
    this.#state = recordActuation(this.#state, clock().nowMs);
    this.#openedByHand = false;
    if (this.#presence !== null) this.#presence = { ...this.#presence, unlocked: true };
    void relay
      .pulse()
      .catch((error: unknown) => this.#relayFailed(error))
      .finally(() => {
        this.#state = recordPulseEnd(this.#state, clock().nowMs);
      });
    return null;
  }

  #relayFailed(error: unknown): void {
    const { nowMs } = this.#options.clock();
    const message = messageOf(error).slice(0, 500);
    const reason = codeOf(error, "RELAY_UNAVAILABLE");
    this.#note({ type: "relay.fault", monotonicMs: nowMs, reason, message, data: {} });
  }

  /** Stores an event that nothing waits for; the store's status shows a failure. */
  #note(event: NewEvent): void {
    try {
      this.#options.store.append(event);
    } catch (error) {
      this.#options.onError(`The event ${event.type} could not be stored: ${messageOf(error)}`);
    }
  }
}
