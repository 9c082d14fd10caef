// Drives the configured relay inactive while no daemon runs; apart from the other adapters, as the line waits for what is loaded.
import type { Config } from "./config/config.ts";
import type { RelayLimits } from "./relay/relay.ts";
import { relayOff } from "./relay/relay-off.ts";

/**
 * Says in words what was done.
 *
 * @throws FacelatchError RELAY_UNAVAILABLE
 */
export async function turnRelayOff(relay: Config["relay"]): Promise<string> {
  if (relay.kind === "recorded") return "The configured relay is recorded: there is no line to drive.";
  const { kind, chipLabel, line, activeLow } = relay;
  await relayOff({ kind, chipLabel, line, activeLow, limits: limitsOf(relay) });
  return `Line ${line} of ${chipLabel} is inactive.`;
}

export function limitsOf({ pulseMs, pulseMaxMs, gapMinMs }: Config["relay"]): RelayLimits {
  return { pulseMs, pulseMaxMs, gapMinMs };
}
