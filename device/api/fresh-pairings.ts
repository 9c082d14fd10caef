// Which browsers were paired a moment ago, by a clock that nobody can set: in memory, so that after a restart none was.

/** So long after its pairing a browser may register a passkey: somebody was at the board, and nobody found an old session. */
export const pairedMaxMs = 600_000;
/** Of more than these, the one that was paired first is forgotten. */
const pairingsMax = 16;

export class FreshPairings {
  readonly #nowMs: () => number;
  /** By session; the oldest first. */
  readonly #pairedAtMs = new Map<string, number>();

  /** @param nowMs monotonic */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  note(sessionId: string): void {
    this.#pairedAtMs.set(sessionId, this.#nowMs());
    const [oldest] = this.#pairedAtMs.keys();
    if (this.#pairedAtMs.size > pairingsMax && oldest !== undefined) this.#pairedAtMs.delete(oldest);
  }

  has(sessionId: string): boolean {
    const atMs = this.#pairedAtMs.get(sessionId);
    return atMs !== undefined && this.#nowMs() - atMs < pairedMaxMs;
  }
}
