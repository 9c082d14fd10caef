// The port of updates: what a board runs, what it would go back to, and the one engine behind every way a bundle can arrive.

/** Where an update stands on this board: few states, so that any rollout server can drive it. */
export type UpdateState = "idle" | "downloading" | "verifying" | "trial" | "confirmed" | "reverted";

export interface BundleSummary {
  /** SHA-256 of the manifest, hexadecimal: the bundle's identity. */
  readonly sha256: string;
  readonly name: string;
  /** Rises with every bundle of one owner; a lower one than the floor is refused. */
  readonly seq: number;
}

export interface UpdateStatus {
  readonly state: UpdateState;
  readonly current: BundleSummary | null;
  readonly previous: BundleSummary | null;
  readonly factory: BundleSummary | null;
  /** The lowest seq that this board still accepts; rises only when a bundle is confirmed. */
  readonly floorSeq: number;
  /** Only while a bundle is on trial. */
  readonly trial: {
    readonly freshFrames: number;
    readonly freshFramesNeeded: number;
    readonly remainingMs: number;
  } | null;
  /** Why the last update was taken back; null when it wasn't. */
  readonly reverted: { readonly bundle: BundleSummary; readonly reasonCode: string; readonly reason: string } | null;
}

/** The one engine behind every way a bundle can arrive. */
export interface Updates {
  status(): Promise<UpdateStatus>;
  /**
   * Verifies the archive and puts it on trial. Throws FacelatchError by the name of the check that failed; then the
   * bundle in use stays.
   */
  install(archivePath: string): Promise<UpdateStatus>;
  /** Goes back to the previous bundle (or the factory's), as its own trial-free switch. Throws NOTHING_TO_ROLL_BACK_TO. */
  rollback(): Promise<UpdateStatus>;
}
