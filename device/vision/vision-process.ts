// The daemon's side of the vision process: one frame in flight, a timeout, and a respawn with backoff after any end.
import { type ErrorCode, errorCodes, FacelatchError, messageOf } from "../errors/errors.ts";
import { StillRest } from "./still-rest.ts";
import type { FrameAnalysis, OwnerTemplates, Vision, VisionState, VisionStatus } from "./vision.ts";
import { VisionChild } from "./vision-child.ts";
import type { VisionReply } from "./vision-messages.ts";

export interface VisionProcessOptions {
  /** The folder of an installed bundle; asked anew at each start, so that a new bundle is picked up. */
  readonly bundleFolder: () => string;
  readonly threads: number;
  readonly delegate: "auto" | "none";
  readonly frameTimeoutMs: number;
  /** From fork to ready, the golden check included. */
  readonly startTimeoutMs: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** Called on every change of state. */
  readonly onState?: (status: VisionStatus) => void;
}

interface Flight {
  readonly id: number;
  readonly sentAtMs: number;
  readonly resolve: (analysis: FrameAnalysis) => void;
  readonly reject: (error: FacelatchError) => void;
  readonly timer: NodeJS.Timeout;
}

/** After this many analysed frames a process counts as healthy, and the backoff begins anew. */
const healthyFrames = 20;

export class VisionProcess implements Vision {
  readonly #options: VisionProcessOptions;
  #child: VisionChild | null = null;
  /** Loads another bundle while the process before it goes on answering. */
  #successor: VisionChild | null = null;
  /** What was seen by the bundle before must not count together with what is seen by the next: one frame is lost. */
  #hasHandedOver = false;
  #state: VisionState = "stopped";
  #flight: Flight | null = null;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #framesThisProcess = 0;
  #nextId = 1;
  #engine: VisionStatus["engine"] = null;
  #bundle: VisionStatus["bundle"] = null;
  #warning: string | null = null;
  #fault: VisionStatus["fault"] = null;
  #rssBytes: number | null = null;
  #restarts = 0;
  #framesAnalysed = 0;
  #framesStill = 0;
  #owner: OwnerTemplates | null = null;
  readonly #rest = new StillRest();

  constructor(options: VisionProcessOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#state === "stopped") this.#spawn();
  }

  analyse(jpeg: Uint8Array): Promise<FrameAnalysis> {
    const child = this.#child;
    if (this.#state !== "ready" || child === null) {
      const found = this.#fault?.message ?? `a process that is ${this.#state}`;
      return Promise.reject(fault("VISION_UNAVAILABLE", "a vision process that is ready", found));
    }
    if (this.#hasHandedOver) {
      this.#hasHandedOver = false;
      return Promise.reject(anotherBundle());
    }
    if (this.#flight !== null) {
      return Promise.reject(fault("VISION_BUSY", "no frame in flight", "a frame that is still being analysed"));
    }
    const sentAtMs = performance.now();
    const spared = this.#rest.answer(sentAtMs);
    if (spared !== null) {
      this.#count(spared);
      return Promise.resolve(spared);
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const timer = setTimeout(() => this.#timedOut(), this.#options.frameTimeoutMs);
      this.#flight = { id, sentAtMs, resolve, reject, timer };
      child.send({ type: "analyse", id, jpeg });
    });
  }

  status(): VisionStatus {
    return {
      state: this.#state,
      engine: this.#engine,
      warning: this.#warning,
      restarts: this.#restarts,
      framesAnalysed: this.#framesAnalysed,
      framesStill: this.#framesStill,
      fault: this.#fault,
      bundle: this.#bundle,
      pid: this.#child?.pid ?? null,
      rssBytes: this.#rssBytes,
    };
  }

