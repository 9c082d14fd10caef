// The daemon's wiring and nothing else: configuration -> adapters -> pipeline -> API.
import { randomUUID } from "node:crypto";
import { openRelay } from "./adapters/at-the-door.ts";
import { openStore } from "./adapters/kept.ts";
import { type Api, buildApi, secretBodies } from "./api/api.ts";
import { type Config, configSchema } from "./config/config.ts";
import { DoorHandle } from "./daemon/door/door-handle.ts";
import { sparingIntervalMs } from "./daemon/door/frame-pace.ts";
import { KeptRelay } from "./daemon/door/kept-relay.ts";
import { localNow } from "./daemon/door/local-now.ts";
import { noteFace } from "./daemon/people/known-faces.ts";
import { showPresence } from "./daemon/people/snapshot-look.ts";
import { LookLog } from "./daemon/record/look-log.ts";
import { SecondStepJournal } from "./daemon/record/second-step-journal.ts";
import { StrangerBell } from "./daemon/record/stranger-bell.ts";
import { describeEntrance, namesOf, openEntrance, transportOf } from "./daemon/run/api-entrance.ts";
import { awaitValidConfig } from "./daemon/run/config-fault.ts";
import { endOnDefect } from "./daemon/run/end-on-defect.ts";
import { beginFirstPairing } from "./daemon/run/first-pairing.ts";
import { listenPersistently } from "./daemon/run/listen-persistently.ts";
import { logDestination } from "./daemon/run/log-destination.ts";
import { noteRelayLine } from "./daemon/run/note-relay-line.ts";
import { openParts, type Parts } from "./daemon/run/parts.ts";
import { Sweeper } from "./daemon/run/sweeper.ts";
import { targetOf } from "./daemon/updates/door-updates.ts";
import { LiveView } from "./daemon/view/live-view.ts";
import { AnsweredRequests } from "./door/answered-requests.ts";
import { BanFile } from "./door/ban-file.ts";
import { version } from "./installation/installation.ts";
import { openLogger } from "./log/open-logger.ts";
import { Pipeline } from "./pipeline.ts";
import { policyOf } from "./policy-of.ts";
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

const nowMs = () => performance.now();

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
  const logger = openLogger({
    ...{ level: config.log.level, config: { schema: configSchema, value: config }, bodies: secretBodies },
    write: logDestination(store),
  });
  endOnDefect(relay, logger);
  const target = await targetOf(config);
  const parts = openParts(config, bootId, { relay, store, logger, target, door: () => door, pipeline: () => pipeline });
  const live = new LiveView();
  const pipeline: Pipeline = openPipeline(config, parts, live, watchdog);
  const door: DoorHandle = openDoor(config, parts, pipeline);
  await Promise.all([door.start(), parts.schedule.start()]);
  new SecondStepJournal(parts.note, nowMs).follow(parts.secondStep, () => pipeline.confirm());
  pipeline.setTamper(parts.doorSide.tamper());
  const api = openApi(config, parts, live, door);
  const sweepers = [store, parts.feedback, parts.snapshots, parts.atDoor.people].map(
    (swept) => new Sweeper(swept, logger),
  );
  const listening = listen(api, config, parts, signal);
  const { board, camera, vision, secondStep, doorSide, pairingButton, home, webhooks, journal, updateWatch } = parts;
  try {
    board.start();
    camera.start();
    // It decides which bundle the vision process finds.
    await updateWatch.start();
    vision.start();
    for (const sweeper of sweepers) sweeper.start();
    await secondStep.start();
    await doorSide.start();
    await pairingButton?.start();
    home.start();
    journal.noteRelay(relay.status());
    journal.note("daemon.started", `Facelatch ${version} started.`);
    await watchdog.ready();
    await pipeline.run(signal);
  } finally {
    // The door first; nothing that fails here keeps the rest from stopping.
    await relay.stop().catch((error: unknown) => logger.error({ err: error }, "the relay could not be released"));
    journal.note("daemon.stopped", "The daemon stopped.");
    for (const watch of [board, ...sweepers]) watch.stop();
    webhooks.stop();
    parts.logLevel.stop();
    pairingButton?.stop();
    const ends = [
      camera.stop(),
      updateWatch.stop(),
      vision.stop(),
      secondStep.stop(),
      doorSide.stop(),
      home.stop(),
      listening.then(() => api.close()),
    ];
    await Promise.allSettled([watchdog.stopping(), ...ends]);
    store.close();
  }
}

