// What a finished run's classifier says of its own prepared pictures.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fillClassifierInput } from "../../device/bundle/input-tensor.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import { decodeJpeg } from "../../device/vision/decode-jpeg.ts";
import type { Engine } from "../../device/vision/engine.ts";
import { floatTensor } from "../../device/vision/float-tensor.ts";
import { classFolders, listPhotos } from "../dataset/prepare.ts";
import { splitNames } from "../dataset/split.ts";
import { type RunRecord, runFolder } from "../run-folder.ts";
import type { Prediction, SplitPredictions } from "./report-data.ts";

export interface PredictOptions {
  readonly runDir: string;
  readonly record: Pick<RunRecord, "input">;
  readonly engine: Engine;
  readonly progress: Progress;
}

/** Scores every prepared picture with the .tflite as it is shipped, split by split, in the order of their names. */
export async function predictRun({ runDir, record, engine, progress }: PredictOptions): Promise<SplitPredictions> {
  const preparedDir = join(runDir, runFolder.prepared);
  const model = engine.load(await readFile(join(runDir, runFolder.classifier)));
  const input = floatTensor(model.inputs, record.input.shape);
  const predictions: Record<(typeof splitNames)[number], Prediction[]> = { train: [], validation: [], test: [] };
  for (const split of splitNames) {
    const pictures: { readonly picture: string; readonly truth: number }[] = [];
    for (const [truth, folder] of classFolders.entries()) {
      const names = await listPhotos(join(preparedDir, split, folder));
      pictures.push(...names.map((name) => ({ picture: `${split}/${folder}/${name}`, truth })));
    }
    progress.step(`scoring ${split} pictures`, pictures.length);
    for (const [index, { picture, truth }] of pictures.entries()) {
      const image = await decodeJpeg(await readFile(join(preparedDir, picture)));
      const { widthPx, heightPx } = image;
      fillClassifierInput(image, { leftPx: 0, topPx: 0, widthPx, heightPx }, record.input, input);
      model.infer();
      predictions[split].push({ picture, truth, scores: Array.from(model.outputs[0]!.data, Number) });
      progress.advance(index + 1);
    }
  }
  return predictions;
}
