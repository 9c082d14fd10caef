// Drives the configured relay inactive while no daemon runs; apart from the other adapters, as the line waits for what is loaded.
import type { Config } from "../config/config.ts";
import { relayLineOf } from "../relay/output-line.ts";
import type { RelayLimits } from "../relay/relay.ts";
import { relayOff } from "../relay/relay-off.ts";

/**
 * Says in words what was done.
 *
 * @throws FacelatchError RELAY_UNAVAILABLE
 */
export async function turnRelayOff(relay: Config["relay"]): Promise<string> {
  if (relay.kind === "recorded") return "The configured relay is recorded: there is no line to drive.";
  await relayOff({ ...relayLineOf(relay), limits: limitsOf(relay) });
  return relay.kind === "kernel-pulse"
    ? `The LED ${relay.led} is off.`
    : `Line ${relay.line} of ${relay.chipLabel} is inactive.`;
}

export function limitsOf({ pulseMs, pulseMaxMs, gapMinMs }: Config["relay"]): RelayLimits {
  return { pulseMs, pulseMaxMs, gapMinMs };
}
