// Conducts updates under the running daemon: takes up a bundle that was switched to, without a restart, and ends its trial.
import { messageOf } from "../../errors/errors.ts";
import type { NewEvent } from "../../events/events.ts";
import type { Look } from "../../pipeline.ts";
import type { DaemonUpdates } from "../../slots/open-updates.ts";
import { currentBundleSha256 } from "../../slots/slots.ts";
import { Trial, type TrialLimits } from "../../slots/trial.ts";
import type { UpdateStatus } from "../../slots/updates.ts";
import type { Vision, VisionStatus } from "../../vision/vision.ts";

const pollMs = 1_000;

export interface UpdateWatchOptions {
  readonly stateDir: string;
  readonly updates: DaemonUpdates;
  readonly limits: TrialLimits;
  readonly ownerLabel: string;
  readonly vision: Vision;
  /** Stores an event. Throws where that fails; it is then handed over again. */
  readonly store: (event: NewEvent) => void;
  readonly onError: (error: unknown) => void;
  readonly nowMs: () => number;
}

export class UpdateWatch {
  readonly #options: UpdateWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #turning: Promise<void> = Promise.resolve();
  #sha256: string | null = null;
  #trial: Trial | null = null;
  #lastFrameSeq = -1;
  #toldError = "";

  constructor(options: UpdateWatchOptions) {
    this.#options = options;
  }

  /**
   * Decides what to run, before the vision process starts. What the disk refuses is told and keeps nothing from
   * starting: what `current` leads to then runs as it stands.
   */
  async start(): Promise<void> {
    await this.#attempt(() => this.#options.updates.start());
    this.#sha256 = await this.#linked();
    await this.#attempt(() => this.#beginTrial());
    await this.#attempt(() => this.#deliver());
    this.#timer = setInterval(() => this.#turnAfterTheLast(), pollMs);
  }

  /** Resolves when no turn is under way any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turning;
    if (this.#trial !== null) await this.#attempt(() => this.#options.updates.noteCleanStop());
  }

  /** How far the trial is; null without one. */
  progress(): UpdateStatus["trial"] {
    return this.#trial?.progress(this.#options.nowMs()) ?? null;
  }

  noteLook({ frame, analysis }: Look): void {
    const { state, bundle, fault } = this.#options.vision.status();
    const trial = this.#trial;
    if (trial === null || frame === null || frame.seq === this.#lastFrameSeq || bundle?.sha256 !== trial.sha256) return;
    this.#lastFrameSeq = frame.seq;
    // A still frame was spared the models, and says nothing about them.
    if (analysis !== null) {
      if (!analysis.still) trial.noteFrame(analysis.totalMs);
    } else if (state === "ready" && fault !== null) {
      trial.noteFault(fault.code, fault.message);
    }
  }

  noteVision({ state, bundle, fault }: VisionStatus): void {
    const trial = this.#trial;
    if (trial === null) return;
    if (state === "refused" && fault !== null) trial.fail(fault.code, fault.message);
    if (state === "backoff" && fault !== null) trial.noteFault(fault.code, fault.message);
    const { ownerLabel } = this.#options;
    if (state !== "ready" || bundle === null || bundle.ownerLabel === ownerLabel) return;
    trial.fail(
      "BUNDLE_OWNER_MISMATCH",
      `the bundle was made for "${bundle.ownerLabel}", the door is "${ownerLabel}"'s`,
    );
  }

  #turnAfterTheLast(): void {
    // A turn that waits for the disk is not joined by another one.
    this.#turning = this.#turning.then(() => this.#attempt(() => this.#turn()));
  }

  async #turn(): Promise<void> {
    const sha256 = await this.#linked();
    if (sha256 !== this.#sha256) {
      this.#sha256 = sha256;
      this.#trial = null;
      // Also where the bundle in use is this one already: another one may be about to take over.
      this.#options.vision.reload();
      await this.#beginTrial();
    }
    await this.#judge();
    await this.#deliver();
  }

  async #beginTrial(): Promise<void> {
    const { updates, limits, nowMs, vision } = this.#options;
    const sha256 = await updates.onTrial();
    this.#trial = sha256 !== null && sha256 === this.#sha256 ? new Trial(sha256, limits, nowMs()) : null;
    if (vision.status().state === "ready") this.noteVision(vision.status());
  }

  async #judge(): Promise<void> {
    const { updates, nowMs, vision } = this.#options;
    const trial = this.#trial;
    if (trial === null) return;
    const verdict = trial.verdict(nowMs());
    if (verdict.kind === "failed") await updates.revert(trial.sha256, verdict.code, verdict.reason);
    else if (verdict.kind === "proved" && isWorking(vision.status(), trial.sha256)) await updates.confirm(trial.sha256);
    else return;
    this.#trial = null;
    // The way back is another bundle, which is taken up at once.
    if (verdict.kind === "failed") await this.#turn();
  }

  async #deliver(): Promise<void> {
    const { updates, store, nowMs } = this.#options;
    await updates.deliver((event) => store({ ...event, monotonicMs: nowMs() }));
  }

  /** A link that cannot be read is no bundle; the vision process says what is wrong with it. */
  #linked(): Promise<string | null> {
    return currentBundleSha256(this.#options.stateDir).catch(() => null);
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#toldError = "";
    } catch (error) {
      // A disk that stays full is tried every second, and told once.
      const message = messageOf(error);
      if (message !== this.#toldError) this.#options.onError(error);
      this.#toldError = message;
    }
  }
}

function isWorking({ state, bundle, fault }: VisionStatus, sha256: string): boolean {
  return state === "ready" && fault === null && bundle?.sha256 === sha256;
}
