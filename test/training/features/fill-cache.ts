// A process that fills a cache until the disk refuses, and tells the error's code and message.
import { createHash } from "node:crypto";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { FeatureCache } from "../../../training/features/feature-cache.ts";

const [path, width] = [process.argv[2]!, Number(process.argv[3])];
const cache = FeatureCache.open(path, width);
try {
  for (let n = 0; n < 1_000; n++) {
    cache.append(createHash("sha256").update(String(n)).digest("hex"), new Float32Array(width).fill(n));
    cache.flush();
  }
} catch (error) {
  if (!(error instanceof FacelatchError)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, message: error.message }));
}