/** Resolves once the API listens, or when the signal aborts; then a door without any token can be paired. */
async function listen(api: Api, config: Config, parts: Parts, signal: AbortSignal): Promise<void> {
  const { access, pairing, logger } = parts;
  await listenPersistently(api, config.api, logger, signal, async () => {
    // A code of before is refused where it cannot be dropped: each try is written down before it is judged.
    await pairing.dropAtStart().catch((error: unknown) => logger.warn({ err: error }, "an old pairing is left"));
    await openEntrance(api, config);
  });
  if (signal.aborted) return;
  await beginFirstPairing({
    access,
    open: () => pairing.openAtStart(),
    address: () => describeEntrance(config),
    logger,
    show: (line) => process.stderr.write(`${line}\n`),
  });
}

function openPipeline(config: Config, parts: Parts, live: LiveView, watchdog: Watchdog): Pipeline {
  const { board, camera, vision, relay, store, feedback, snapshots, atDoor, logger } = parts;
  const { status, note, journal, updateWatch, schedule, doorSide } = parts;
  const policy = policyOf(config);
  const sparingMs = sparingIntervalMs(config);
  const bell = new StrangerBell(note, nowMs);
  const lookLog = new LookLog(logger);
  return new Pipeline({
    camera,
    vision,
    relay,
    store,
    ownerLabel: config.owner.label,
    policy: (bundle) => ({ ...policy(bundle), schedule: schedule.weekly }),
    gallery: (bundle) => atDoor.known.galleryOf(bundle),
    clock: localNow,
    frameWaitMs: config.camera.stallTimeoutMs,
    frameIntervalMs: () => (board.status().strains.length > 0 ? sparingMs : 0),
    auditRequired: config.audit.required,
    gapMinMs: config.relay.gapMinMs,
    onError: (text) => logger.error(text),
    onLook: (look) => {
      camera.noteView(look.analysis?.obstruction ?? null, look.decidedAtMs);
      live.publish(look);
      lookLog.note(look);
      doorSide.noteLook(look, relay.status());
      status.noteLook(look);
      journal.noteCamera(camera.status());
      journal.noteVision(vision.status());
      updateWatch.noteLook(look);
      showPresence(look, snapshots);
      bell.noteLook(look);
      atDoor.noteLook(look);
      noteFace(look, vision.status().bundle?.embeddingSpace ?? "", feedback);
      if (look.analysis !== null) journal.noteAnalysed(nowMs());
      if (look.sustainsPulse) relay.heartbeat();
      watchdog.turnCompleted();
    },
  });
}

function openDoor({ stateDir, relay }: Config, { store, logger }: Parts, pipeline: Pipeline): DoorHandle {
  return new DoorHandle({
    pipeline,
    store,
    answered: new AnsweredRequests({ lifeMs: 86_400_000, requestsMax: 1_500, nowMs }),
    lockdownFile: new BanFile(stateDir, "lockdown"),
    facesOffFile: new BanFile(stateDir, "faces"),
    pulseMs: relay.pulseMs,
    nowMs,
    wallClock: () => new Date(),
    onError: (text) => logger.error(text),
  });
}

function openApi(config: Config, parts: Parts, live: LiveView, door: DoorHandle): Api {
  const { status, store, feedback, snapshots, atDoor, vision, schedule, pinEntry, delivery, logger } = parts;
  const { access, pairing, pairingButton, passkeys, logLevel } = parts;
  const { people, enrolment, ownerName } = atDoor;
  return buildApi({
    status: () => status.report(),
    store,
    feedback,
    snapshots,
    live: () => live.view(vision.status().bundle?.labels ?? []),
    onLive: (listener) => live.onLook(listener),
    enterPin: pinEntry === null ? null : (pin) => pinEntry.enter(pin),
    door,
    schedule,
    logLevel,
    people: { people, enrolment, ownerName, inUse: (personId) => atDoor.inUse(personId) },
    access,
    pairing,
    buttonPairing: pairingButton,
    passkeys,
    unlockNeedsPasskey: config.api.unlockNeedsPasskey,
    openOnLoopback: config.api.openOnLoopback,
    transport: transportOf(config),
    delivery,
    logger,
    allowedHosts: namesOf(config),
    version,
  });
}
