// The daemon's side of the relay guard: asks it for pulses, tells it of progress, and starts it again after any end.
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { AskedPulse } from "./asked-pulse.ts";
import type { GuardReply } from "./guard-messages.ts";
import { type GuardEnd, GuardProcess } from "./guard-process.ts";
import { describeLine, type RelayLine, relayLineOf } from "./output-line.ts";
import type { Relay, RelayLimits, RelayStatus } from "./relay.ts";
import { relayOff } from "./relay-off.ts";

export type GuardedRelayOptions = RelayLine & {
  readonly limits: RelayLimits;
  /** The guard ends a pulse when it hears nothing for so long. */
  readonly heartbeatTimeoutMs: number;
  /** The guard is killed, and replaced, when an answer takes longer. */
  readonly answerTimeoutMs: number;
  /** From its start to the inactive line. */
  readonly startTimeoutMs: number;
  /** The wait before it is started again, from the second failure in a row on; after the first there is none. */
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
};

interface Settling {
  readonly resolve: () => void;
  readonly reject: (error: FacelatchError) => void;
}

/** Between pulses a heartbeat only shows whether the guard answers. */
const idleHeartbeatMs = 5_000;

export class GuardedRelay implements Relay {
  readonly #options: GuardedRelayOptions;
  readonly #pulse: AskedPulse;
  #guard: GuardProcess | null = null;
  #ready = false;
  /** From a start until its guard says that the line is inactive: an earlier process may have left it active. */
  #lineInDoubt = false;
  /** The first start, from the call to the inactive line: its failure is the caller's, those after it are mended here. */
  #started: Promise<void> | null = null;
  #starting: Settling | null = null;
  #stopped: Promise<void> | null = null;
  #stopping: ((end: GuardEnd) => void) | null = null;
  #respawn: NodeJS.Timeout | undefined;
  /** What the replacement of a lost guard waits for; a stop calls it off. */
  #releasing: symbol | null = null;
  #pulses = 0;
  #restarts = 0;
  #failures = 0;
  #toldAtMs = 0;
  #guardFault: string | null = null;
  #lineFault: string | null = null;

  constructor(options: GuardedRelayOptions) {
    this.#options = options;
    this.#pulse = new AskedPulse(options.limits);
  }

  start(): Promise<void> {
    this.#started ??= this.#begin();
    return this.#started;
  }

