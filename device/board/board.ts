// The port of the board itself: how hot it is, how much memory is left, and whether it must be spared.

/** What is too much for the board. */
export type Strain = "hot" | "low_memory";

export interface BoardReading {
  /** Of the hottest thermal zone; null where none can be read. */
  readonly temperatureC: number | null;
  /** What programs can still get without swapping; null where the kernel does not say. */
  readonly memoryAvailableBytes: number | null;
}

export interface BoardStatus extends BoardReading {
  /** All that strains it at this moment. */
  readonly strains: readonly Strain[];
}

export interface BoardLimits {
  /** From here on the board is hot. */
  readonly temperatureMaxC: number;
  /** With less than this its memory is low. */
  readonly memoryMinBytes: number;
}

export interface Board {
  start(): void;
  status(): BoardStatus;
  stop(): void;
}
