// The benchmark of engines: every model in every engine, each in its own process, all of them in turns.
import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Percentiles, percentilesOf } from "../../device/bench/percentiles.ts";
import { siblingModule } from "../../device/installation/installation.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { type BenchedModel, gatherModels } from "./benched-models.ts";
import { type EngineName, engineNames, type InferenceReply, type InferenceRequest } from "./inference-messages.ts";

export interface InferenceRow {
  readonly model: string;
  readonly engine: EngineName;
  readonly ms: Percentiles;
  /** Of the engine's whole process, Node included. */
  readonly rssBytes: number;
  readonly modelBytes: number;
}

export interface InferenceBench {
  readonly rows: readonly InferenceRow[];
  /** Engines that are not installed or cannot run a model. */
  readonly absent: readonly { readonly model: string; readonly engine: EngineName; readonly reason: string }[];
  /** Inferences of each row. */
  readonly inferences: number;
}

export interface InferenceBenchOptions {
  readonly inferences: number;
  readonly progress: Progress;
}

/** Inferences in a row before it is the next engine's turn. */
const perTurn = 5;
const replyTimeoutMs = 120_000;

export async function benchInference({ inferences, progress }: InferenceBenchOptions): Promise<InferenceBench> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-bench-"));
  try {
    progress.step("making the models", 1);
    const models = await gatherModels(folder);
    const rows: InferenceRow[] = [];
    const absent: InferenceBench["absent"][number][] = [];
    for (const family of new Set(models.map((model) => model.family))) {
      progress.step(family, inferences);
      const runners = await openAll(models.filter((model) => model.family === family));
      try {
        await runInTurns(runners, inferences, (done) => progress.advance(done));
      } finally {
        for (const runner of runners) runner.close();
      }
      for (const runner of runners) {
        const { engine, unable, ms, rssBytes } = runner;
        const model = runner.model.name;
        if (unable !== null) absent.push({ model, engine, reason: unable });
        else
          rows.push({
            model,
            engine,
            ms: percentilesOf(ms),
            rssBytes,
            modelBytes: (await stat(runner.model.path)).size,
          });
      }
    }
    progress.end();
    return { rows, absent, inferences };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One after the other: together they would take each other's memory bandwidth, and some their time limit. */
async function openAll(models: readonly BenchedModel[]): Promise<EngineProcess[]> {
  const runners: EngineProcess[] = [];
  for (const model of models) {
    for (const engine of engineNames) runners.push(await EngineProcess.open(engine, model));
  }
  return runners;
}

async function runInTurns(
  runners: readonly EngineProcess[],
  inferences: number,
  onTurn: (done: number) => void,
): Promise<void> {
  for (let done = 0; done < inferences; done += perTurn) {
    for (const runner of runners) await runner.run(Math.min(perTurn, inferences - done));
    onTurn(Math.min(inferences, done + perTurn));
  }
}

/** An engine that cannot go on keeps the reason, and the others go on without it. */
class EngineProcess {
  readonly engine: EngineName;
  readonly model: BenchedModel;
  readonly ms: number[] = [];
  rssBytes = 0;
  unable: string | null = null;
  readonly #child: ChildProcess;
  readonly #ended: Promise<InferenceReply>;

  private constructor(engine: EngineName, model: BenchedModel) {
    this.engine = engine;
    this.model = model;
    this.#child = fork(siblingModule(import.meta.filename, "inference-worker"), [], {
      serialization: "advanced",
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

  static async open(engine: EngineName, model: BenchedModel): Promise<EngineProcess> {
    const opened = new EngineProcess(engine, model);
    await opened.#ask({ type: "open", engine, path: model.path });
    return opened;
  }

  async run(count: number): Promise<void> {
    const reply = this.unable === null ? await this.#ask({ type: "run", count }) : null;
    if (reply?.type !== "ran") return;
    this.ms.push(...reply.ms);
    this.rssBytes = Math.max(this.rssBytes, reply.rssBytes);
  }

  async #ask(request: InferenceRequest): Promise<InferenceReply> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), replyTimeoutMs);
    const answered = new Promise<InferenceReply>((resolve) => this.#child.once("message", resolve));
    this.#child.send(request, () => {
      // A failed write ends in the exit event, which carries the cause.
    });
    const reply = await Promise.race([answered, this.#ended]);
    clearTimeout(timer);
    if (reply.type === "unable") this.unable = reply.reason;
    return reply;
  }

  close(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}

export function describeInferenceBench({ rows, absent, inferences }: InferenceBench): string {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return [
    `${inferences} inferences a row; ms at p50, p90 and p99, memory of the process, size of the file`,
    ...rows.map(({ model, engine, ms, rssBytes, modelBytes }) => {
      const times = [ms.p50, ms.p90, ms.p99].map((value) => value.toFixed(2).padStart(8)).join(" ");
      return `${model.padEnd(30)} ${engine.padEnd(18)} ${times} ${megabytes(rssBytes).padStart(10)} ${megabytes(modelBytes).padStart(8)}`;
    }),
    ...absent.map(({ model, engine, reason }) => `${model.padEnd(30)} ${engine.padEnd(18)} absent: ${reason}`),
  ].join("\n");
}
