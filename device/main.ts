// The daemon's wiring and nothing else: configuration -> adapters -> pipeline -> API.
import { randomUUID } from "node:crypto";
import { type Logger, pino } from "pino";
import { TokenFolder } from "./access/token-folder.ts";
import { openCamera, openDelivery, openFeedback, openRelay, openSecondStep, openStore } from "./adapters.ts";
import { type Api, buildApi } from "./api/api.ts";
import { ApiEntrance, transportOf } from "./api-entrance.ts";
import type { Config } from "./config/config.ts";
import { awaitValidConfig } from "./config-fault.ts";
import { DaemonStatus } from "./daemon-status.ts";
import { endOnDefect } from "./end-on-defect.ts";
import type { NewEvent } from "./events/events.ts";
import { HealthJournal } from "./health-journal.ts";
import { version } from "./installation/installation.ts";
import { KeptRelay } from "./kept-relay.ts";
import { knownFaces, noteFace } from "./known-faces.ts";
import { listenPersistently } from "./listen-persistently.ts";
import { LiveView } from "./live-view.ts";
import { localNow } from "./local-now.ts";
import { logDestination } from "./log-destination.ts";
import { noteRelayLine } from "./note-relay-line.ts";
import { Pipeline } from "./pipeline.ts";
import { policyOf } from "./policy-of.ts";
import { SecondStepJournal } from "./second-step-journal.ts";
import { type Target, thisTarget } from "./slots/compatibility.ts";
import { type DaemonUpdates, openUpdates, type UpdatesOptions } from "./slots/open-updates.ts";
import { currentBundleFolder } from "./slots/slots.ts";
import { trustedKeysFolder } from "./slots/trusted-keys.ts";
import type { Store } from "./store/store.ts";
import { Sweeper } from "./sweeper.ts";
import { UpdateWatch } from "./update-watch.ts";
import { checkInChild } from "./vision/check-in-child.ts";
import { VisionProcess } from "./vision/vision-process.ts";
import { Watchdog } from "./watchdog/watchdog.ts";

/**
 * Runs the daemon until SIGTERM or SIGINT. A configuration that is not valid keeps the door locked and the API
 * answering with the cause, until the file is mended.
 */
export async function runDaemon(configPath: string): Promise<void> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  const watchdog = new Watchdog();
  const config = await awaitValidConfig(configPath, watchdog, stop.signal);
  if (config !== null && !stop.signal.aborted) await runDoor(config, watchdog, stop.signal);
}

async function runDoor(config: Config, watchdog: Watchdog, signal: AbortSignal): Promise<void> {
  // Before anything that may fail: a process that was killed in a pulse may have left the line active.
  await noteRelayLine(config.relay);
  const relay = new KeptRelay(openRelay(config.relay));
  await relay.keep();
  try {
    await watchDoor(config, relay, watchdog, signal);
  } finally {
    // Also where something failed before the loop: the guard, a process of its own, would keep this one alive.
    await relay.stop().catch(() => undefined);
  }
}

async function watchDoor(config: Config, relay: KeptRelay, watchdog: Watchdog, signal: AbortSignal): Promise<void> {
  const bootId = randomUUID();
  const store = openStore(config, bootId);
  const logger = pino({ level: config.log.level }, logDestination(store));
  endOnDefect(relay, logger);
  const parts = openParts(config, bootId, { relay, store, logger, target: await targetOf(config) });
  const live = new LiveView();
  const pipeline = openPipeline(config, parts, live, watchdog);
  new SecondStepJournal(parts.record, nowMs).follow(parts.secondStep, () => pipeline.confirm());
  const api = openApi(config, parts, live);
  const sweepers = [store, parts.feedback].map((swept) => new Sweeper(swept, logger));
  const entrance = new ApiEntrance(config.api, parts.access);
  const listening = listenPersistently(api, config.api, logger, signal, () => entrance.open(api));
  const { camera, vision, secondStep, journal, updateWatch } = parts;
  try {
    camera.start();
    // It decides which bundle the vision process finds.
    await updateWatch.start();
    vision.start();
    for (const sweeper of sweepers) sweeper.start();
    await secondStep.start();
    journal.noteRelay(relay.status());
    journal.note("daemon.started", `Facelatch ${version} started.`);
    await watchdog.ready();
    await pipeline.run(signal);
  } finally {
    // The door first; nothing that fails here keeps the rest from stopping.
    await relay.stop().catch((error: unknown) => logger.error({ err: error }, "the relay could not be released"));
    journal.note("daemon.stopped", "The daemon stopped.");
    for (const sweeper of sweepers) sweeper.stop();
    const ends = [
      camera.stop(),
      updateWatch.stop(),
      vision.stop(),
      secondStep.stop(),
      listening.then(() => api.close()),
    ];
    await Promise.allSettled([watchdog.stopping(), ...ends]);
    store.close();
  }
}

const nowMs = () => performance.now();

interface Ground {
  readonly relay: KeptRelay;
  readonly store: Store;
  readonly logger: Logger;
  readonly target: Target;
}

