// The household negatives by embedding space, ready for a look at each frame.
import { decodeEmbedding } from "../sealed/embeddings.ts";
import type { Negative } from "./feedback.ts";
import type { Entry } from "./register-content.ts";

const none: readonly Negative[] = [];

export class NegativeIndex {
  readonly #bySpace = new Map<string, Negative[]>();
  readonly #entries: readonly Entry[];
  #latestSpace: string | null;

  /** @param latestSpace the one that was asked for last, before these entries */
  constructor(entries: readonly Entry[], latestSpace: string | null = null) {
    this.#entries = entries;
    this.#latestSpace = latestSpace;
    for (const { name, embeddings } of entries) {
      for (const embedding of embeddings) {
        const negatives = this.#bySpace.get(embedding.space) ?? [];
        negatives.push({ name: name ?? "unnamed", embedding: decodeEmbedding(embedding) });
        this.#bySpace.set(embedding.space, negatives);
      }
    }
  }

  get latestSpace(): string | null {
    return this.#latestSpace;
  }

  of(space: string): readonly Negative[] {
    this.#latestSpace = space;
    return this.#bySpace.get(space) ?? none;
  }

  /** Items whose every embedding is of another space than the one that was asked for last; 0 before any was. */
  get itemsOfOtherSpaces(): number {
    const space = this.#latestSpace;
    if (space === null) return 0;
    return this.#entries.filter(
      ({ embeddings }) => embeddings.length > 0 && embeddings.every((embedding) => embedding.space !== space),
    ).length;
  }
}
