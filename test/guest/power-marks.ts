// What the power guest is given to do, and what it marks among the writes of its disk: the test outside reads both.
import type { Target } from "../../device/slots/compatibility.ts";

export interface PowerWork {
  readonly target: Target;
  /** The identities of bundle-1.tar and those after it. */
  readonly bundles: readonly string[];
  /** One is installed after so many steps. */
  readonly installEvery: number;
}

/** Acknowledged, or where it is not done yet: begun, so that either state may be found. */
export type PowerMark =
  | { readonly kind: "event"; readonly seq: number; readonly hash: string }
  | { readonly kind: "lockdown"; readonly on: boolean; readonly done: boolean }
  | { readonly kind: "token"; readonly text: string }
  | { readonly kind: "bundle"; readonly sha256: string; readonly done: boolean };
