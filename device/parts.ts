// The parts of the daemon, opened and joined, before any of them runs.
import type { Logger } from "pino";
import { PairingFiles } from "./access/pairing-files.ts";
import { TokenFolder } from "./access/token-folder.ts";
import {
  openBoard,
  openCamera,
  openDelivery,
  openDoorIo,
  openDoorSignals,
  openFeedback,
  openHome,
  openPasskeys,
  openSecondStep,
  openSnapshots,
  openWebhooks,
} from "./adapters.ts";
import type { Config } from "./config/config.ts";
import { DaemonStatus } from "./daemon-status.ts";
import { ScheduleFile } from "./door/schedule-file.ts";
import type { DoorHandle } from "./door-handle.ts";
import { DoorSide } from "./door-side.ts";
import { openDoorUpdates } from "./door-updates.ts";
import type { NewEvent, StoredEvent } from "./events/events.ts";
import { HealthJournal } from "./health-journal.ts";
import { homeCommands } from "./home-commands.ts";
import { HomeView } from "./home-view.ts";
import type { KeptRelay } from "./kept-relay.ts";
import { KeptSchedule } from "./kept-schedule.ts";
import { localNow } from "./local-now.ts";
import { PeopleAtDoor } from "./people-at-door.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Target } from "./slots/compatibility.ts";
import { currentBundleFolder } from "./slots/slots.ts";
import type { Store } from "./store/store.ts";
import { UpdateWatch } from "./update-watch.ts";
import { VisionProcess } from "./vision/vision-process.ts";

const nowMs = () => performance.now();

/** What is there before all other parts, and what is asked only after they were opened. */
export interface Ground {
  readonly relay: KeptRelay;
  readonly store: Store;
  readonly logger: Logger;
  readonly target: Target;
  /** Both are asked only after all of it was opened. */
  readonly door: () => DoorHandle;
  readonly pipeline: () => Pipeline;
}

export type Parts = ReturnType<typeof openParts>;

/** Opens every part of the daemon; none of them runs yet. */
export function openParts(config: Config, bootId: string, ground: Ground) {
  const { relay, store, logger, door } = ground;
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
  const board = openBoard(config, (status) => journal.noteBoard(status));
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
  const commands = homeCommands(config.mqtt, door);
  const snapshots = openSnapshots(
    config,
    store,
    (event) => void store.append(event),
    (fault) => logger.warn({ err: fault }, "a picture of an event could not be kept"),
  );
  const picture = (event: StoredEvent) => (config.mqtt.image ? snapshots.latest(event) : null);
  const home = openHome(config, { state: () => homeView.state(), commands, picture }, (text) => logger.warn(text));
  const webhooks = openWebhooks(config);
  const doorSide = new DoorSide({
    ...{ openIo: (listeners) => openDoorIo(config, listeners), signals: openDoorSignals(config), record },
    relock: config.door.relockOnOpen ? () => relay.relock() : null,
    onTamper: (tamper) => ground.pipeline().setTamper(tamper),
  });
  relay.onPulse((active) => doorSide.notePulse(active));
  store.onEvent((event) => {
    // First: whoever is told of an event may ask for its picture.
    snapshots.noteEvent(event);
    doorSide.noteEvent(event);
    home.tell(event);
    webhooks.tell(event);
  });
  const atDoor = new PeopleAtDoor(config, {
    ...{ vision, feedback, note: record },
    record: (event) => void store.append(event),
    setEnrolling: (on) => ground.pipeline().setEnrolling(on),
  });
  const { people, enrolment } = atDoor;
  const told = { home, webhooks, doorSide };
  const watched = { board, camera, vision, relay, secondStep, store, feedback, snapshots, people, enrolment, ...told };
  const schedule = new KeptSchedule({
    configured: config.decision.schedule,
    file: new ScheduleFile(config.stateDir),
    store,
    clock: localNow,
    wallClock: () => new Date(),
    onError: (text) => logger.error(text),
  });
  const byHand = { schedule, lockdown: () => door().lockdown(), faceUnlock: () => door().faceUnlock() };
  const status = new DaemonStatus(bootId, { ...watched, ownerLabel, ...byHand });
  const access = new TokenFolder(config.stateDir, {
    onFault: (error) => logger.warn({ err: error }, "a token's use is not noted"),
    sessionDays: config.api.sessionDays,
  });
  const pairing = new PairingFiles(config.stateDir);
  const passkeys = openPasskeys(config, (event) => void store.append(event), record);
  const delivery = openDelivery(config, updates, (error) =>
    logger.warn({ err: error }, "an uploaded bundle was refused"),
  );
  const homeView = new HomeView({ report: () => status.report(), delivery });
  const parts = {
    record,
    journal,
    feedback,
    snapshots,
    atDoor,
    secondStep,
    pinEntry,
    doorSide,
    board,
    camera,
    vision,
    home,
    webhooks,
    status,
    schedule,
  };
  return { ...ground, ...parts, access, pairing, passkeys, delivery, updates, updateWatch };
}

function trialLimitsOf({ updates }: Config): ConstructorParameters<typeof UpdateWatch>[0]["limits"] {
  const { trialFrames: framesNeeded, trialFaultsMax: faultsMax, trialMs, trialMaxMs, frameMaxMs } = updates;
  return { framesNeeded, trialMs, trialMaxMs, faultsMax, frameMaxMs };
}
