// The port of the door relay: one bounded pulse at a time, inactive in every other moment.

export interface RelayLimits {
  /** How long a pulse is. */
  readonly pulseMs: number;
  /** The hard maximum: a longer pulse is refused, not shortened. */
  readonly pulseMaxMs: number;
  /** The least time between the end of a pulse and the start of the next. */
  readonly gapMinMs: number;
}

/** The process that owns the line. */
export interface RelayGuardStatus {
  /** Null while none runs. */
  readonly pid: number | null;
  /** How often it was started again. */
  readonly restarts: number;
  /** Why the last one ended unasked; null when none did, or its successor works. */
  readonly fault: string | null;
}

export interface RelayStatus {
  /** Which adapter, and which line, in words. */
  readonly adapter: string;
  /** Whether the line is, or may be, active. */
  readonly active: boolean;
  readonly pulses: number;
  /** Null where this process drives the line itself. */
  readonly guard: RelayGuardStatus | null;
  readonly fault: { readonly code: "RELAY_UNAVAILABLE"; readonly message: string } | null;
}

export interface Relay {
  /** Takes the line and drives it inactive first. Throws RELAY_UNAVAILABLE. */
  start(): Promise<void>;
  /**
   * Drives the line active for `limits.pulseMs`; resolves when it is inactive again.
   * Throws RELAY_REFUSED during a pulse, within `gapMinMs` of the last, or beyond `pulseMaxMs`;
   * RELAY_UNAVAILABLE when the line cannot be driven.
   *
   * @param onActive is called once the line is active, at most once; must not throw
   */
  pulse(onActive?: () => void): Promise<void>;
  /** Ends a running pulse early, which resolves then; does nothing without one. Never throws. */
  relock(): void;
  /**
   * To be called for each turn of the pipeline: a guard ends a pulse when the daemon makes no progress. A relay without a
   * guard does nothing. Never throws.
   */
  heartbeat(): void;
  status(): RelayStatus;
  /** Drives the line inactive and gives it back. Idempotent. */
  stop(): Promise<void>;
}
