// The benchmark's side of a process that trains a head.
import { type ChildProcess, fork } from "node:child_process";
import { siblingModule } from "../../device/installation/installation.ts";
import { type HeadEngine, type HeadReply, type HeadRequest, headBatch } from "./head-messages.ts";

const replyTimeoutMs = 300_000;
const warmUpSteps = 3;

export class HeadProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<HeadReply>;
  /** Rows a millisecond, as far as it is known. */
  #rate = 0;
  /** What the turns did, the warming up left out. */
  rows = 0;
  ms = 0;
  peakRssBytes = 0;

  private constructor() {
    this.#child = fork(siblingModule(import.meta.filename, "head-worker"), [], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        resolve({ type: "unable", reason: `its process ended with ${signal ?? `exit code ${code}`}` });
      });
    });
    // Writing to a process that has just died is an error event; its end says why.
    this.#child.on("error", () => this.#child.kill("SIGKILL"));
  }

  /** Throws where the engine cannot train. */
  static async open(engine: HeadEngine, width: number): Promise<HeadProcess> {
    const opened = new HeadProcess();
    try {
      await opened.#ask({ type: "open", engine, width });
      await opened.#train(warmUpSteps);
      [opened.rows, opened.ms] = [0, 0];
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  /** Trains for about as long. */
  async turn(forMs: number): Promise<void> {
    await this.#train(Math.max(1, Math.round((this.#rate * forMs) / headBatch)));
  }

  async #train(steps: number): Promise<void> {
    const reply = await this.#ask({ type: "train", steps });
    if (reply.type !== "trained") throw new Error(`an answer of the type ${reply.type}`);
    this.rows += reply.rows;
    this.ms += reply.ms;
    this.#rate = this.rows / this.ms;
    this.peakRssBytes = Math.max(this.peakRssBytes, reply.peakRssBytes);
  }

  async #ask(request: HeadRequest): Promise<HeadReply> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), replyTimeoutMs);
    const answered = new Promise<HeadReply>((resolve) => this.#child.once("message", resolve));
    this.#child.send(request, () => {
      // A failed write ends in the exit event, which carries the cause.
    });
    const reply = await Promise.race([answered, this.#ended]);
    clearTimeout(timer);
    if (reply.type === "unable") throw new Error(reply.reason);
    return reply;
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
