// The processes that extract features: a bounded number of tasks in each, and one clear end when any of them fails.
import { siblingModule } from "../../device/installation/installation.ts";
import { AskedProcess } from "../processes/asked-process.ts";
import type { ExtractorReply, ExtractorRequest, StartRequest } from "./extractor-messages.ts";

export interface PoolOptions {
  readonly processes: number;
  /** Tasks of one message. */
  readonly portion: number;
  /** From a portion to its rows. */
  readonly replyTimeoutMs: number;
  readonly start: StartRequest;
}

export interface PoolReport {
  /** For people: the runtime within the processes. */
  readonly detail: string;
  /** Why it is slower than it could be; null when it is not. */
  readonly warning: string | null;
  readonly processes: number;
  /** The largest memory of all processes together, so far. */
  readonly peakRssBytes: number;
}

/** Loading a large network on a busy machine takes long. */
const startTimeoutMs = 300_000;
/** While a process computes one portion, the next lies ready. */
const portionsInFlight = 2;

type Rows = Extract<ExtractorReply, { type: "rows" }>;

class Worker extends AskedProcess<ExtractorRequest, ExtractorReply> {
  peakRssBytes = 0;
}

function startWorker({ engine }: StartRequest): Worker {
  return new Worker({
    module: siblingModule(import.meta.filename, "extractor-worker"),
    name: `a process of the engine ${engine}`,
    next: "Run the command again; if it stays so, choose another engine with --engine, or look whether memory runs out.",
  });
}

export class ExtractorPool implements PoolReport {
  readonly #options: PoolOptions;
  readonly #workers: Worker[];
  #failure: Error | null = null;
  detail = "";
  warning: string | null = null;

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#workers = Array.from({ length: options.processes }, () => startWorker(options.start));
  }

  static async open(options: PoolOptions): Promise<ExtractorPool> {
    const pool = new ExtractorPool(options);
    try {
      const ready = await Promise.all(
        pool.#workers.map((worker) => worker.ask(options.start, "its start", startTimeoutMs)),
      );
      const [first] = ready;
      if (first?.type === "ready") [pool.detail, pool.warning] = [first.detail, first.warning];
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  get processes(): number {
    return this.#workers.length;
  }

  get peakRssBytes(): number {
    return this.#workers.reduce((sum, { peakRssBytes }) => sum + peakRssBytes, 0);
  }

  async extract(
    tasks: Iterable<unknown>,
    onRows: (task: number, rows: Float32Array) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    const portions = portionsOf(tasks, this.#options.portion);
    const { width } = this.#options.start;
    const work = async (worker: Worker) => {
      for (const { first, items } of portions) {
        if (this.#failure !== null) return;
        const id = first;
        const what = `the tasks from ${first + 1} on`;
        const reply = await worker.ask({ type: "extract", id, tasks: items }, what, this.#options.replyTimeoutMs);
        worker.peakRssBytes = Math.max(worker.peakRssBytes, (reply as Rows).peakRssBytes);
        deliver(reply as Rows, first, width, onRows);
      }
    };
    const onAbort = () => this.#fail(signal!.reason as Error);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      signal?.throwIfAborted();
      const lanes = this.#workers.flatMap((worker) => Array.from({ length: portionsInFlight }, () => work(worker)));
      await Promise.all(lanes.map((lane) => lane.catch((error: Error) => this.#fail(error))));
      if (this.#failure !== null) throw this.#failure;
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** The first failure counts; all processes end with it, so that no lane goes on waiting. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const worker of this.#workers) worker.kill();
  }

  async close(): Promise<void> {
    this.#failure ??= new Error("the extractor is closed");
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }
}

interface Portion {
  /** The number of its first task. */
  readonly first: number;
  readonly items: readonly unknown[];
}

/** One generator that all lanes share: each takes the next portion. */
function portionsOf(tasks: Iterable<unknown>, size: number): Iterable<Portion> {
  const iterator = tasks[Symbol.iterator]();
  let first = 0;
  const next = (): IteratorResult<Portion> => {
    const items: unknown[] = [];
    while (items.length < size) {
      const taken = iterator.next();
      if (taken.done === true) break;
      items.push(taken.value);
    }
    if (items.length === 0) return { done: true, value: undefined };
    first += items.length;
    return { done: false, value: { first: first - items.length, items } };
  };
  // Without `return`: a lane that stops must not end the others.
  return { [Symbol.iterator]: () => ({ next }) };
}

function deliver(
  { values, counts }: Rows,
  first: number,
  width: number,
  onRows: (task: number, rows: Float32Array) => void,
): void {
  let at = 0;
  for (const [i, count] of counts.entries()) {
    onRows(first + i, values.subarray(at, at + count * width));
    at += count * width;
  }
}
