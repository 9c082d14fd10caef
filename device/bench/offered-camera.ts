// A camera for measurements: it delivers exactly the frame that it is offered, when it is offered.
import { createHash } from "node:crypto";
import type { Camera, CameraStatus, Frame } from "../camera/camera.ts";

export class OfferedCamera implements Camera {
  #seq = 0;
  #offered: Frame | null = null;
  #waiting: ((frame: Frame) => void) | null = null;

  /** Hands a JPEG to whoever waits in `next`, now or later. */
  offer(jpeg: Uint8Array): void {
    const digest = createHash("sha256").update(jpeg).digest("hex");
    // Recorded frames come round again, which no camera's do: the count keeps their digests apart.
    const frame = { seq: ++this.#seq, jpeg, capturedAtMs: performance.now(), digest: `${digest}-${this.#seq}` };
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#offered = frame;
    else waiting(frame);
  }

  start(): void {}

  next(signal: AbortSignal): Promise<Frame> {
    const frame = this.#offered;
    this.#offered = null;
    if (frame !== null) return Promise.resolve(frame);
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting = null;
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting = (offered) => {
        signal.removeEventListener("abort", abort);
        resolve(offered);
      };
    });
  }

  status(): CameraStatus {
    return {
      state: "running",
      source: "offered frames",
      framesTotal: this.#seq,
      framesDropped: 0,
      bytesDiscarded: 0,
      restarts: 0,
      fault: null,
    };
  }

  async stop(): Promise<void> {}
}
