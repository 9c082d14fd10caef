// What the page shows of the latest frame; one is kept, and listeners are told of each.
import type { LiveView as LiveReport } from "../../api/api.ts";
import type { Look } from "../../pipeline.ts";
import { decisionReport } from "./daemon-status.ts";

export class LiveView {
  #latest: Look | null = null;
  readonly #listeners = new Set<() => void>();

  publish(look: Look): void {
    // A picture stays on the page while frames are missing; the decision beside it is always the latest.
    const { frame, analysis, observation, decidedAtMs } =
      look.frame === null && this.#latest !== null ? this.#latest : look;
    this.#latest = { ...look, frame, analysis, observation, decidedAtMs };
    for (const listener of this.#listeners) listener();
  }

  onLook(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Null before the first frame. */
  view(labels: readonly string[]): LiveReport | null {
    if (this.#latest === null || this.#latest.frame === null) return null;
    const { frame, analysis, observation, decision, decidedAtMs } = this.#latest;
    const face = observation.kind === "frame" ? observation.face : null;
    const { jpeg, seq, capturedAtMs } = frame;
    return {
      jpeg,
      seq,
      ageMs: performance.now() - capturedAtMs,
      decidedAfterMs: decidedAtMs - capturedAtMs,
      analysis,
      labels,
      verification: face === null ? null : { score: face.verifiedScore, householdMargin: face.householdMargin },
      decision: decisionReport(decision),
    };
  }
}
