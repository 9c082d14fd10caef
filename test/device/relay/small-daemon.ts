// A daemon in small, to be killed, stopped and blocked: a guarded relay that is told of progress 20 times a second.
import { GuardedRelay, type GuardedRelayOptions } from "../../../device/relay/guarded-relay.ts";

export type SmallDaemonOrder = { readonly type: "pulse" } | { readonly type: "block"; readonly durationMs: number };

const turnMs = 50;
const relay = new GuardedRelay(JSON.parse(process.argv[2]!) as GuardedRelayOptions);
await relay.start();
setInterval(() => {
  relay.heartbeat();
  process.send?.(relay.status());
}, turnMs);

process.on("message", (order: SmallDaemonOrder) => {
  if (order.type === "pulse") {
    relay.pulse().catch(() => undefined);
    return;
  }
  const endMs = performance.now() + order.durationMs;
  while (performance.now() < endMs);
});
process.on("disconnect", () => process.exit());
