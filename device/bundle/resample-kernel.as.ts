// The inner loops of the resize, four values at a time: AssemblyScript, of which resample-kernel.wasm.ts is made.

/** A tap in memory: the address that it reads (32 bits), then its weight (f32). */
const tapBytes: usize = 8;

/**
 * Makes `rows` output rows: each is filtered down the columns into `line`, then along that line.
 *
 * @param down `rows` times `downTaps` taps, whose addresses are those of picture rows of `rowBytes` bytes, RGB
 * @param line room for `rowBytes` floats; `rowBytes` is a multiple of 16
 * @param across `widthPx` times `acrossTaps` taps, whose addresses lie in `line`
 * @param out receives `rows * widthPx * 3` floats, and one more that means nothing
 * @param offset added to every value
 */
export function resampleRows(
  rows: usize,
  down: usize,
  downTaps: usize,
  line: usize,
  rowBytes: usize,
  across: usize,
  acrossTaps: usize,
  widthPx: usize,
  out: usize,
  offset: f32,
): void {
  const downBytes = downTaps * tapBytes;
  for (let y: usize = 0; y < rows; y++) {
    filterColumns(down, down + downBytes, line, rowBytes);
    filterLine(across, acrossTaps * tapBytes, widthPx, out, offset);
    down += downBytes;
    out += widthPx * 12;
  }
}

/** The weighted sum of picture rows, as floats. */
function filterColumns(taps: usize, tapsEnd: usize, line: usize, rowBytes: usize): void {
  for (let x: usize = 0; x < rowBytes; x += 16) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let tap = taps; tap < tapsEnd; tap += tapBytes) {
      const bytes = v128.load(load<usize>(tap) + x);
      const weight = v128.load32_splat(tap, 4);
      const low = i16x8.extend_low_i8x16_u(bytes);
      const high = i16x8.extend_high_i8x16_u(bytes);
      a = f32x4.add(a, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(low)), weight));
      b = f32x4.add(b, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(low)), weight));
      c = f32x4.add(c, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(high)), weight));
      d = f32x4.add(d, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(high)), weight));
    }
    const to = line + x * 4;
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
  }
}

/** The weighted sums along a line; the fourth value of each sum is the next pixel's red, which that pixel overwrites. */
function filterLine(taps: usize, tapsBytes: usize, widthPx: usize, out: usize, offset: f32): void {
  for (const end = out + widthPx * 12; out < end; out += 12) {
    let sum = f32x4.splat(offset);
    for (const tapsEnd = taps + tapsBytes; taps < tapsEnd; taps += tapBytes) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(load<usize>(taps)), v128.load32_splat(taps, 4)));
    }
    v128.store(out, sum);
  }
}
