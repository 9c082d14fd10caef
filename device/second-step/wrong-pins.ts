// How long the keypad waits after wrong PINs: pure.

/** So many wrong PINs in a row are free of a wait. */
const wrongPinsFree = 4;
const firstWaitMs = 30_000;
const waitMaxMs = 900_000;
/** Doubling stops here, far beyond `waitMaxMs`, so that the numbers stay exact. */
const doublingsMax = 30;

/**
 * The wait after so many wrong PINs in a row: 30 s after the fifth, and twice as long after each further one, up to 15
 * minutes. Only the right PIN ends the row.
 */
export function waitAfterMs(wrongInRow: number): number {
  if (wrongInRow <= wrongPinsFree) return 0;
  return Math.min(waitMaxMs, firstWaitMs * 2 ** Math.min(wrongInRow - wrongPinsFree - 1, doublingsMax));
}
