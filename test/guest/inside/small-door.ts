// A daemon in small for a board that emulates too slowly for the models: the configured relay under its guard, told of each frame
// that a second process says it has judged, and one pulse after another.
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { GuardedRelay } from "../../../device/relay/guarded-relay.ts";
import { noteLine } from "../../../device/relay/line-note.ts";
import { Watchdog } from "../../../device/watchdog/watchdog.ts";
import { guardTimings } from "./small-guard.ts";

/** As the configuration has them; to read it would take most of the small door's start. */
const line = { kind: "gpio-cdev", chipLabel: "pinctrl-bcm2835", line: 17, activeLow: false } as const;
const limits = { pulseMs: 8_000, pulseMaxMs: 10_000, gapMinMs: 0 };
const relay = new GuardedRelay({ ...line, limits, ...guardTimings });
const watchdog = new Watchdog();
/** One with models is not back sooner. */
const visionRestartMs = 1_000;
let vision: ChildProcess | null = null;

function judge(): void {
  relay.heartbeat();
  watchdog.turnCompleted();
  if (!relay.status().active) relay.pulse().catch(() => undefined);
}

function startVision(): void {
  vision = fork(join(import.meta.dirname, "small-vision-worker.js"));
  vision.on("message", judge);
  vision.once("exit", () => setTimeout(startVision, visionRestartMs));
}

await noteLine(process.env["RUNTIME_DIRECTORY"]!, line);
await relay.start();
await watchdog.ready();
startVision();
process.once("SIGTERM", () => {
  vision?.removeAllListeners("exit").kill("SIGKILL");
  void relay.stop().finally(() => process.exit());
});
