// Half-precision numbers (IEEE 754 binary16), as which features are kept: half the disk, and far finer than they differ.

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest half-precision number, ties to even; beyond 65,504 it is infinite. */
export function toHalf(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const exponent = ((word >>> 23) & 0xff) - 112;
  const fraction = word & 0x7fffff;
  if (exponent >= 31) {
    const isNumber = exponent < 143 || fraction === 0;
    return sign | (isNumber ? 0x7c00 : 0x7e00);
  }
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    return sign | roundOff(fraction | 0x800000, 14 - exponent);
  }
  // A fraction that rounds up to 2 carries into the exponent, as it should.
  return sign | roundOff((exponent << 23) | fraction, 13);
}

function roundOff(value: number, dropped: number): number {
  const half = 1 << (dropped - 1);
  const rest = value & ((1 << dropped) - 1);
  const kept = value >>> dropped;
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

/** The value of each of the 65,536 half-precision numbers. */
const values = Float32Array.from({ length: 65_536 }, (_, half) => {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
});

export function fromHalf(half: number): number {
  return values[half]!;
}

/** Writes the values of `halves` to `into`, from `at` on. */
export function expandHalves(halves: Uint16Array, into: Float32Array, at: number): void {
  for (let i = 0; i < halves.length; i++) into[at + i] = values[halves[i]!]!;
}
