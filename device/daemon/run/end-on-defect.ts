// The last resort: after a defect nothing of this process is to be trusted, so the relay is released and it ends.
import type { Logger } from "pino";
import { errorCodes } from "../../errors/errors.ts";
import type { Relay } from "../../relay/relay.ts";

const releaseTimeoutMs = 1_000;

/** Ends the process with exit code 70 after anything that nobody caught. */
export function endOnDefect(relay: Relay, logger: Logger): void {
  const end = (error: unknown) => {
    logger.fatal({ err: error }, "a defect ended the daemon");
    const exit = () => process.exit(errorCodes.INTERNAL.exitCode);
    setTimeout(exit, releaseTimeoutMs);
    relay.stop().then(exit, exit);
  };
  process.once("uncaughtException", end);
  process.once("unhandledRejection", end);
}
