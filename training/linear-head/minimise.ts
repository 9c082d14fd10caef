// Minimises a smooth function of many variables: limited-memory BFGS with backtracking.
// Source: Nocedal and Wright, "Numerical Optimization", algorithms 7.4 and 3.1.

/** Returns the value at a place and writes the gradient there. */
export type Objective = (at: Float64Array, gradient: Float64Array) => number;

const stepsMax = 150;
const memory = 8;
const gradientMin = 1e-5;

interface Pair {
  readonly moved: Float64Array;
  readonly turned: Float64Array;
  readonly rho: number;
}

/** The place where the gradient vanishes, or the last of 150 steps towards it; begins at the origin. */
export function minimise(size: number, objective: Objective): Float64Array {
  let at: Float64Array = new Float64Array(size);
  let gradient: Float64Array = new Float64Array(size);
  let value = objective(at, gradient);
  const pairs: Pair[] = [];
  for (let step = 0; step < stepsMax && norm(gradient) > gradientMin; step++) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    const nextGradient = new Float64Array(size);
    let length = pairs.length === 0 ? 1 / Math.max(1, norm(gradient)) : 1;
    let next = sum(at, direction, length);
    let nextValue = objective(next, nextGradient);
    while (!(nextValue <= value + 1e-4 * length * slope)) {
      length /= 2;
      // Nothing lies below within the precision of the numbers.
      if (length < 1e-10) return at;
      next = sum(at, direction, length);
      nextValue = objective(next, nextGradient);
    }
    const moved = sum(next, at, -1);
    const turned = sum(nextGradient, gradient, -1);
    const curvature = dot(moved, turned);
    if (curvature > 1e-12) pairs.push({ moved, turned, rho: 1 / curvature });
    if (pairs.length > memory) pairs.shift();
    at = next;
    gradient = nextGradient;
    value = nextValue;
  }
  return at;
}

/** The two loops: minus the gradient, bent by what the last steps showed of the curvature. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  let direction: Float64Array = gradient.map((value) => -value);
  const shares: number[] = [];
  for (const { moved, turned, rho } of pairs.toReversed()) {
    const share = rho * dot(moved, direction);
    shares.push(share);
    direction = sum(direction, turned, -share);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.turned, last.turned));
    direction = direction.map((value) => value * scale);
  }
  for (const { moved, turned, rho } of pairs) {
    direction = sum(direction, moved, shares.pop()! - rho * dot(turned, direction));
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

/** `a + factor * b`. */
function sum(a: Float64Array, b: Float64Array, factor: number): Float64Array {
  return a.map((value, i) => value + factor * b[i]!);
}
