// The extractor of features: the frozen backbone with its read-out on the engine's processes, which start when needed.
import { createHash } from "node:crypto";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import { siblingModule } from "../../device/installation/installation.ts";
import type { VariantOptions, VariantTask } from "../augment/preparer.ts";
import type { AvailableEngine } from "../engines/engine.ts";
import { type FeatureExtractor, openExtractor } from "../engines/extractor.ts";

export interface VariantExtractorOptions {
  readonly engine: AvailableEngine;
  /** Input of `input.shape`, output [batch, width] or maps, whose values in row-major order are a row. */
  readonly network: LayersModel;
  readonly input: ModelInput;
  /** Of the augmentation. */
  readonly seed: number;
}

/** Raise it when rows of the same network come out otherwise. */
const formatVersion = 1;

export class VariantExtractor {
  /** Names network, weights, preprocessing and engine: rows of two of them are not to be mixed. */
  readonly id: string;
  /** Values of one row. */
  readonly width: number;
  readonly #options: VariantExtractorOptions;
  #opened: Promise<FeatureExtractor<VariantTask>> | null = null;
  /** The largest memory of all processes together, so far. */
  peakRssBytes = 0;

  constructor(options: VariantExtractorOptions) {
    this.#options = options;
    const { engine, network, input } = options;
    this.width = network.outputs[0]!.shape.slice(1).reduce<number>((product, size) => product * size!, 1);
    const hash = createHash("sha256").update(
      JSON.stringify({ formatVersion, engine: engine.engine, detail: engine.detail, input, width: this.width }),
    );
    for (const { name, weights } of network.layers) {
      hash.update(`\n${name}`);
      for (const weight of weights)
        hash.update(new Uint8Array((weight.read().dataSync() as Float32Array).slice().buffer));
    }
    this.id = hash.digest("hex");
  }

  /** Calls `onRows` for every task once, with its number and its rows [variants, width]; not in the tasks' order. */
  async extract(tasks: readonly VariantTask[], onRows: (task: number, rows: Float32Array) => void): Promise<void> {
    this.#opened ??= this.#open();
    const extractor = await this.#opened;
    await extractor.extract(tasks, onRows);
    this.peakRssBytes = Math.max(this.peakRssBytes, extractor.peakRssBytes);
  }

  #open(): Promise<FeatureExtractor<VariantTask>> {
    const { engine, network, input, seed } = this.#options;
    const options: VariantOptions = { seed };
    const preparer = { module: siblingModule(import.meta.filename, "../augment/preparer"), options };
    return openExtractor<VariantTask>({ engine: engine.engine, model: network, input, preparer });
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await (await opened?.catch(() => null))?.close();
  }
}
