// A relay whose pulses the kernel ends, under its guard: gives one pulse, and says the guard's process when that has begun.
import { GuardedRelay } from "../../../device/relay/guarded-relay.ts";
import { guardTimings } from "./small-guard.ts";

const limits = { pulseMs: Number(process.argv[2]), pulseMaxMs: 10_000, gapMinMs: 0 };
const relay = new GuardedRelay({ kind: "kernel-pulse", led: "facelatch", limits, ...guardTimings });

process.once("SIGTERM", () => {
  void relay.stop().finally(() => process.exit());
});
await relay.start();
setInterval(() => relay.heartbeat(), 100);
await relay.pulse(() => process.stdout.write(`${relay.status().guard?.pid}\n`));
