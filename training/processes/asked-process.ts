// A process that answers questions one after the other: every one ends in its answer, an error, or the process's end.
import { type ChildProcess, fork } from "node:child_process";
import { type ErrorCode, type ErrorDetail, FacelatchError } from "../../device/errors/errors.ts";

/** What a process answers when it could not do what it was asked. */
export interface FailedReply {
  readonly type: "failed";
  readonly code: ErrorCode;
  readonly detail: Pick<ErrorDetail, "expected" | "found" | "next">;
}

export interface AskedProcessOptions {
  /** The program that it runs; it answers with `answerQuestions`. */
  readonly module: string;
  /** For people, such as `a process of the engine wasm`. */
  readonly name: string;
  /** What whoever sees its end can do. */
  readonly next: string;
}

interface Waiting<Reply> {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const stderrTailBytes = 2_048;

/** Its answers come in the order of the questions. */
export class AskedProcess<Request extends object, Reply extends object> {
  readonly #child: ChildProcess;
  readonly #options: AskedProcessOptions;
  readonly #waiting: Waiting<Reply>[] = [];
  readonly #exited: Promise<void>;
  #stderrTail = "";
  #hungMs: number | null = null;
  #end: string | null = null;

  constructor(options: AskedProcessOptions) {
    this.#options = options;
    this.#child = fork(options.module, [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderrTail = (this.#stderrTail + text).slice(-stderrTailBytes);
    });
    this.#child.on("message", (reply: Reply | FailedReply) => this.#answer(reply));
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

  /**
   * @param what was asked for, for people
   * @throws FacelatchError TRAINING_FAILED when the process ends or hangs, and what it answers with
   */
  ask(request: Request, what: string, timeoutMs: number): Promise<Reply> {
    if (this.#end !== null) return Promise.reject(this.#crash(what));
    return new Promise((resolve, reject) => {
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

  #answer(reply: Reply | FailedReply): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    if (isFailed(reply)) waiting.reject(new FacelatchError(reply.code, reply.detail));
    else waiting.resolve(reply);
  }

  #crash(what: string): FacelatchError {
    // TensorFlow Lite greets on stderr; the last line is the cause, if there is one.
    const last = this.#stderrTail.trim().split("\n").at(-1) ?? "";
    const why = this.#hungMs !== null ? `no answer within ${this.#hungMs} ms` : `its end with ${this.#end}`;
    return new FacelatchError("TRAINING_FAILED", {
      expected: `an answer of ${this.#options.name} to ${what}`,
      found: `${why}${last === "" || last.startsWith("INFO:") ? "" : ` (${last})`}`,
      next: this.#options.next,
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

function isFailed(reply: object): reply is FailedReply {
  return "type" in reply && reply.type === "failed";
}
