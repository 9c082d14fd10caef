// The port of every camera: it delivers the newest frame, never a queue of old ones.

/** One JPEG as it left the camera. */
export interface Frame {
  /** Counts every frame the camera produced since `start`, also those nobody took; starts at 1. */
  readonly seq: number;
  /** The whole JPEG, from SOI to EOI. */
  readonly jpeg: Uint8Array;
  /** When the last byte arrived, on the monotonic clock (`performance.now()`), in ms. */
  readonly capturedAtMs: number;
  /** SHA-256 of the JPEG in hexadecimal: equal digests mean the camera repeats itself. */
  readonly digest: string;
}

export type CameraState = "stopped" | "starting" | "running" | "failed";

export type CameraFaultCode =
  | "CAMERA_UNAVAILABLE"
  | "CAMERA_FROZEN"
  | "CAMERA_BLACK"
  | "CAMERA_COVERED"
  | "CAMERA_CHANGED";

export interface CameraStatus {
  readonly state: CameraState;
  /** The adapter and its source, in words, without credentials. */
  readonly source: string;
  /** Frames produced, and frames replaced by a newer one before anyone took them. */
  readonly framesTotal: number;
  readonly framesDropped: number;
  /** Bytes that belonged to no valid JPEG. */
  readonly bytesDiscarded: number;
  readonly restarts: number;
  /** The last fault in words; null while all is well. */
  readonly fault: { readonly code: CameraFaultCode; readonly message: string } | null;
}

export interface Camera {
  /** Starts delivering. Never throws for a camera that is away: that is a state, retried with exponential backoff. */
  start(): void;
  /**
   * The newest frame that was not returned before; waits for one. Rejects with the signal's reason when aborted.
   * One caller at a time: a second concurrent call is a programmer error.
   */
  next(signal: AbortSignal): Promise<Frame>;
  status(): CameraStatus;
  /** Stops and releases the device. Idempotent; resolves within 3 s. */
  stop(): Promise<void>;
}
