// The backbone weights that need no download: MobileNetV2 out of the npm package nsfwjs (MIT), stored as 8-bit shards.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { FacelatchError } from "../../device/errors/errors.ts";
import type { NamedWeights, Weight } from "./weights.ts";

interface ManifestEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly quantization?: { readonly min: number; readonly scale: number; readonly dtype: string };
}

interface ModelJson {
  readonly weightsManifest: readonly { readonly weights: readonly ManifestEntry[] }[];
}

/** What this backbone was trained on: pixels divided by 255. */
export const nsfwjsInput = { mean: 0, scale: 255 } as const;

export const nsfwjsDescription = "MobileNetV2 1.0 from npm nsfwjs 4.3.0 (MIT)";

/** Beside the module that the package exports. */
const modelFolder = "../../models/mobilenet_v2";

/** Reads all weights of the network, its classification top included. */
export async function readNsfwjsWeights(): Promise<NamedWeights> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("nsfwjs/models/mobilenet_v2")), modelFolder);
  // The package's own loader copies what it loads key by key: of the weights, a text, that is each of 3.5 million letters.
  const model = require(join(folder, "model.min.js")) as ModelJson;
  const shard = Buffer.from(require(join(folder, "group1-shard1of1.min.js")) as string, "base64");
  const weights = new Map<string, Weight>();
  let at = 0;
  for (const entry of model.weightsManifest.flatMap((group) => group.weights)) {
    const count = entry.shape.reduce((product, size) => product * size, 1);
    const { quantization } = entry;
    if (quantization?.dtype !== "uint8")
      throw unexpected(`${entry.name} stored as ${quantization?.dtype ?? "float32"}`);
    const bytes = shard.subarray(at, at + count);
    if (bytes.length !== count) throw unexpected(`the shard ending inside ${entry.name}`);
    weights.set(entry.name, {
      shape: entry.shape,
      values: Float32Array.from(bytes, (value) => value * quantization.scale + quantization.min),
    });
    at += count;
  }
  return weights;
}

function unexpected(found: string): FacelatchError {
  return new FacelatchError("INPUT_INVALID", {
    expected: "nsfwjs 4.3.0 with 8-bit weights",
    found,
    next: "Run `npm ci` to restore the version in package-lock.json.",
  });
}
