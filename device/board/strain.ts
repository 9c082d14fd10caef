// From readings to strains: pure, and with a band between beginning and end, so that a reading at its limit does not flicker.
import type { BoardLimits, BoardReading, Strain } from "./board.ts";

/** A strain from heat ends so far below its limit. */
const coolerC = 5;
/** A strain of memory ends with so many times its limit. */
const roomierRatio = 1.5;

/**
 * What strains the board after this reading. What cannot be read strains nobody: the frame rate is not what keeps the door
 * locked.
 *
 * @param before what strained it until now
 */
export function strainsOf(before: readonly Strain[], reading: BoardReading, limits: BoardLimits): Strain[] {
  const { temperatureC, memoryAvailableBytes } = reading;
  const { temperatureMaxC, memoryMinBytes } = limits;
  const strains: Strain[] = [];
  const hotFromC = before.includes("hot") ? temperatureMaxC - coolerC : temperatureMaxC;
  if (temperatureC !== null && temperatureC >= hotFromC) strains.push("hot");
  const lowBelow = before.includes("low_memory") ? memoryMinBytes * roomierRatio : memoryMinBytes;
  if (memoryAvailableBytes !== null && memoryAvailableBytes < lowBelow) strains.push("low_memory");
  return strains;
}
