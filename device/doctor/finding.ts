// What a check tells: how grave it is, what was found, and the way to mend it.
import type { Place } from "./place.ts";

/** "error": the door does not work, or not safely. "warning": it works, and something should be mended. */
export type Level = "ok" | "warning" | "error";

export interface Finding {
  readonly level: Level;
  /** What was found, in a sentence for people. */
  readonly found: string;
  /** The way to mend it; null where nothing is to be mended. */
  readonly next: string | null;
}

export type Check = (place: Place) => readonly Finding[] | Promise<readonly Finding[]>;

export const ok = (found: string): Finding => ({ level: "ok", found, next: null });
export const warning = (found: string, next: string): Finding => ({ level: "warning", found, next });
export const error = (found: string, next: string): Finding => ({ level: "error", found, next });

export function worst(findings: readonly Finding[]): Level {
  for (const level of ["error", "warning"] as const) {
    if (findings.some((finding) => finding.level === level)) return level;
  }
  return "ok";
}
