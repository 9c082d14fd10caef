// A false acceptance rate as people write and read it.
import { FacelatchError } from "../../device/errors/errors.ts";

const farMin = 1e-9;
const farMax = 0.5;

/** A FAR as people say it. */
export function describeFar(far: number): string {
  return far > 0.01 ? `${Number((100 * far).toPrecision(3))} %` : `1/${Math.floor(1 / far + 1e-6)}`;
}

/** Parses `1/50000`, `0.002 %` or `2e-5`. Throws USAGE. */
export function parseFar(text: string): number {
  const fraction = /^1\s*\/\s*(\d+(?:_\d{3})*)$/.exec(text.trim());
  const percent = /^(\d*\.?\d+(?:e-?\d+)?)\s*%$/i.exec(text.trim());
  const plain = /^\d*\.?\d+(?:e-?\d+)?$/i.test(text.trim());
  let far = Number.NaN;
  if (fraction !== null) far = 1 / Number(fraction[1]!.replaceAll("_", ""));
  else if (percent !== null) far = Number(percent[1]) / 100;
  else if (plain) far = Number(text);
  if (far >= farMin && far <= farMax) return far;
  throw new FacelatchError("USAGE", {
    expected: `--far from ${farMin} to ${farMax}, as 1/50000, 0.002% or 2e-5`,
    found: JSON.stringify(text),
    next: "See `facelatch help calibrate`.",
  });
}
