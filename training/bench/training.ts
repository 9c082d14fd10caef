// The benchmark of training engines: features and the head's training on a sample, all engines in turns.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { centreSquare, resampleToRgb } from "../../device/bundle/resample.ts";
import { messageOf } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { type Backbone, openBackbone } from "../backbones/open-backbone.ts";
import { encodeJpeg, readPhoto } from "../dataset/photo.ts";
import { objectPhotos, strangerPhotos } from "../demo/npm-media.ts";
import type { AvailableEngine, EngineName, EngineReport } from "../engines/engine.ts";
import { type FeatureExtractor, openExtractor } from "../engines/extractor.ts";
import { chooseEngines, findEngines } from "../engines/find-engines.ts";
import type { PictureTask } from "../engines/preparer.ts";
import { useMemoryBackend } from "../tensor-backend.ts";
import type { HeadEngine } from "./head-messages.ts";
import { HeadProcess } from "./head-process.ts";

/** The notebook's training: 10 variants of each training image, one of which is seen in each epoch. */
export const notebook = { images: 3_129 * 10 + 615 + 349, rowsPerEpoch: 3_129, epochs: 40 } as const;

export interface TrainingRow {
  /** `tfjs-wasm` is TensorFlow.js' wasm backend as it comes, which the others are compared with. */
  readonly engine: EngineName | "tfjs-wasm";
  /** What extracts features and what trains. */
  readonly detail: string;
  /** Features, the decoding of the prepared JPEGs included. */
  readonly imagesPerS: number;
  /** Of this process and the engine's together. */
  readonly peakRssBytes: number;
  /** That extract features. */
  readonly processes: number;
  /** The head's training: forwards, backwards and the optimizer. */
  readonly headRowsPerS: number;
  /** Features and head of a training of the notebook's size, at these rates. */
  readonly notebookS: number;
  /** How many times faster than `tfjs-wasm`, measured in the same run. */
  readonly speedup: number;
}

export interface TrainingBench {
  readonly rows: readonly TrainingRow[];
  /** Engines that are not installed, or do not work here. */
  readonly absent: readonly { readonly engine: EngineName; readonly reason: string }[];
  readonly notebook: typeof notebook;
  readonly rounds: number;
}

export interface TrainingBenchOptions {
  readonly rounds: number;
  /** How long each engine extracts in a round; it trains for half as long. */
  readonly turnMs: number;
  readonly progress: Progress;
}

const sizePx = 240;

