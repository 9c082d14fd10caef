// The daemon's wiring and nothing else: configuration -> adapters -> pipeline -> API.
import { randomUUID } from "node:crypto";
import { type Logger, pino } from "pino";
import { openCamera, openRelay, openStore } from "./adapters.ts";
import { buildApi } from "./api/api.ts";
import { BundleWatch } from "./bundle-watch.ts";
import type { Config } from "./config/config.ts";
import { awaitValidConfig } from "./config-fault.ts";
import { DaemonStatus } from "./daemon-status.ts";
import { HealthJournal } from "./health-journal.ts";
import { version } from "./installation/installation.ts";
import { LiveView } from "./live-view.ts";
import { localNow } from "./local-now.ts";
import { logDestination } from "./log-destination.ts";
import { Pipeline } from "./pipeline.ts";
import { policyOf } from "./policy-of.ts";
import { currentBundleFolder } from "./slots/slots.ts";
import type { Store } from "./store/store.ts";
import { VisionProcess } from "./vision/vision-process.ts";
import { Watchdog } from "./watchdog/watchdog.ts";

/**
 * Runs the daemon until SIGTERM or SIGINT. A configuration that is not valid keeps the door locked and the API
 * answering with the cause, until the file is mended.
 */
export async function runDaemon(configPath: string): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  const config = await awaitValidConfig(configPath, stop.signal);
  if (config !== null && !stop.signal.aborted) await runDoor(config, stop.signal);
}

const sweepMs = 1_000;

/** A full disk shows in the store's status; the next sweep may succeed. */
function sweep(store: Store, logger: Logger): void {
  try {
    store.sweep();
  } catch (error) {
    logger.warn({ err: error }, "old rows could not be deleted");
  }
}

async function runDoor(config: Config, signal: AbortSignal): Promise<void> {
  const bootId = randomUUID();
  const store = openStore(config, bootId);
  const logger = pino({ level: config.log.level }, logDestination(store));
  const journal = new HealthJournal(
    (event) => {
      // A full disk must not end the daemon: the store's own status tells of it.
      try {
        store.append(event);
      } catch (error) {
        logger.error({ err: error }, `${event.type} could not be stored`);
      }
    },
    () => performance.now(),
  );
  const camera = openCamera(config.camera);
  const relay = openRelay(config.relay);
  const vision = new VisionProcess({
    ...config.vision,
    delegate: "auto",
    bundleFolder: () => currentBundleFolder(config.stateDir),
    onState: (status) => journal.noteVision(status),
  });
  const status = new DaemonStatus(bootId, { camera, vision, relay, store, ownerLabel: config.owner.label });
  const live = new LiveView();
  const watchdog = new Watchdog();
  const pipeline = new Pipeline({
    camera,
    vision,
    relay,
    store,
    ownerLabel: config.owner.label,
    policy: policyOf(config.decision),
    clock: localNow,
    frameWaitMs: config.camera.stallTimeoutMs,
    auditRequired: config.audit.required,
    onLook: (look) => {
      live.publish(look);
      status.noteLook(look);
      journal.noteCamera(camera.status());
      journal.noteVision(vision.status());
      if (look.analysis !== null) {
        journal.noteAnalysed(performance.now());
        watchdog.frameProcessed();
      }
    },
  });
  const api = buildApi({
    status: () => status.report(),
    store,
    live: () => live.view(vision.status().bundle?.labels ?? []),
    onLive: (listener) => live.onLook(listener),
    logger,
    allowedHosts: config.api.allowedHosts,
    version,
  });
  const bundles = new BundleWatch(config.stateDir, (sha256) => {
    // A vision process that was started again may have found the new bundle first.
    if (vision.status().bundle?.sha256 !== sha256) vision.reload();
  });
  const sweeper = setInterval(() => sweep(store, logger), sweepMs);

  await api.listen({ host: config.api.host, port: config.api.port });
  await relay.start().catch((error: unknown) => logger.error({ err: error }, "the relay cannot be driven"));
  camera.start();
  vision.start();
  await bundles.start();
  journal.note("daemon.started", `Facelatch ${version} started.`);
  await watchdog.ready();
  try {
    await pipeline.run(signal);
  } finally {
    clearInterval(sweeper);
    bundles.stop();
    journal.note("daemon.stopped", "The daemon stopped.");
    await watchdog.stopping();
    await relay.stop();
    await Promise.all([camera.stop(), vision.stop(), api.close()]);
    store.close();
  }
}
