// The normal distribution's quantile: the scale of a DET plot's axes.

/** The normal distribution's quantile, by Newton's method on its distribution function; for shares from 1e-9 to 1 - 1e-9. */
export function probit(share: number): number {
  let z = 0;
  for (let step = 0; step < 60; step++) {
    const density = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI);
    const change = Math.min(1, Math.max(-1, (share - normalShare(z)) / density));
    z += change;
    if (Math.abs(change) < 1e-12) break;
  }
  return z;
}

/** The normal distribution function, as a series that converges quickly near the middle. */
function normalShare(z: number): number {
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-18 && k < 400; k += 2) {
    term *= z ** 2 / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI);
}