  knowOwner(owner: OwnerTemplates): void {
    this.#owner = owner;
    if (this.#state === "ready") this.#child?.send({ type: "owner", owner });
  }

  reload(): void {
    if (this.#state === "stopped") return;
    if (this.#state === "ready") {
      this.#discardSuccessor();
      this.#successor = this.#launch();
      return;
    }
    this.#discardChild();
    this.#bundle = null;
    this.#spawn();
    this.#land(anotherBundle());
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#discardSuccessor();
    const child = this.#child;
    this.#child = null;
    this.#enter("stopped");
    this.#land(fault("VISION_UNAVAILABLE", "a running vision process", "one that was stopped"));
    await child?.end();
  }

  #spawn(): void {
    const child = this.#launch();
    if (child === null) return;
    this.#child = child;
    this.#beginWith("starting");
  }

  /** A process that loads the bundle; null where none could be started, of which the state then tells. */
  #launch(): VisionChild | null {
    const { threads, delegate, startTimeoutMs } = this.#options;
    let child: VisionChild;
    try {
      child = new VisionChild({
        ...{ bundleFolder: this.#options.bundleFolder(), threads, delegate },
        onReply: (reply) => {
          if (child === this.#child) this.#received(reply);
          else if (child === this.#successor) this.#receivedOfSuccessor(reply);
        },
        onEnd: (how) => {
          if (child === this.#child || child === this.#successor) this.#failed("VISION_CRASHED", how);
        },
      });
    } catch (error) {
      this.#failed("VISION_CRASHED", `it could not be started (${messageOf(error)})`);
      return null;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#startTimedOut(), startTimeoutMs);
    return child;
  }

  #beginWith(state: VisionState): void {
    this.#rest.end();
    this.#framesThisProcess = 0;
    this.#enter(state);
  }

  #received(reply: VisionReply): void {
    if (reply.type === "ready") {
      this.#loaded(reply);
      this.#enter("ready");
    } else if (reply.type === "refused") {
      this.#refused(reply.code, reply.message);
    } else if (reply.id === this.#flight?.id) {
      if (reply.type === "analysis") this.#analysed(reply.analysis, reply.rssBytes);
      else this.#notAnalysed(reply.code, reply.message);
    }
  }

  #loaded({ engine, warning, bundle }: Extract<VisionReply, { type: "ready" }>): void {
    clearTimeout(this.#timer);
    this.#engine = engine;
    this.#warning = warning;
    this.#bundle = bundle;
    if (this.#owner !== null) this.#child?.send({ type: "owner", owner: this.#owner });
  }

  /** The other bundle takes over, or is refused; then the one before counts no more either, as it is no longer installed. */
  #receivedOfSuccessor(reply: VisionReply): void {
    if (reply.type === "refused") this.#refused(reply.code, reply.message);
    if (reply.type !== "ready") return;
    const successor = this.#successor;
    this.#successor = null;
    this.#discardChild();
    this.#child = successor;
    this.#loaded(reply);
    this.#beginWith("ready");
    this.#hasHandedOver = this.#flight === null;
    this.#land(anotherBundle());
    // The state is as before, but not what it is the state of.
    this.#options.onState?.(this.status());
  }

  #analysed(analysis: FrameAnalysis, rssBytes: number): void {
    const flight = this.#takeFlight();
    this.#rssBytes = rssBytes;
    this.#count(analysis);
    this.#fault = null;
    if (++this.#framesThisProcess === healthyFrames) this.#failures = 0;
    if (flight !== null) this.#rest.note(analysis, flight.sentAtMs);
    flight?.resolve(analysis);
  }

  #count({ still }: FrameAnalysis): void {
    this.#framesAnalysed++;
    if (still) this.#framesStill++;
  }

  /** A broken frame is the camera's fault; any other failure is this process's, until a frame is analysed again. */
  #notAnalysed(code: string, message: string): void {
    this.#rest.end();
    if (code !== "FRAME_INVALID") this.#fault = { code, message };
    this.#land(remoteFault(code, message));
  }

  /** The bundle failed a check: trying again at once would give the same answer, a repaired bundle another. */
  #refused(code: string, message: string): void {
    this.#fault = { code, message };
    this.#bundle = null;
    this.#discardChild();
    this.#enter("refused");
    this.#respawnAfter(this.#options.backoffMaxMs);
    this.#land(remoteFault(code, message));
  }

  #timedOut(): void {
    this.#failed("VISION_TIMEOUT", `no answer within ${this.#options.frameTimeoutMs} ms`);
  }

  #startTimedOut(): void {
    this.#failed("VISION_TIMEOUT", `it was not ready within ${this.#options.startTimeoutMs} ms`);
  }

  #failed(code: "VISION_TIMEOUT" | "VISION_CRASHED", found: string): void {
    const error = fault(code, "an answer from the vision process", found);
    this.#fault = { code, message: error.message };
    this.#discardChild();
    const delayMs = Math.min(
      this.#options.backoffMaxMs,
      this.#options.backoffFirstMs * 2 ** Math.min(20, this.#failures),
    );
    this.#failures++;
    this.#enter("backoff");
    this.#respawnAfter(delayMs);
    this.#land(error);
  }

  #discardChild(): void {
    clearTimeout(this.#timer);
    this.#discardSuccessor();
    this.#hasHandedOver = false;
    const child = this.#child;
    this.#child = null;
    this.#rssBytes = null;
    child?.kill();
  }

  #discardSuccessor(): void {
    const successor = this.#successor;
    this.#successor = null;
    successor?.kill();
  }

  #respawnAfter(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#restarts++;
      this.#spawn();
    }, delayMs);
  }

  #takeFlight(): Flight | null {
    const flight = this.#flight;
    this.#flight = null;
    clearTimeout(flight?.timer);
    return flight;
  }

  #land(error: FacelatchError): void {
    this.#takeFlight()?.reject(error);
  }

  #enter(state: VisionState): void {
    if (state === this.#state && state !== "refused") return;
    this.#state = state;
    this.#options.onState?.(this.status());
  }
}

function fault(code: ErrorCode, expected: string, found: string): FacelatchError {
  return new FacelatchError(code, {
    expected,
    found,
    next: "The door stays locked; the process is started again by itself.",
  });
}

function anotherBundle(): FacelatchError {
  return fault("VISION_UNAVAILABLE", "a vision process that is ready", "one that loads another bundle");
}

function remoteFault(code: string, message: string): FacelatchError {
  const known = code in errorCodes ? (code as ErrorCode) : "INTERNAL";
  return new FacelatchError(known, { expected: "an analysed frame", found: message, next: "The frame is dropped." });
}
