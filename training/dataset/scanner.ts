// Scans photos in several processes, as many as cores and memory allow; they start with the first photo.
import { siblingModule } from "../../device/installation/installation.ts";
import { AskedProcess } from "../processes/asked-process.ts";
import { processesFor } from "../processes/processes-for.ts";
import type { ClassFolder } from "./classes.ts";
import type { Framing } from "./frame-photo.ts";
import type { ScanFolders, ScannedPhoto } from "./scan-photo.ts";
import type { ScanRequest } from "./scan-worker.ts";

/** Of one process at work on photos of 50 megapixels. */
const processBytes = 400e6;
/** A picture of 144 megapixels, on a slow and busy machine. */
const replyTimeoutMs = 180_000;

type ScanProcess = AskedProcess<ScanRequest, ScannedPhoto>;

export class Scanner {
  readonly #folders: ScanFolders;
  readonly #framing: Framing;
  readonly #processes: ScanProcess[] = [];

  constructor(folders: ScanFolders, { kind, sizePx, faceMarginRatio, faceWidthMinPx }: Framing) {
    this.#folders = folders;
    this.#framing = { kind, sizePx, faceMarginRatio, faceWidthMinPx };
  }

  /**
   * Scans photos of a class; `onScanned` is called for each, in no order, and the next is begun once it is done.
   *
   * @param paths below the data set's folder, with `/`
   * @throws FacelatchError DISK_FULL, OUTPUT_UNWRITABLE, TRAINING_FAILED naming the photo that ended a process
   */
  async scan(
    folder: ClassFolder,
    paths: readonly string[],
    onScanned: (photo: ScannedPhoto) => Promise<void>,
  ): Promise<void> {
    const count = Math.min(processesFor(processBytes), paths.length);
    while (this.#processes.length < count) this.#processes.push(startProcess());
    const waiting = paths.values();
    const work = async (scanning: ScanProcess) => {
      for (const path of waiting) {
        const request = { folders: this.#folders, framing: this.#framing, folder, path };
        await onScanned(await scanning.ask(request, path, replyTimeoutMs));
      }
    };
    const lanes = this.#processes.slice(0, count).map(work);
    try {
      await Promise.all(lanes);
    } catch (error) {
      // Whatever the others still write is written before the error is told.
      await this.close();
      await Promise.allSettled(lanes);
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.splice(0).map((scanning) => scanning.close()));
  }
}

function startProcess(): ScanProcess {
  return new AskedProcess({
    module: siblingModule(import.meta.filename, "scan-worker"),
    name: "a process that scans photos",
    next: "Run the command again: what is done is kept. If the same photo fails again, remove it.",
  });
}