  async pulse(onActive: () => void = () => undefined): Promise<void> {
    const guard = this.#guard;
    if (guard === null || !this.#ready) throw this.#unavailable(this.#guardFault ?? "a guard that was not started");
    this.#pulse.refuseUnlessAllowed();
    const { limits, answerTimeoutMs } = this.#options;
    const seq = guard.request({ type: "pulse", pulseMs: limits.pulseMs }, answerTimeoutMs);
    this.#toldAtMs = performance.now();
    await this.#pulse.ask(seq, onActive);
  }

  relock(): void {
    if (this.#guard === null || !this.#ready || !this.#pulse.isActive) return;
    this.#guard.request({ type: "relock" }, this.#options.answerTimeoutMs);
  }

  heartbeat(): void {
    if (this.#guard === null || !this.#ready) return;
    const { heartbeatTimeoutMs, answerTimeoutMs } = this.#options;
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < (this.#pulse.isActive ? heartbeatTimeoutMs / 4 : idleHeartbeatMs)) return;
    this.#toldAtMs = nowMs;
    this.#guard.request({ type: "heartbeat" }, answerTimeoutMs);
  }

  status(): RelayStatus {
    const message = this.#guardFault ?? this.#lineFault;
    return {
      adapter: `${describeLine(this.#options)}, guarded`,
      active: this.#pulse.isActive,
      pulses: this.#pulses,
      guard: { pid: this.#guard?.pid ?? null, restarts: this.#restarts, fault: this.#guardFault },
      fault: message === null ? null : { code: "RELAY_UNAVAILABLE", message },
    };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#end().finally(() => {
      this.#stopped = null;
    });
    return this.#stopped;
  }

  async #begin(): Promise<void> {
    await this.#stopped;
    this.#lineInDoubt = true;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#starting = { resolve, reject };
        this.#spawn();
      });
    } catch (error) {
      this.#started = null;
      throw error;
    } finally {
      this.#starting = null;
    }
  }

  #spawn(): void {
    const { heartbeatTimeoutMs, startTimeoutMs } = this.#options;
    try {
      this.#guard = new GuardProcess({
        settings: { ...this.#line(), heartbeatTimeoutMs },
        startTimeoutMs,
        onReply: (reply) => this.#received(reply),
        onEnd: (end) => this.#ended(end),
      });
    } catch (error) {
      this.#ended({ isInactive: false, message: messageOf(error) });
    }
  }

  #received(reply: Exclude<GuardReply, { type: "ended" }>): void {
    const { pulseMs } = this.#options.limits;
    if (reply.type === "ready") this.#becomeReady();
    else if (reply.type === "alive") this.#failures = 0;
    else if (reply.type === "active") {
      this.#pulses++;
      this.#lineFault = null;
      const timeoutMs = pulseMs + this.#options.answerTimeoutMs;
      this.#guard?.await(reply.seq, timeoutMs, "the pulse did not end");
      this.#pulse.began(reply.seq);
    } else if (reply.type === "over") this.#pulse.over(reply.seq);
    else if (reply.code === "RELAY_REFUSED") this.#pulse.refused(reply.seq, reply.message);
    else {
      this.#lineFault = reply.message;
      this.#pulse.failed(this.#unavailable(reply.message));
    }
  }

  #becomeReady(): void {
    this.#pulse.lineIsInactive();
    this.#lineInDoubt = false;
    this.#ready = true;
    this.#guardFault = null;
    this.#toldAtMs = performance.now();
    this.#starting?.resolve();
  }

  #ended(end: GuardEnd): void {
    this.#guard = null;
    this.#ready = false;
    if (this.#stopping === null) this.#lost(end.message);
    else this.#stopping(end);
    if (end.isInactive) this.#pulse.lineIsInactive();
  }

  /** A guard that ended unasked: its successor is started at once, as the line may be active. */
  #lost(why: string): void {
    this.#guardFault = `The relay guard ended: ${why}`;
    const error = this.#unavailable(this.#guardFault);
    this.#pulse.failed(error);
    if (this.#starting !== null) {
      this.#starting.reject(error);
      return;
    }
    const { backoffFirstMs, backoffMaxMs } = this.#options;
    // An active line is not to wait for a long backoff.
    const delayMaxMs = this.#pulse.isActive ? backoffFirstMs : backoffMaxMs;
    const delayMs = this.#failures === 0 ? 0 : Math.min(delayMaxMs, backoffFirstMs * 2 ** (this.#failures - 1));
    this.#failures = Math.min(this.#failures + 1, 20);
    const releasing = Symbol("release");
    this.#releasing = releasing;
    void this.#releaseLine().then(() => {
      if (this.#releasing !== releasing) return;
      this.#respawn = setTimeout(() => {
        this.#restarts++;
        this.#spawn();
      }, delayMs);
    });
  }

  /** A process takes its time to start: until then this one drives the line that its guard may have left active. */
  async #releaseLine(): Promise<void> {
    if (!this.#pulse.isActive) return;
    try {
      await relayOff(this.#line());
      this.#pulse.lineIsInactive();
    } catch {
      // The next guard drives it too, and says what is in the way.
    }
  }

  #line(): RelayLine & { readonly limits: RelayLimits } {
    return { ...relayLineOf(this.#options), limits: this.#options.limits };
  }

  async #end(): Promise<void> {
    this.#ready = false;
    this.#starting?.reject(this.#unavailable("a relay that was stopped"));
    await this.#started?.catch(() => undefined);
    this.#releasing = null;
    clearTimeout(this.#respawn);
    const guard = this.#guard;
    const isInactive = guard === null ? !this.#lineInDoubt && !this.#pulse.isActive : await this.#endGuard(guard);
    this.#started = null;
    // The guard is gone and did not say that the line is inactive: nobody else is there to see to it.
    if (!isInactive) await this.#driveInactive();
    this.#pulse.lineIsInactive();
    this.#guardFault = null;
  }

  /** Whether the guard said that the line is inactive. */
  async #endGuard(guard: GuardProcess): Promise<boolean> {
    const { isInactive } = await new Promise<GuardEnd>((resolve) => {
      this.#stopping = resolve;
      guard.stop();
    });
    this.#stopping = null;
    return isInactive;
  }

  async #driveInactive(): Promise<void> {
    try {
      await relayOff(this.#line());
    } catch (error) {
      const unavailable = this.#unavailable(messageOf(error));
      this.#guardFault = unavailable.message;
      this.#pulse.failed(unavailable);
      throw unavailable;
    }
  }

  #unavailable(found: string): FacelatchError {
    return new FacelatchError("RELAY_UNAVAILABLE", {
      expected: `a guard that drives the line (${describeLine(this.#options)})`,
      found,
      next: "The door stays locked; the guard is started again by itself.",
    });
  }
}