type Parts = ReturnType<typeof openParts>;

function openParts(config: Config, bootId: string, ground: Ground) {
  const { relay, store, logger } = ground;
  const record = (event: NewEvent): void => {
    // A full disk must not end the daemon: the store's own status tells of it.
    try {
      store.append(event);
    } catch (error) {
      logger.error({ err: error }, `${event.type} could not be stored`);
    }
  };
  const journal = new HealthJournal(record, nowMs);
  const feedback = openFeedback(config, bootId, record);
  const { step: secondStep, pinEntry } = openSecondStep(config);
  const camera = openCamera(config.camera);
  const vision = new VisionProcess({
    ...config.vision,
    delegate: "auto",
    bundleFolder: () => currentBundleFolder(config.stateDir),
    onState: (status) => {
      journal.noteVision(status);
      updateWatch.noteVision(status);
    },
  });
  const ownerLabel = config.owner.label;
  const updates = openDoorUpdates(config, ground.target, {
    trialProgress: () => updateWatch.progress(),
    onRefused: ({ code, message }) =>
      record({ type: "update.refused", monotonicMs: nowMs(), reason: code, message: message.slice(0, 500), data: {} }),
  });
  const updateWatch: UpdateWatch = new UpdateWatch({
    ...{ stateDir: config.stateDir, updates, limits: trialLimitsOf(config), ownerLabel, vision, nowMs },
    store: (event) => void store.append(event),
    onError: (error) => logger.error({ err: error }, "an update could not be looked after"),
  });
  const status = new DaemonStatus(bootId, { camera, vision, relay, secondStep, store, feedback, ownerLabel });
  const access = new TokenFolder(config.stateDir, (error) => logger.warn({ err: error }, "a token's use is not noted"));
  const delivery = openDelivery(config, updates, (error) =>
    logger.warn({ err: error }, "an uploaded bundle was refused"),
  );
  const parts = { record, journal, feedback, secondStep, pinEntry, camera, vision, status };
  return { ...ground, ...parts, access, delivery, updates, updateWatch };
}

async function targetOf({ updates }: Config): Promise<Target> {
  const target = await thisTarget();
  return updates.board === null ? target : { ...target, board: updates.board };
}

function trialLimitsOf({ updates }: Config): ConstructorParameters<typeof UpdateWatch>[0]["limits"] {
  const { trialFrames: framesNeeded, trialFaultsMax: faultsMax, trialMs, trialMaxMs, frameMaxMs } = updates;
  return { framesNeeded, trialMs, trialMaxMs, faultsMax, frameMaxMs };
}

/** @param daemon what the daemon adds; asked only after all of it was opened */
function openDoorUpdates(
  config: Config,
  target: Target,
  daemon: Pick<UpdatesOptions, "trialProgress" | "onRefused">,
): DaemonUpdates {
  const { stateDir, vision, updates } = config;
  const limits = { threads: vision.threads, startTimeoutMs: vision.startTimeoutMs, frameMaxMs: updates.frameMaxMs };
  return openUpdates({
    ...{ stateDir, target, ...daemon },
    ownerLabel: config.owner.label,
    trustedKeys: [trustedKeysFolder(stateDir), ...(updates.trustedKeysDir === null ? [] : [updates.trustedKeysDir])],
    trialStartsMax: updates.trialStartsMax,
    accept: (folder, manifest) => checkInChild(folder, manifest, limits),
  });
}

function openPipeline(config: Config, parts: Parts, live: LiveView, watchdog: Watchdog): Pipeline {
  const { camera, vision, relay, store, feedback, logger, status, journal, updateWatch } = parts;
  return new Pipeline({
    camera,
    vision,
    relay,
    store,
    ownerLabel: config.owner.label,
    policy: policyOf(config),
    gallery: (bundle) => knownFaces(bundle, feedback),
    clock: localNow,
    frameWaitMs: config.camera.stallTimeoutMs,
    auditRequired: config.audit.required,
    onError: (text) => logger.error(text),
    onLook: (look) => {
      live.publish(look);
      status.noteLook(look);
      journal.noteCamera(camera.status());
      journal.noteVision(vision.status());
      updateWatch.noteLook(look);
      noteFace(look, vision.status().bundle?.embeddingSpace ?? "", feedback);
      if (look.analysis !== null) journal.noteAnalysed(nowMs());
      relay.heartbeat();
      watchdog.turnCompleted();
    },
  });
}

function openApi(config: Config, parts: Parts, live: LiveView): Api {
  const { status, store, feedback, vision, pinEntry, access, delivery, logger } = parts;
  return buildApi({
    status: () => status.report(),
    store,
    feedback,
    live: () => live.view(vision.status().bundle?.labels ?? []),
    onLive: (listener) => live.onLook(listener),
    enterPin: pinEntry === null ? null : (pin) => pinEntry.enter(pin),
    access,
    openOnLoopback: config.api.openOnLoopback,
    transport: transportOf(config.api),
    delivery,
    logger,
    allowedHosts: config.api.allowedHosts,
    version,
  });
}
