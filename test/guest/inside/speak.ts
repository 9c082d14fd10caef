// What a program within a guest says to the test outside: one JSON object a line.
import { readFileSync } from "node:fs";

/** Each with the time since the guest's power-on. */
export function say(type: string, content: Readonly<Record<string, unknown>> = {}): void {
  const upS = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  process.stdout.write(`@@ ${JSON.stringify({ type, upS, ...content })}\n`);
}
