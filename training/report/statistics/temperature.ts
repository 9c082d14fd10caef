// Temperature scaling: one number that makes a softmax as sure as it is right, fitted on validation photos.
import { indexOfMax, type Scored } from "../../metrics.ts";

/** A score of 0 is a logit below what single precision holds, not one below every number. */
const scoreLeast = 1e-30;
/** Beyond these temperatures scores are a matter of rounding. */
const inverseRange = { low: 1e-3, high: 1e3 } as const;
const halvings = 80;

/**
 * The scores at another temperature: softmax(log(scores) / temperature). Above 1 they come closer to each other; the
 * order of the classes stays.
 */
export function scaleScores(scores: readonly number[], temperature: number): number[] {
  const logits = scores.map((score) => Math.log(Math.max(scoreLeast, score)) / temperature);
  const most = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - most));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}

/** The cross-entropy of one photo, in nats. */
export function lossOf({ truth, scores }: Scored): number {
  return -Math.log(Math.max(scoreLeast, scores[truth]!));
}

/** The mean cross-entropy in nats; 0 without photos. */
export function meanLoss(scored: readonly Scored[]): number {
  return scored.length === 0 ? 0 : scored.reduce((total, photo) => total + lossOf(photo), 0) / scored.length;
}

/**
 * The temperature of the least cross-entropy (Guo et al., "On Calibration of Modern Neural Networks", 2017). The loss is
 * convex in 1 / temperature, so its slope is halved to 0.
 *
 * @param validation photos that the network was not trained on, test photos excepted
 * @returns null where they cannot tell: with no photo, or none that is taken for the wrong class, the loss falls for
 *   ever with the temperature
 */
export function fitTemperature(validation: readonly Scored[]): number | null {
  if (validation.every(({ truth, scores }) => indexOfMax(scores) === truth)) return null;
  let [low, high] = [Math.log(inverseRange.low), Math.log(inverseRange.high)];
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (lossSlope(validation, Math.exp(middle)) < 0) low = middle;
    else high = middle;
  }
  return Math.exp(-(low + high) / 2);
}

/** The loss' derivative by 1 / temperature: the expected logit less the true one. */
function lossSlope(scored: readonly Scored[], inverse: number): number {
  return scored.reduce((sum, { truth, scores }) => {
    const logits = scores.map((score) => Math.log(Math.max(scoreLeast, score)));
    const shares = scaleScores(scores, 1 / inverse);
    return sum + shares.reduce((mean, share, i) => mean + share * logits[i]!, 0) - logits[truth]!;
  }, 0);
}
