// Which mistakes somebody must see first.
import { indexOfMax } from "../../metrics.ts";
import type { Prediction } from "../../run/run-folder.ts";

/**
 * The photos that are taken for the wrong class, the worst first: whoever else is taken for the owner opens the door,
 * then the owner who is kept out, then the rest; among each the surest.
 */
export function worstMistakes<T extends Pick<Prediction, "truth" | "scores">>(
  predictions: readonly T[],
  owner: number,
): T[] {
  const harm = ({ truth, scores }: T) => (indexOfMax(scores) === owner ? 2 : truth === owner ? 1 : 0);
  const sureness = ({ truth, scores }: T) => Math.max(...scores) - scores[truth]!;
  return predictions
    .filter(({ truth, scores }) => indexOfMax(scores) !== truth)
    .toSorted((a, b) => harm(b) - harm(a) || sureness(b) - sureness(a));
}
