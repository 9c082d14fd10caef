// The accuracy gate: int8 ships only where it answers as float32 does, and lets nobody more in.
import { indexOfMax, type Rate, rateOf } from "../metrics.ts";

/** Share of validation pictures with the same highest score. */
export const agreementMin = 0.99;
/** False acceptances at the owner's threshold may become this many times as frequent. */
export const farGrowthMax = 1.1;

/** Where the door's threshold lies, and who stands before it. */
export interface OperatingPoint {
  /** The true class of each picture. */
  readonly truths: readonly number[];
  readonly owner: number;
  readonly scoreMin: number;
}

export interface GateVerdict {
  readonly chosen: "int8" | "float32";
  readonly agreement: Rate;
  /** Share of the pictures of others that the owner's threshold lets in; null where no threshold is known. */
  readonly far: { readonly float32: Rate; readonly int8: Rate } | null;
  /** Why float32 was chosen; empty for int8. */
  readonly reasons: readonly string[];
}

/**
 * Compares the scores of both models on the same validation pictures, row by row.
 *
 * @param operatingPoint null for a model that opens no door: agreement decides alone then
 */
export function judgeInt8(
  float32: readonly ArrayLike<number>[],
  int8: readonly ArrayLike<number>[],
  operatingPoint: OperatingPoint | null,
): GateVerdict {
  if (float32.length !== int8.length) throw new Error(`${float32.length} answers against ${int8.length}`);
  const same = float32.filter((scores, i) => indexOfMax(scores) === indexOfMax(int8[i]!)).length;
  const agreement = rateOf(same, float32.length);
  const far = operatingPoint && {
    float32: falseAcceptances(float32, operatingPoint),
    int8: falseAcceptances(int8, operatingPoint),
  };
  const reasons: string[] = [];
  if (float32.length === 0) reasons.push("there is no validation picture");
  else if (agreement.value < agreementMin) {
    reasons.push(`int8 agrees with float32 on ${same} of ${agreement.n} pictures, and 99 % are needed`);
  }
  if (far !== null && far.int8.value > far.float32.value * farGrowthMax) {
    reasons.push(`int8 lets in ${percent(far.int8)} of others' pictures, float32 ${percent(far.float32)}`);
  }
  return { chosen: reasons.length === 0 ? "int8" : "float32", agreement, far, reasons };
}

function falseAcceptances(scores: readonly ArrayLike<number>[], { truths, owner, scoreMin }: OperatingPoint): Rate {
  const others = scores.filter((_, i) => truths[i] !== owner);
  return rateOf(others.filter((row) => row[owner]! >= scoreMin).length, others.length);
}

function percent({ value }: Rate): string {
  return `${(100 * value).toFixed(2)} %`;
}
