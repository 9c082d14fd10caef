// The port of the second step: what somebody does, beside showing the face, to confirm that the door shall open.

export interface SecondStepStatus {
  /** Which adapter, and which line, in words. */
  readonly adapter: string;
  /** While there is one, nothing confirms. */
  readonly fault: { readonly code: "SECOND_STEP_UNAVAILABLE"; readonly message: string } | null;
  /** Those that counted. */
  readonly confirmations: number;
}

/** Why an attempt confirmed nothing: the PIN was wrong, or came within the wait after wrong ones. */
export type StepRefusal = "pin_wrong" | "pin_wait";

export interface SecondStep {
  /** Tries to begin, and goes on trying every 5 s where that fails; never throws, as the fault shows in `status()`. */
  start(): Promise<void>;
  /** Ends it: nothing confirms until the next start. Idempotent. */
  stop(): Promise<void>;
  status(): SecondStepStatus;
  /**
   * Names who is told of each confirmation, in place of whoever was named before; without one, none counts.
   *
   * @param listener returns whether it counts: false when nobody is in view
   */
  onConfirmed(listener: () => boolean): void;
  /** Names who is told of each attempt that was refused. */
  onRefused(listener: (reason: StepRefusal) => void): void;
}

/** What came of a PIN. `busy`: another one is being judged, and this one was not looked at. */
export type PinAnswer =
  | { readonly kind: "confirmed" | "nobody_in_view" | "busy" }
  | { readonly kind: "wrong" | "wait"; readonly waitMs: number };

/** A second step that is a PIN. */
export interface PinEntry extends SecondStep {
  /**
   * Judges a PIN of 4 to 12 digits.
   *
   * @throws FacelatchError SECOND_STEP_UNAVAILABLE when it cannot be judged; then nothing was confirmed
   */
  enter(pin: string): Promise<PinAnswer>;
}

/** The PINs that can be set and entered. */
export const pinPattern = /^\d{4,12}$/;
/** The same for schemas, and in words. */
export const pinPatternText = "^[0-9]{4,12}$";
export const pinExpectation = "a PIN of 4 to 12 digits";