export async function benchTraining({ rounds, turnMs, progress }: TrainingBenchOptions): Promise<TrainingBench> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-bench-"));
  const absent: TrainingBench["absent"][number][] = [];
  const runners: Runner[] = [];
  try {
    progress.step("making the sample", 1);
    const tasks = await writeSample(folder);
    await useMemoryBackend();
    const shape = { name: "mobilenet-v2", alpha: 1, sizePx } as const;
    const backbone = await openBackbone({ shape, weights: "npm", progress });
    for (const plan of plansFor(await findEngines(), absent)) {
      progress.step(`starting ${plan.name}`, 1);
      const runner = await Runner.open(plan, backbone, tasks).catch((error: unknown) => {
        // What all are compared with cannot be absent.
        if (plan.name === "tfjs-wasm") throw error;
        absent.push({ engine: plan.name, reason: messageOf(error) });
        return null;
      });
      if (runner !== null) runners.push(runner);
    }
    progress.step("measuring", rounds * runners.length);
    for (let round = 0; round < rounds; round++) {
      for (const [i, runner] of runners.entries()) {
        await runner.turn(turnMs);
        progress.advance(round * runners.length + i + 1);
      }
    }
    progress.end();
    const baselineS = runners.find(({ plan }) => plan.name === "tfjs-wasm")!.notebookS;
    return { rows: runners.map((runner) => runner.row(baselineS)), absent, notebook, rounds };
  } finally {
    for (const runner of runners) await runner.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Pictures out of npm packages, framed and stored as a prepared data set is. */
async function writeSample(folder: string): Promise<PictureTask[]> {
  const tasks: PictureTask[] = [];
  for (const [i, photo] of [...objectPhotos(), ...strangerPhotos()].entries()) {
    const image = await readPhoto(photo);
    const path = join(folder, `${i}.jpg`);
    await writeFile(path, await encodeJpeg(resampleToRgb(image, centreSquare(image), sizePx, sizePx)));
    tasks.push({ path });
  }
  return tasks;
}

interface Plan {
  readonly name: TrainingRow["engine"];
  readonly features: AvailableEngine;
  readonly head: HeadEngine;
  readonly detail: string;
}

function plansFor(found: readonly EngineReport[], absent: TrainingBench["absent"][number][]): Plan[] {
  const plans: Plan[] = [];
  for (const report of found) {
    const { engine } = report;
    if (!report.available) {
      absent.push({ engine, reason: report.reason });
      continue;
    }
    const { features, training, description } = chooseEngines(engine, found);
    plans.push({ name: engine, features, head: training.engine, detail: description });
    if (engine === "wasm") {
      plans.push({ name: "tfjs-wasm", features, head: "tfjs-wasm", detail: "TensorFlow.js wasm as it comes" });
    }
  }
  return plans;
}

/** One engine with its processes, and what it did so far. */
class Runner {
  readonly plan: Plan;
  readonly #extractor: FeatureExtractor<PictureTask>;
  readonly #head: HeadProcess;
  readonly #tasks: readonly PictureTask[];
  #images = 0;
  #ms = 0;
  /** Images a millisecond, as far as it is known. */
  #rate = 0;

  private constructor(
    plan: Plan,
    extractor: FeatureExtractor<PictureTask>,
    head: HeadProcess,
    tasks: readonly PictureTask[],
  ) {
    this.plan = plan;
    this.#extractor = extractor;
    this.#head = head;
    this.#tasks = tasks;
  }

  static async open(plan: Plan, backbone: Backbone, tasks: readonly PictureTask[]): Promise<Runner> {
    const { engine, hardware } = plan.features;
    const { extractor: model, input, width } = backbone;
    // An emulated GPU takes seconds for each picture, and a full batch would be a whole turn.
    const options = hardware === "emulated-gpu" ? { batchSize: 1, portion: 1 } : {};
    const extractor = await openExtractor<PictureTask>({ engine, model, input, ...options });
    try {
      const runner = new Runner(plan, extractor, await HeadProcess.open(plan.head, width), tasks);
      // The first inferences compile and fill caches; the rate of later ones sets the length of the turns.
      await runner.#extract(2 * extractor.processes);
      [runner.#images, runner.#ms] = [0, 0];
      await runner.#extract(4 * extractor.processes);
      [runner.#images, runner.#ms] = [0, 0];
      return runner;
    } catch (error) {
      await extractor.close();
      throw error;
    }
  }

  async turn(turnMs: number): Promise<void> {
    await this.#extract(Math.max(this.#extractor.processes, Math.round(this.#rate * turnMs)));
    await this.#head.turn(turnMs / 2);
  }

  async #extract(images: number): Promise<void> {
    const tasks = Array.from({ length: images }, (_, i) => this.#tasks[i % this.#tasks.length]!);
    const startMs = performance.now();
    await this.#extractor.extract(tasks, () => {});
    this.#ms += performance.now() - startMs;
    this.#images += images;
    this.#rate = this.#images / this.#ms;
  }

  get notebookS(): number {
    const { images, rowsPerEpoch, epochs } = notebook;
    return images / this.#imagesPerS + (epochs * rowsPerEpoch) / this.#headRowsPerS;
  }

  get #imagesPerS(): number {
    return (1_000 * this.#images) / this.#ms;
  }

  get #headRowsPerS(): number {
    return (1_000 * this.#head.rows) / this.#head.ms;
  }

  row(baselineS: number): TrainingRow {
    // In kilobytes, whatever the platform.
    const ownBytes = process.resourceUsage().maxRSS * 1024;
    return {
      engine: this.plan.name,
      detail: this.plan.detail,
      imagesPerS: this.#imagesPerS,
      peakRssBytes: ownBytes + Math.max(this.#extractor.peakRssBytes, this.#head.peakRssBytes),
      processes: this.#extractor.processes,
      headRowsPerS: this.#headRowsPerS,
      notebookS: this.notebookS,
      speedup: baselineS / this.notebookS,
    };
  }

  async close(): Promise<void> {
    this.#head.close();
    await this.#extractor.close();
  }
}

export function describeTrainingBench({ rows, absent, rounds }: TrainingBench): string {
  const { images, rowsPerEpoch, epochs } = notebook;
  return [
    `${rounds} rounds; a training of the notebook's size: features of ${images} pictures, ${epochs} epochs of ${rowsPerEpoch} rows`,
    "engine      images/s  processes  head rows/s    memory  notebook's size  against tfjs-wasm",
    ...rows.map(({ engine, imagesPerS, processes, headRowsPerS, peakRssBytes, notebookS, speedup }) =>
      [
        engine.padEnd(10),
        imagesPerS.toFixed(1).padStart(9),
        String(processes).padStart(10),
        headRowsPerS.toFixed(0).padStart(12),
        `${(peakRssBytes / 1e6).toFixed(0)} MB`.padStart(9),
        `${notebookS.toFixed(0)} s`.padStart(16),
        `${speedup.toFixed(1)} times`.padStart(18),
      ].join(" "),
    ),
    ...rows.map(({ engine, detail }) => `${engine}: ${detail}`),
    ...absent.map(({ engine, reason }) => `${engine}: absent, ${reason}`),
  ].join("\n");
}
