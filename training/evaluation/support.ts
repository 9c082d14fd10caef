// How much a number of trials can say of a rare error: the rule of three, and what a claim needs.

/** Without an error in n independent trials, the rate lies below 3/n at 95 %. */
const three = 3;

const confidence = 0.95;

/** The upper end of a rate after no error in `trials` independent trials; 1 where they say nothing. */
export function ruleOfThree(trials: number): number {
  return trials === 0 ? 1 : Math.min(1, three / trials);
}

/** The least number of independent trials that can support a claim of this FAR. */
export function trialsFor(far: number): number {
  // 3 / (1 / 50000) is a little more than 150000 in binary.
  return Math.ceil(three / far - 1e-6);
}

/** Whether so many independent trials can support a claim of this FAR. */
export function supports(trials: number, far: number): boolean {
  return trials >= trialsFor(far);
}

/** Pairs of different identities among so many. */
export function pairsOf(identities: number): number {
  return identities < 2 ? 0 : (identities * (identities - 1)) / 2;
}

/** The least number of identities whose pairs are at least `pairs`. */
export function identitiesFor(pairs: number): number {
  const identities = Math.floor((1 + Math.sqrt(1 + 8 * pairs)) / 2);
  return pairsOf(identities) >= pairs ? identities : identities + 1;
}

/**
 * The largest rate that agrees with `errors` rare errors in `trials` trials, at 95 %, one-sided: the Poisson mean for
 * which so few errors have a chance of 5 %, as a share of the trials. Without errors it is the rule of three.
 */
export function rateAtMost(errors: number, trials: number): number {
  if (trials === 0) return 1;
  if (errors === 0) return ruleOfThree(trials);
  let [low, high] = [errors, 2 * errors + 10];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (poissonAtMost(errors, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return Math.min(1, high / trials);
}

/** The most errors in `trials` that still support a claim of this FAR; null where not even none would. */
export function errorsAllowed(trials: number, far: number): number | null {
  if (!supports(trials, far)) return null;
  // More errors than the claim expects can never support it.
  let [supported, tooMany] = [0, Math.ceil(far * trials) + 1];
  while (tooMany - supported > 1) {
    const middle = Math.floor((supported + tooMany) / 2);
    if (rateAtMost(middle, trials) <= far) supported = middle;
    else tooMany = middle;
  }
  return supported;
}

/** The chance of at most `count` events where `mean` are expected. */
function poissonAtMost(count: number, mean: number): number {
  let logTerm = -mean;
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= count; k++) {
    logTerm += Math.log(mean / k);
    sum += Math.exp(logTerm);
  }
  return sum;
}
