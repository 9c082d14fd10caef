// Embeds the faces of many photos in several processes, as many as cores and memory allow.
import { siblingModule } from "../../device/installation/installation.ts";
import { AskedProcess } from "../processes/asked-process.ts";
import { processesFor } from "../processes/processes-for.ts";
import type { EmbedReply, EmbedRequest } from "./embed-worker.ts";

const processBytes = 400e6;
const replyTimeoutMs = 180_000;

export class FaceEmbedders {
  readonly #processes: AskedProcess<EmbedRequest, EmbedReply>[] = [];

  /**
   * The embedding of the face nearest to the middle of each photo, in their order; null where there is none.
   *
   * @throws FacelatchError TRAINING_FAILED naming a photo that ends a process
   */
  async embed(paths: readonly string[], onProgress: (done: number) => void): Promise<(Float32Array | null)[]> {
    const count = Math.min(processesFor(processBytes), paths.length);
    while (this.#processes.length < count) this.#processes.push(startProcess());
    const embeddings = new Array<Float32Array | null>(paths.length).fill(null);
    const waiting = paths.entries();
    let done = 0;
    const work = async (asked: AskedProcess<EmbedRequest, EmbedReply>) => {
      for (const [index, path] of waiting) {
        embeddings[index] = (await asked.ask({ path }, path, replyTimeoutMs)).embedding;
        onProgress(++done);
      }
    };
    await Promise.all(this.#processes.slice(0, count).map(work));
    return embeddings;
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((asked) => asked.close()));
  }
}

function startProcess(): AskedProcess<EmbedRequest, EmbedReply> {
  return new AskedProcess({
    module: siblingModule(import.meta.filename, "embed-worker"),
    name: "a process that embeds faces",
    next: "Run the command again. If the same photo fails again, remove it.",
  });
}
