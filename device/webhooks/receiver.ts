// One receiver: what it was not told yet, in order, one request at a time, and again after a failure.
import { messageOf as errorMessageOf } from "../errors/errors.ts";
import type { StoredEvent } from "../events/events.ts";
import { messageOf, parseSecret, signedHeaders, type WebhookMessage } from "./message.ts";
import { post } from "./post.ts";
import type { WebhookStatus } from "./webhooks.ts";

export interface ReceiverOptions {
  /** http:// or https:// */
  readonly url: string;
  /** Read anew at each attempt, as is `ca`; what it throws is the fault. */
  readonly secret: () => string;
  readonly ca: () => Buffer | null;
  readonly events: ReadonlySet<string>;
  readonly wallClock: () => Date;
  readonly limits: ReceiverLimits;
}

export interface ReceiverLimits {
  readonly attemptMaxMs: number;
  /** The wait after a failure; after each further one twice as long. */
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** What happened longer ago is no news. */
  readonly ageMaxMs: number;
  readonly pendingMax: number;
}

export const receiverLimits: ReceiverLimits = {
  attemptMaxMs: 10_000,
  backoffFirstMs: 1_000,
  backoffMaxMs: 60_000,
  ageMaxMs: 3_600_000,
  pendingMax: 200,
};

interface Pending {
  readonly message: WebhookMessage;
  readonly expiresAtMs: number;
}

/** These may pass; with any other answer of 400 to 499 the event is one that the receiver does not want. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #url: URL;
  readonly #pending: Pending[] = [];
  /** The attempt under way. */
  #attempting: AbortController | null = null;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #delivered = 0;
  #dropped = 0;
  #fault: string | null = null;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
  }

  tell(event: StoredEvent): void {
    const { events, limits } = this.#options;
    if (this.#isStopped || !events.has(event.type)) return;
    // What came last is what matters most; the first may be on its way.
    if (this.#pending.length >= limits.pendingMax) this.#drop(1);
    this.#pending.push({ message: messageOf(event), expiresAtMs: performance.now() + limits.ageMaxMs });
    // A frame's decision may be what tells: it does not wait for files, signatures and connections.
    setImmediate(() => this.#next());
  }

  status(): WebhookStatus {
    const counts = { pending: this.#pending.length, delivered: this.#delivered, dropped: this.#dropped };
    return { receiver: this.#url.origin, ...counts, fault: this.#fault };
  }

  stop(): void {
    this.#isStopped = true;
    this.#attempting?.abort();
    clearTimeout(this.#timer);
    this.#pending.length = 0;
  }

  #drop(at: number): void {
    this.#pending.splice(at, 1);
    this.#dropped++;
  }

  #next(): void {
    if (this.#attempting !== null || this.#timer !== undefined) return;
    while (this.#pending[0] !== undefined && performance.now() > this.#pending[0].expiresAtMs) this.#drop(0);
    const first = this.#pending[0];
    if (first === undefined || this.#isStopped) return;
    // One for each attempt: a signal that outlived them would keep something of every one.
    const attempting = new AbortController();
    const timer = setTimeout(() => attempting.abort(), this.#options.limits.attemptMaxMs);
    this.#attempting = attempting;
    void this.#attempt(first.message, attempting.signal).finally(() => {
      clearTimeout(timer);
      this.#attempting = null;
      this.#next();
    });
  }

  /** Never rejects. */
  async #attempt(message: WebhookMessage, signal: AbortSignal): Promise<void> {
    const { secret, ca, wallClock } = this.#options;
    try {
      const nowS = Math.floor(wallClock().getTime() / 1_000);
      const status = await post({
        url: this.#url,
        headers: signedHeaders(message, parseSecret(secret()), nowS),
        body: message.body,
        ca: ca(),
        signal,
      });
      this.#answered(status);
    } catch (error) {
      this.#failed(errorMessageOf(error));
    }
  }

  #answered(status: number): void {
    if (status >= 200 && status < 300) {
      this.#pending.shift();
      this.#delivered++;
      this.#failures = 0;
      this.#fault = null;
      return;
    }
    const told = `it answered ${status}`;
    if (status >= 400 && status < 500 && !passing.has(status)) {
      this.#drop(0);
      this.#fault = told;
    } else {
      this.#failed(told);
    }
  }

  #failed(fault: string): void {
    if (this.#isStopped) return;
    const { backoffFirstMs, backoffMaxMs } = this.#options.limits;
    this.#fault = fault.slice(0, 200);
    const waitMs = Math.min(backoffFirstMs * 2 ** this.#failures, backoffMaxMs);
    this.#failures = Math.min(this.#failures + 1, 30);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#next();
    }, waitMs);
    this.#timer.unref();
  }
}
