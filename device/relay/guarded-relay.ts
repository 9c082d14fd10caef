// The daemon's side of the relay guard: asks it for pulses, tells it of progress, and starts it again after any end.
import { FacelatchError, messageOf } from "../errors/errors.ts";
import type { GuardReply } from "./guard-messages.ts";
import { type GuardEnd, GuardProcess } from "./guard-process.ts";
import { describeLine, type OnoffLine } from "./onoff-relay.ts";
import type { Relay, RelayLimits, RelayStatus } from "./relay.ts";
import { relayOff } from "./relay-off.ts";

export interface GuardedRelayOptions extends OnoffLine {
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
}

interface Settling {
  readonly resolve: () => void;
  readonly reject: (error: FacelatchError) => void;
}

interface Flight extends Settling {
  readonly seq: number;
}

/** Between pulses a heartbeat only shows whether the guard answers. */
const idleHeartbeatMs = 5_000;

export class GuardedRelay implements Relay {
  readonly #options: GuardedRelayOptions;
  #guard: GuardProcess | null = null;
  #ready = false;
  /** The first start, from the call to the inactive line: its failure is the caller's, those after it are mended here. */
  #started: Promise<void> | null = null;
  #starting: Settling | null = null;
  #stopped: Promise<void> | null = null;
  #stopping: ((end: GuardEnd) => void) | null = null;
  #respawn: NodeJS.Timeout | undefined;
  #flight: Flight | null = null;
  #active = false;
  #pulses = 0;
  #restarts = 0;
  #failures = 0;
  #toldAtMs = 0;
  /** Before this time, no pulse: a new guard does not know when its predecessor's ended. */
  #pauseEndsAtMs = 0;
  #guardFault: string | null = null;
  #lineFault: string | null = null;

  constructor(options: GuardedRelayOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    this.#started ??= this.#begin();
    return this.#started;
  }

  async pulse(): Promise<void> {
    const guard = this.#guard;
    if (guard === null || !this.#ready) throw this.#unavailable(this.#guardFault ?? "a guard that was not started");
    this.#refuseUnlessAllowed();
    const { limits, answerTimeoutMs } = this.#options;
    // A request that was not answered may have been obeyed.
    this.#active = true;
    const seq = guard.request({ type: "pulse", pulseMs: limits.pulseMs }, answerTimeoutMs);
    this.#toldAtMs = performance.now();
    await new Promise<void>((resolve, reject) => {
      this.#flight = { seq, resolve, reject };
    });
  }

  heartbeat(): void {
    if (this.#guard === null || !this.#ready) return;
    const { heartbeatTimeoutMs, answerTimeoutMs } = this.#options;
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < (this.#active ? heartbeatTimeoutMs / 4 : idleHeartbeatMs)) return;
    this.#toldAtMs = nowMs;
    this.#guard.request({ type: "heartbeat" }, answerTimeoutMs);
  }

  status(): RelayStatus {
    const message = this.#guardFault ?? this.#lineFault;
    return {
      adapter: `${describeLine(this.#options)}, guarded`,
      active: this.#active,
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
    const { chipLabel, line, activeLow, limits, heartbeatTimeoutMs, startTimeoutMs } = this.#options;
    try {
      this.#guard = new GuardProcess({
        settings: { chipLabel, line, activeLow, limits, heartbeatTimeoutMs },
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
    } else if (reply.type === "over") {
      this.#active = false;
      this.#takeFlight(reply.seq)?.resolve();
    } else {
      const isRefused = reply.code === "RELAY_REFUSED";
      if (isRefused) this.#active = false;
      else this.#lineFault = reply.message;
      const error = isRefused ? this.#refused(reply.message) : this.#unavailable(reply.message);
      this.#takeFlight(reply.seq)?.reject(error);
    }
  }

  #becomeReady(): void {
    this.#becomeInactive();
    this.#ready = true;
    this.#guardFault = null;
    this.#toldAtMs = performance.now();
    this.#starting?.resolve();
  }

  #ended(end: GuardEnd): void {
    this.#guard = null;
    this.#ready = false;
    if (end.isInactive) this.#becomeInactive();
    if (this.#stopping === null) this.#lost(end.message);
    else this.#stopping(end);
  }

  /** A guard that ended unasked: its successor is started at once, as the line may be active. */
  #lost(why: string): void {
    this.#guardFault = `The relay guard ended: ${why}`;
    const error = this.#unavailable(this.#guardFault);
    this.#takeFlight()?.reject(error);
    if (this.#starting !== null) {
      this.#starting.reject(error);
      return;
    }
    const { backoffFirstMs, backoffMaxMs } = this.#options;
    const delayMs = this.#failures === 0 ? 0 : Math.min(backoffMaxMs, backoffFirstMs * 2 ** (this.#failures - 1));
    this.#failures = Math.min(this.#failures + 1, 20);
    this.#respawn = setTimeout(() => {
      this.#restarts++;
      this.#spawn();
    }, delayMs);
  }

  async #end(): Promise<void> {
    clearTimeout(this.#respawn);
    this.#starting?.reject(this.#unavailable("a relay that was stopped"));
    await this.#started?.catch(() => undefined);
    const guard = this.#guard;
    const isInactive = guard === null ? !this.#active : await this.#endGuard(guard);
    this.#started = null;
    // The guard is gone and did not say that the line is inactive: nobody else is there to see to it.
    if (!isInactive) await this.#driveInactive();
    this.#becomeInactive();
    this.#guardFault = null;
    this.#takeFlight()?.resolve();
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
    const { chipLabel, line, activeLow, limits } = this.#options;
    try {
      await relayOff({ chipLabel, line, activeLow, limits });
    } catch (error) {
      const unavailable = this.#unavailable(messageOf(error));
      this.#guardFault = unavailable.message;
      this.#takeFlight()?.reject(unavailable);
      throw unavailable;
    }
  }

  #refuseUnlessAllowed(): void {
    const leftMs = Math.ceil(this.#pauseEndsAtMs - performance.now());
    if (this.#active) throw this.#refused("a line that is active already");
    if (leftMs > 0) throw this.#refused(`${leftMs} ms to wait after the last pulse`);
  }

  /** A pulse that a guard did not bring to its end is followed by a pause all the same. */
  #becomeInactive(): void {
    if (this.#active) this.#pauseEndsAtMs = performance.now() + this.#options.limits.gapMinMs;
    this.#active = false;
  }

  /** The pulse in flight, with that number where one is given. */
  #takeFlight(seq?: number): Flight | null {
    const flight = this.#flight;
    if (flight === null || (seq !== undefined && seq !== flight.seq)) return null;
    this.#flight = null;
    return flight;
  }

  #unavailable(found: string): FacelatchError {
    return new FacelatchError("RELAY_UNAVAILABLE", {
      expected: `a guard that drives the line (${describeLine(this.#options)})`,
      found,
      next: "The door stays locked; the guard is started again by itself.",
    });
  }

  #refused(found: string): FacelatchError {
    const { pulseMaxMs, gapMinMs } = this.#options.limits;
    return new FacelatchError("RELAY_REFUSED", {
      expected: `one pulse of at most ${pulseMaxMs} ms, ${gapMinMs} ms after the last`,
      found,
      next: "Try again when the pulse and the pause after it are over.",
    });
  }
}
