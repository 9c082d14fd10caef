// The claim to a line: one living process has it, and the kernel takes it back when that ends, however it ends.
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import type { GpioRelayLine, KernelPulseLine } from "./output-line.ts";

export type ClaimedLine = Pick<GpioRelayLine, "chipLabel" | "line"> | KernelPulseLine;

/**
 * Claims the line for this process, until it ends or closes what is returned.
 *
 * A name in the abstract socket namespace (unix(7)) leaves nothing behind that a killed process would have to remove. It
 * holds within one network namespace.
 *
 * @throws FacelatchError RELAY_UNAVAILABLE while another process has the claim
 */
export async function claimLine(line: ClaimedLine): Promise<Server> {
  const [owner, number] = "led" in line ? ["leds", line.led] : [line.chipLabel, line.line];
  const server = createServer((connection) => connection.destroy());
  // The claim alone is no reason for the process to live on.
  server.unref();
  server.listen({ path: `\0facelatch-relay/${owner}/${number}` });
  try {
    await once(server, "listening");
  } catch (error) {
    throw new FacelatchError("RELAY_UNAVAILABLE", {
      expected: `line ${number} of ${owner} without an owner`,
      found: isTaken(error) ? "a living relay guard, or another process that claims it" : messageOf(error),
      next: isTaken(error) ? "Stop the daemon that runs already." : "Let the service open unix sockets (AF_UNIX).",
      cause: error,
    });
  }
  return server;
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
}
