// The one error of a pulse that a relay may not give: too long, too early, or beside another.
import { FacelatchError } from "../errors/errors.ts";
import type { RelayLimits } from "./relay.ts";

/** RELAY_REFUSED; `found` is what was beyond the limits. */
export function pulseRefused({ pulseMaxMs, gapMinMs }: RelayLimits, found: string): FacelatchError {
  return new FacelatchError("RELAY_REFUSED", {
    expected: `one pulse of at most ${pulseMaxMs} ms, ${gapMinMs} ms after the last`,
    found,
    next: "Try again when the pulse and the pause after it are over.",
  });
}
