// One run of the vision worker: forked, spoken to, and its end told with the last that it said.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { siblingModule } from "../installation/installation.ts";
import type { VisionReply, VisionRequest } from "./vision-messages.ts";

export interface VisionChildOptions {
  readonly bundleFolder: string;
  readonly threads: number;
  readonly delegate: "auto" | "none";
  readonly onReply: (reply: VisionReply) => void;
  /** Told once, however it ended. */
  readonly onEnd: (how: string) => void;
}

const stopTimeoutMs = 2_000;
const stderrTailBytes = 2_048;

export class VisionChild {
  readonly #process: ChildProcess;

  /** Throws what fork throws. */
  constructor({ onReply, onEnd, ...start }: VisionChildOptions) {
    this.#process = fork(siblingModule(import.meta.filename, "vision-worker"), [], {
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { PATH: process.env["PATH"] ?? "" },
      execArgv: ["--max-old-space-size=256"],
    });
    let stderrTail = "";
    this.#process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderrTail = (stderrTail + text).slice(-stderrTailBytes);
    });
    this.#process.on("message", onReply);
    // Writing to a process that has just died is an error event; the exit that follows says why.
    this.#process.on("error", () => this.kill());
    this.#process.on("exit", (exitCode, signal) => {
      const last = stderrTail.trim().split("\n").at(-1) ?? "";
      onEnd(`it ended with ${signal ?? `exit code ${exitCode}`}${last === "" ? "" : ` (${last})`}`);
    });
    this.send({ type: "start", ...start });
  }

  get pid(): number | null {
    return this.#process.pid ?? null;
  }

  send(request: VisionRequest): void {
    this.#process.send(request, () => {
      // A failed write ends in the exit event, which carries the cause.
    });
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Asks it to end, and waits until it has. */
  async end(): Promise<void> {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const killer = setTimeout(() => this.kill(), stopTimeoutMs);
    await exited;
    clearTimeout(killer);
  }
}
