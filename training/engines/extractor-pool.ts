// The processes that extract features: a bounded number of tasks in each, and one clear end when any of them fails.
import { type ChildProcess, fork } from "node:child_process";
import { FacelatchError } from "../../device/errors/errors.ts";
import { siblingModule } from "../../device/installation/installation.ts";
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
const stderrTailBytes = 2_048;

type Rows = Extract<ExtractorReply, { type: "rows" }>;

export class ExtractorPool implements PoolReport {
  readonly #options: PoolOptions;
  readonly #workers: Worker[];
  #failure: Error | null = null;
  detail = "";
  warning: string | null = null;

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#workers = Array.from({ length: options.processes }, () => new Worker(options));
  }

  static async open(options: PoolOptions): Promise<ExtractorPool> {
    const pool = new ExtractorPool(options);
    try {
      const ready = await Promise.all(pool.#workers.map((worker) => worker.ask(options.start, "its start")));
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
        const reply = await worker.ask({ type: "extract", id, tasks: items }, `the tasks from ${first + 1} on`);
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

interface Waiting {
  readonly resolve: (reply: ExtractorReply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** One process; its answers come in the order of the questions. */
class Worker {
  readonly #child: ChildProcess;
  readonly #engine: string;
  readonly #replyTimeoutMs: number;
  readonly #waiting: Waiting[] = [];
  readonly #exited: Promise<void>;
  #stderrTail = "";
  #hungMs: number | null = null;
  #end: string | null = null;
  peakRssBytes = 0;

  constructor({ start, replyTimeoutMs }: PoolOptions) {
    this.#engine = start.engine;
    this.#replyTimeoutMs = replyTimeoutMs;
    this.#child = fork(siblingModule(import.meta.filename, "extractor-worker"), [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-stderrTailBytes);
    });
    this.#child.on("message", (reply: ExtractorReply) => this.#answer(reply));
    // Writing to a process that has just died is an error event; the exit that follows says why.
    this.#child.on("error", () => this.kill());
    this.#exited = new Promise((resolve) => {
      // `close` comes after the last of stderr, `exit` may come before.
      this.#child.once("close", (code, signal) => {
        this.#end = signal ?? `exit code ${code}`;
        for (const { reject, timer } of this.#waiting.splice(0)) {
          clearTimeout(timer);
          reject(this.#crash("its work"));
        }
        resolve();
      });
    });
  }

  ask(request: ExtractorRequest, what: string): Promise<ExtractorReply> {
    if (this.#end !== null) return Promise.reject(this.#crash(what));
    return new Promise((resolve, reject) => {
      const timeoutMs = request.type === "start" ? startTimeoutMs : this.#replyTimeoutMs;
      const timer = setTimeout(() => {
        this.#hungMs = timeoutMs;
        this.kill();
      }, timeoutMs);
      this.#waiting.push({ resolve, reject: (error) => reject(this.#end === null ? error : this.#crash(what)), timer });
      this.#child.send(request, () => {
        // A failed write ends in the exit of the process, which carries the cause.
      });
    });
  }

  #answer(reply: ExtractorReply): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    if (reply.type === "failed") {
      waiting.reject(new FacelatchError(reply.code, reply.detail));
      return;
    }
    if (reply.type === "rows") this.peakRssBytes = Math.max(this.peakRssBytes, reply.peakRssBytes);
    waiting.resolve(reply);
  }

  #crash(what: string): FacelatchError {
    // TensorFlow Lite greets on stderr; the last line is the cause, if there is one.
    const last = this.#stderrTail.trim().split("\n").at(-1) ?? "";
    const why = this.#hungMs !== null ? `no answer within ${this.#hungMs} ms` : `its end with ${this.#end}`;
    return new FacelatchError("TRAINING_FAILED", {
      expected: `an answer of a process of the engine ${this.#engine} to ${what}`,
      found: `${why}${last === "" || last.startsWith("INFO:") ? "" : ` (${last})`}`,
      next: "Run the command again; if it stays so, choose another engine with --engine, or look whether memory runs out.",
    });
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async close(): Promise<void> {
    this.kill();
    await this.#exited;
  }
}
