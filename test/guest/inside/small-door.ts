// A daemon in small for a board that emulates too slowly for the models: the configured relay under its guard, told of progress
// 20 times a second, and one pulse after another.
import { openRelay } from "../../../device/adapters.ts";
import { loadConfig } from "../../../device/config/config.ts";
import { Watchdog } from "../../../device/watchdog/watchdog.ts";

const turnMs = 50;
const relay = openRelay(loadConfig(process.argv[2]!).relay);
const watchdog = new Watchdog();
await relay.start();
await watchdog.ready();
setInterval(() => {
  relay.heartbeat();
  watchdog.turnCompleted();
  if (!relay.status().active) relay.pulse().catch(() => undefined);
}, turnMs);
process.once("SIGTERM", () => void relay.stop().finally(() => process.exit()));
