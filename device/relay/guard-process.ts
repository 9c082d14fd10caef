// The daemon's hold on one guard process: its numbered requests, the wait for each answer, and how the guard ended.
import { type ChildProcess, fork } from "node:child_process";
import { errorCodes, messageOf } from "../errors/errors.ts";
import { siblingModule } from "../installation/installation.ts";
import { type GuardReply, type GuardRequest, replyOf } from "./guard-messages.ts";
import type { GuardSettings } from "./relay-guard.ts";

export interface GuardProcessOptions {
  readonly settings: GuardSettings;
  /** From fork to ready. */
  readonly startTimeoutMs: number;
  /** Each reply but "ended", in order. */
  readonly onReply: (reply: Exclude<GuardReply, { type: "ended" }>) => void;
  /** Called once, after which the process is gone. */
  readonly onEnd: (end: GuardEnd) => void;
}

export interface GuardEnd {
  /** Whether it said that the line is inactive; false where nobody knows. */
  readonly isInactive: boolean;
  readonly message: string;
}

type Request = { readonly type: "heartbeat" | "relock" } | { readonly type: "pulse"; readonly pulseMs: number };

const stopTimeoutMs = 2_000;
const stderrTailBytes = 2_048;

export class GuardProcess {
  readonly #options: GuardProcessOptions;
  readonly #child: ChildProcess;
  /** Deadlines of answers by the number of their request; 0 is the start. */
  readonly #deadlines = new Map<number, NodeJS.Timeout>();
  #seq = 0;
  #why = "";
  #saidEnd = false;
  #ended = false;

  /** Starts the process. Throws what `fork` throws. */
  constructor(options: GuardProcessOptions) {
    this.#options = options;
    this.#child = forkGuard(options.settings);
    this.await(0, options.startTimeoutMs, "it was not ready");
    let stderrTail = "";
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderrTail = (stderrTail + text).slice(-stderrTailBytes);
    });
    this.#child.on("message", (message) => this.#received(message));
    this.#child.on("error", (error) => this.#failed(error));
    this.#child.on("exit", (exitCode, signal) => {
      // The last words may still be in the channel.
      const heard = () => this.#exited(exitCode, signal, stderrTail);
      if (this.#child.connected) this.#child.once("disconnect", heard);
      else heard();
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Sends a request that must be answered in time, and returns its number. */
  request(request: Request, timeoutMs: number): number {
    const seq = ++this.#seq;
    this.await(seq, timeoutMs, `no answer to the ${request.type}`);
    const message: GuardRequest = { version: 1, seq, ...request };
    this.#child.send(message, () => {
      // A failed write ends in the process's exit event, which carries the cause.
    });
    return seq;
  }

  /** From now on, a further answer to request `seq` must come in time; else the process is killed. */
  await(seq: number, timeoutMs: number, otherwise: string): void {
    this.#answered(seq);
    const overdue = () => {
      // After a stop of this whole process the answer is there, but the timers come first.
      setImmediate(() => {
        if (this.#deadlines.get(seq) === timer) this.#kill(`${otherwise} within ${timeoutMs} ms`);
      });
    };
    const timer = setTimeout(overdue, timeoutMs);
    this.#deadlines.set(seq, timer);
  }

  /** Closes the channel, upon which the guard drives the line inactive and ends; kills it when it does not. */
  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
    setTimeout(() => this.#kill("it did not end"), stopTimeoutMs).unref();
  }

  #received(message: unknown): void {
    const reply = replyOf(message);
    if (reply === null) this.#kill("a message came that is none of this version");
    else if (reply.type === "ended") {
      this.#saidEnd = true;
      this.#why = reply.message;
    } else {
      this.#answered("seq" in reply ? reply.seq : 0);
      this.#options.onReply(reply);
    }
  }

  #answered(seq: number): void {
    clearTimeout(this.#deadlines.get(seq));
    this.#deadlines.delete(seq);
  }

  #failed(error: unknown): void {
    // Writing to a process that has just died is an error event too; the exit that follows says why.
    if (this.#child.pid === undefined) this.#end({ isInactive: false, message: messageOf(error) });
    else this.#kill(messageOf(error));
  }

  /** A guard that is killed leaves its line as it is: whoever is told of the end must see to it. */
  #kill(why: string): void {
    if (this.#ended) return;
    this.#why ||= why;
    this.#child.kill("SIGKILL");
  }

  #exited(exitCode: number | null, signal: NodeJS.Signals | null, stderr: string): void {
    const why = this.#why || stderr.trim().split("\n").at(-1) || "without a word";
    const didObey = this.#saidEnd && exitCode !== errorCodes.RELAY_UNAVAILABLE.exitCode;
    this.#end({ isInactive: exitCode === 0 || didObey, message: `${why} (${signal ?? `exit code ${exitCode}`})` });
  }

  #end(end: GuardEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const seq of [...this.#deadlines.keys()]) this.#answered(seq);
    this.#options.onEnd(end);
  }
}

function forkGuard(settings: GuardSettings): ChildProcess {
  const { PATH, NODE_OPTIONS } = process.env;
  return fork(siblingModule(import.meta.filename, "relay-guard"), [JSON.stringify(settings)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { PATH, NODE_OPTIONS },
    execArgv: [],
  });
}
