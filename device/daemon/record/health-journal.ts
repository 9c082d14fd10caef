// Records when a part of the device fails and when it works again, once for each change.
import type { BoardStatus, Strain } from "../../board/board.ts";
import type { CameraStatus } from "../../camera/camera.ts";
import type { EventType, NewEvent } from "../../events/events.ts";
import type { RelayStatus } from "../../relay/relay.ts";
import type { LoadedBundle, VisionStatus } from "../../vision/vision.ts";

type Fault = { readonly code: string; readonly message: string } | null;

const strainTexts: Readonly<Record<Strain, string>> = {
  hot: "The board is hot: it takes fewer frames.",
  low_memory: "The board's memory is low: it takes fewer frames.",
};

/** Turns successive states into events; keeps only what it told last. */
export class HealthJournal {
  readonly #record: (event: NewEvent) => void;
  readonly #nowMs: () => number;
  #camera: Fault = null;
  #vision: Fault = null;
  #bundle: LoadedBundle | null = null;
  #ready = false;

  constructor(record: (event: NewEvent) => void, nowMs: () => number) {
    this.#record = record;
    this.#nowMs = nowMs;
  }

  note(type: "daemon.started" | "daemon.stopped", message: string): void {
    this.#push(type, null, message);
  }

  noteCamera({ fault }: CameraStatus): void {
    if (fault?.code !== this.#camera?.code) this.#tell("camera", fault, "The camera works again.");
    this.#camera = fault;
  }

  /** A relay that cannot be started; one that fails in a pulse is told by the pipeline. */
  noteRelay({ fault }: RelayStatus): void {
    if (fault !== null) this.#push("relay.fault", fault.code, fault.message);
  }

  noteBoard({ strains, temperatureC, memoryAvailableBytes }: BoardStatus): void {
    const figures = { temperatureC, memoryAvailableBytes };
    if (strains.length === 0) this.#push("board.recovered", null, "The board takes all frames again.", figures);
    else this.#push("board.strained", strains[0]!, strains.map((strain) => strainTexts[strain]).join(" "), figures);
  }

  noteVision({ state, fault, bundle }: VisionStatus): void {
    if (state === "refused") {
      if (fault?.code !== this.#vision?.code) this.#push("bundle.refused", fault?.code ?? null, fault?.message ?? "");
    } else if (fault?.code !== this.#vision?.code) {
      this.#tell("vision", fault, "The vision process works again.");
    }
    this.#vision = fault;
    if (state === "ready" && bundle !== null && bundle.sha256 !== this.#bundle?.sha256) {
      this.#bundle = bundle;
      this.#push("bundle.loaded", null, `The bundle "${bundle.name}" is in use.`, { sha256: bundle.sha256 });
    }
  }

  /** The first analysed frame: from here on the door can open. */
  noteAnalysed(sinceStartMs: number): void {
    if (this.#ready) return;
    this.#ready = true;
    this.#push("daemon.ready", null, "The first frame was analysed.", { sinceStartMs: Math.round(sinceStartMs) });
  }

  #tell(part: "camera" | "vision", fault: Fault, recovered: string): void {
    if (fault === null) this.#push(`${part}.recovered`, null, recovered);
    else this.#push(`${part}.fault`, fault.code, fault.message);
  }

  #push(type: EventType, reason: string | null, message: string, data: NewEvent["data"] = {}): void {
    this.#record({ type, monotonicMs: this.#nowMs(), reason, message: message.slice(0, 500), data });
  }
}
