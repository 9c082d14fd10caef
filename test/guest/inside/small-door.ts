// A daemon in small for a board that emulates too slowly for the models: the configured relay under its guard, told of each frame
// that a second process says it has judged, and one pulse after another.
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { loadConfig } from "../../../device/config/config.ts";
import { GuardedRelay } from "../../../device/relay/guarded-relay.ts";
import { limitsOf } from "../../../device/turn-relay-off.ts";
import { Watchdog } from "../../../device/watchdog/watchdog.ts";

const { relay: settings } = loadConfig(process.argv[2]!);
if (settings.kind === "recorded") throw new Error("the small door needs a line");
const { kind, chipLabel, line, activeLow, guard } = settings;
const relay = new GuardedRelay({ kind, chipLabel, line, activeLow, limits: limitsOf(settings), ...guard });
const watchdog = new Watchdog();
let vision: ChildProcess | null = null;

function judge(): void {
  relay.heartbeat();
  watchdog.turnCompleted();
  if (!relay.status().active) relay.pulse().catch(() => undefined);
}

function startVision(): void {
  vision = fork(join(import.meta.dirname, "small-vision-worker.js"));
  vision.on("message", judge);
  vision.once("exit", () => setTimeout(startVision, 200));
}

await relay.start();
await watchdog.ready();
startVision();
process.once("SIGTERM", () => {
  vision?.removeAllListeners("exit").kill("SIGKILL");
  void relay.stop().finally(() => process.exit());
});
