// When to ring: somebody whom the door does not know stands before it, long enough to be no chance, once for each presence.
import type { NewEvent } from "../../events/events.ts";
import type { Look } from "../../pipeline.ts";

/** A face that was judged and is nobody's that the door knows; bad light or a turned head is no stranger. */
const strangers: ReadonlySet<string> = new Set(["not_owner", "masked", "occluded"]);
const framesNeeded = 5;

export class StrangerBell {
  readonly #record: (event: NewEvent) => void;
  readonly #nowMs: () => number;
  #presenceId: number | null = null;
  #strange = 0;

  constructor(record: (event: NewEvent) => void, nowMs: () => number) {
    this.#record = record;
    this.#nowMs = nowMs;
  }

  /** Records that it rings where somebody unknown has stayed. */
  noteLook({ decision }: Pick<Look, "decision">): void {
    if (decision.presence === null) return;
    const presenceId = decision.presence.id;
    const reason = decision.kind === "unlock" ? null : decision.reason;
    if (!this.#rings(presenceId, reason)) return;
    const message = "Somebody unknown stands before the door.";
    this.#record({ type: "doorbell.rang", monotonicMs: this.#nowMs(), reason, message, data: { presenceId } });
  }

  /** @param reason why the door stayed locked; null where it opened */
  #rings(presenceId: number, reason: string | null): boolean {
    if (presenceId !== this.#presenceId) this.#strange = 0;
    this.#presenceId = presenceId;
    // Whoever was let in, or agreed with the owner even once, has somebody with a key among them.
    if (reason === null || reason === "too_few_frames") this.#strange = Number.NEGATIVE_INFINITY;
    else if (strangers.has(reason)) this.#strange++;
    return this.#strange === framesNeeded && strangers.has(reason ?? "");
  }
}
