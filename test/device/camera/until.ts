// Waits for a condition that other processes bring about: polls it, and fails at a deadline.
import { setTimeout as wait } from "node:timers/promises";

export async function until(condition: () => boolean, what: string, deadlineMs = 10_000): Promise<void> {
  const startMs = performance.now();
  while (!condition()) {
    if (performance.now() - startMs > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await wait(2);
  }
}
