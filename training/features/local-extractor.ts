// Extracts features in this process: the backbone as .tflite, with XNNPACK where it is there.
import { createHash } from "node:crypto";
import { fillClassifierInput } from "../../device/bundle/input-tensor.ts";
import type { ModelInput } from "../../device/bundle/manifest.ts";
import type { Engine } from "../../device/vision/engine.ts";
import { floatTensor } from "../../device/vision/float-tensor.ts";
import { openPreparer } from "../augment/preparer.ts";
import type { RowExtractor } from "./features.ts";

export interface LocalExtractorOptions {
  readonly engine: Engine;
  /** The backbone with its read-out, as .tflite: output [1, width]. */
  readonly extractor: Uint8Array;
  readonly input: ModelInput;
  readonly width: number;
  readonly seed: number;
}

export function openLocalExtractor({ engine, extractor, input, width, seed }: LocalExtractorOptions): RowExtractor {
  const model = engine.load(extractor);
  const tensor = floatTensor(model.inputs, input.shape);
  const output = floatTensor(model.outputs, [1, width]);
  const prepare = openPreparer({ seed });
  const digest = createHash("sha256").update(extractor).digest("hex");
  return {
    id: JSON.stringify({ engine: engine.name, extractor: digest, input }),
    width,
    extract: async function* (tasks) {
      for (const task of tasks) {
        const values = new Float32Array(task.variants.length * width);
        let at = 0;
        for await (const image of prepare(task)) {
          const { widthPx, heightPx } = image;
          fillClassifierInput(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, input, tensor);
          model.infer();
          values.set(output, at);
          at += width;
        }
        yield values;
      }
    },
  };
}
