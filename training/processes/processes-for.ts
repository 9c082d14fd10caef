// How many processes of a kind this machine has cores and memory for.
import { availableParallelism, totalmem } from "node:os";

const processesMax = 16;

/**
 * One for each core, as long as a quarter of the memory holds them.
 *
 * @param processBytes of one process at its peak
 */
export function processesFor(processBytes: number): number {
  return Math.max(1, Math.min(processesMax, availableParallelism(), Math.floor(totalmem() / 4 / processBytes)));
}
