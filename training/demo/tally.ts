// Counts what a daemon's events say of the demo's scene: who was let in, and who was in view then.
import type { StoredEvent } from "../../device/events/events.ts";
import { type Actor, actorAt, type Scene } from "./demo-scene.ts";

export interface DemoResult {
  readonly passes: number;
  /** Passes in which the owner was let in at least once. */
  readonly ownerPasses: number;
  readonly ownerUnlocks: number;
  /** Unlocks while anybody or anything else was before the camera. */
  readonly otherUnlocks: number;
  readonly trainedNow: boolean;
  readonly firstUnlockMs: number | null;
  /** From the daemon's start to its first processed frame, as the daemon's status says. */
  readonly firstFrameMs: number | null;
}

const describe: Readonly<Record<Actor, string>> = {
  nobody: "nobody in view",
  object: "an object in view",
  stranger: "a stranger in view",
  owner: "the owner in view",
};

/** Counts what the events say, by who was in view at that frame. */
export class Tally {
  readonly #scene: Scene;
  readonly #startedAtMs: number;
  readonly #trainedNow: boolean;
  readonly #passesWithOwner = new Set<number>();
  #ownerUnlocks = 0;
  #otherUnlocks = 0;
  #firstUnlockMs: number | null = null;
  #firstFrameMs: number | null = null;

  constructor(scene: Scene, startedAtMs: number, trainedNow: boolean) {
    this.#scene = scene;
    this.#startedAtMs = startedAtMs;
    this.#trainedNow = trainedNow;
  }

  /** Takes an event in; returns the line that tells it. */
  add(event: StoredEvent): string | null {
    const seq = Number(event.data["frameSeq"] ?? 0);
    const actor = seq > 0 ? actorAt(this.#scene, seq) : null;
    if (event.type === "daemon.ready") this.#firstFrameMs = Number(event.data["sinceStartMs"]);
    if (event.type === "unlock.granted" && actor !== null) this.#countUnlock(actor, seq);
    const time = event.at.slice(11, 19);
    const click = event.type === "unlock.granted" ? "  *click*" : "";
    return `  ${time}  ${event.type.padEnd(17)} ${event.message}${actor === null ? "" : ` (${describe[actor]})`}${click}`;
  }

  #countUnlock(actor: Actor, seq: number): void {
    this.#firstUnlockMs ??= performance.now() - this.#startedAtMs;
    if (actor === "owner") {
      this.#ownerUnlocks++;
      this.#passesWithOwner.add(Math.floor((seq - 1) / this.#scene.frames));
    } else {
      this.#otherUnlocks++;
    }
  }

  result(passes: number): DemoResult {
    return {
      passes,
      ownerPasses: this.#passesWithOwner.size,
      ownerUnlocks: this.#ownerUnlocks,
      otherUnlocks: this.#otherUnlocks,
      trainedNow: this.#trainedNow,
      firstUnlockMs: this.#firstUnlockMs,
      firstFrameMs: this.#firstFrameMs,
    };
  }
}
