// The models of the benchmark: the backbone in float32 and int8 as it is converted here, the face detector, and shared ones.
import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as layers from "@tensorflow/tfjs-layers";
import { openTfliteEngine } from "../../device/vision/tflite-engine.ts";
import { buildMobileNetV2 } from "../backbones/mobilenet-v2.ts";
import { readNsfwjsWeights } from "../backbones/nsfwjs-weights.ts";
import { setWeights } from "../backbones/weights.ts";
import { calibrate, convertLayersModel, quantizeGraph } from "../convert/convert.ts";
import { readDetectorModel } from "../detector.ts";
import { appendHead } from "../head/head.ts";
import { seededRandom } from "../seeded-random.ts";
import { useMemoryBackend } from "../tensor-backend.ts";

export interface BenchedModel {
  readonly name: string;
  /** Of the .tflite file. */
  readonly path: string;
  /** Models of one family are measured in turns with each other, too. */
  readonly family: string;
}

const calibrationInputs = 4;
const sizesPx = [224, 240] as const;

/** Writes the models that are made here into `folder`. */
export async function gatherModels(folder: string): Promise<BenchedModel[]> {
  await useMemoryBackend();
  const models: BenchedModel[] = [];
  const write = async (family: string, name: string, bytes: Uint8Array) => {
    const path = join(folder, `${name}.tflite`);
    await writeFile(path, bytes);
    models.push({ name, path, family });
  };
  for (const sizePx of sizesPx) {
    const { float32, int8 } = await convertBackbone(sizePx);
    const family = `mobilenet-v2-${sizePx}`;
    await write(family, `${family}-float32`, float32);
    await write(family, `${family}-int8`, int8);
  }
  await write("blazeface", "blazeface-short-range", await readDetectorModel());
  return [...models, ...(await sharedModels())];
}

/** The three-class network with npm's backbone; int8 is as fast whatever it was calibrated on. */
async function convertBackbone(sizePx: number) {
  const backbone = buildMobileNetV2({ sizePx, alpha: 1 });
  setWeights(backbone, await readNsfwjsWeights());
  const pooled = layers.layers.globalAveragePooling2d({}).apply(backbone.outputs[0]!) as layers.SymbolicTensor;
  const model = layers.model({ inputs: backbone.inputs, outputs: appendHead(pooled, 3, 1) });
  const { bytes, graph } = convertLayersModel(model);
  model.dispose();
  const random = seededRandom(1);
  const samples = Array.from({ length: calibrationInputs }, () => [
    Float32Array.from({ length: sizePx * sizePx * 3 }, () => random.next()),
  ]);
  const engine = openTfliteEngine({ threads: 1, delegate: "auto" });
  const ranges = calibrate(graph, engine, samples, { kind: "minMax" });
  return { float32: bytes, int8: quantizeGraph(graph, ranges, { io: "float32" }).bytes };
}

/** Models that lie beside the checkout, where FACELATCH_SHARED says so. */
async function sharedModels(): Promise<BenchedModel[]> {
  const shared = process.env["FACELATCH_SHARED"];
  const folder = shared === undefined ? null : join(shared, "weights");
  if (folder === null || !existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith(".tflite")).sort();
  return names.map((name) => {
    return { name: name.slice(0, -".tflite".length), path: join(folder, name), family: name };
  });
}
