// When to ring: somebody whom the door does not know stands before it, long enough to be no chance, once for each presence.

/** One decision, as far as the bell looks at it. */
export interface SeenDecision {
  readonly presenceId: number;
  /** Why the door stayed locked; null where it opened. */
  readonly reason: string | null;
}

/** A face that was judged and is nobody's that the door knows; bad light or a turned head is no stranger. */
const strangers: ReadonlySet<string> = new Set(["not_owner", "masked", "occluded"]);
const framesNeeded = 5;

export class StrangerBell {
  #presenceId: number | null = null;
  #strange = 0;

  /** Whether it rings now. */
  note({ presenceId, reason }: SeenDecision): boolean {
    if (presenceId !== this.#presenceId) this.#strange = 0;
    this.#presenceId = presenceId;
    // Whoever was let in, or agreed with the owner even once, has somebody with a key among them.
    if (reason === null || reason === "too_few_frames") this.#strange = Number.NEGATIVE_INFINITY;
    else if (strangers.has(reason)) this.#strange++;
    return this.#strange === framesNeeded && strangers.has(reason ?? "");
  }
}
