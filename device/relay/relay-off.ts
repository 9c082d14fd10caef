// Drives a line inactive that no guard owns: what is left to do after a daemon and its guard were killed together.
import { setTimeout as wait } from "node:timers/promises";
import { FacelatchError } from "../errors/errors.ts";
import { claimLine } from "./line-claim.ts";
import { LineRelay, type LineRelayOptions } from "./line-relay.ts";
import type { RelayLine } from "./output-line.ts";

type LineToEnd = RelayLine & Pick<LineRelayOptions, "limits">;

const claimPollMs = 20;
/** A guard that was told to end, or killed, has done so by then. */
const claimTimeoutMs = 2_000;

/**
 * Resolves when the line was read back inactive and given free. Idempotent.
 *
 * @throws FacelatchError RELAY_UNAVAILABLE while a living guard owns the line, or when it cannot be driven
 */
export async function relayOff(options: LineToEnd): Promise<void> {
  const claim = await claimInTime(options);
  try {
    const relay = new LineRelay(options);
    await relay.start();
    await relay.stop();
  } finally {
    claim.close();
  }
}

async function claimInTime(options: LineToEnd): ReturnType<typeof claimLine> {
  const startedAtMs = performance.now();
  for (;;) {
    try {
      return await claimLine(options);
    } catch (error) {
      const isOver = performance.now() - startedAtMs >= claimTimeoutMs;
      if (!(error instanceof FacelatchError) || isOver) throw error;
    }
    await wait(claimPollMs);
  }
}
