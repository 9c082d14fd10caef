// Tells live streams of what the camera sees: at most so often, and never more than a client can take.
import type { ApiDeps } from "./api-deps.ts";
import { liveReportOf } from "./live-report.ts";
import type { SseMessage, SseStream } from "./sse.ts";

type LiveSource = Pick<ApiDeps, "live" | "onLive">;

export class LiveFeed {
  readonly #source: LiveSource;
  readonly #intervalMs: number;
  readonly #streams = new Set<SseStream>();
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(source: LiveSource, intervalMs: number) {
    this.#source = source;
    this.#intervalMs = intervalMs;
  }

  /** Begins telling a stream, with the present state first. */
  add(stream: SseStream): void {
    this.#streams.add(stream);
    this.#unsubscribe ??= this.#source.onLive(() => this.#schedule());
    const message = this.#message();
    if (message !== null) stream.send(message);
  }

  remove(stream: SseStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The work is done from a timer, so that the one who announces a frame never waits for it. */
  #schedule(): void {
    const delayMs = Math.max(0, this.#sentAtMs + this.#intervalMs - performance.now());
    this.#timer ??= setTimeout(() => this.#send(), delayMs).unref();
  }

  #send(): void {
    this.#timer = undefined;
    const message = this.#message();
    if (message === null) return;
    this.#sentAtMs = performance.now();
    // An old state is worth nothing: a client that still has bytes to take gets a later one instead.
    for (const stream of this.#streams) if (stream.waitingBytes === 0) stream.send(message);
  }

  #message(): SseMessage | null {
    const view = this.#source.live();
    return view === null ? null : { event: "live", data: liveReportOf(view) };
  }
}
