// The parts of the daemon, opened and joined, before any of them runs.
import type { Logger } from "pino";
import { PairingFiles } from "../../access/pairing-files.ts";
import { TokenFolder } from "../../access/token-folder.ts";
import {
  openBoard,
  openCamera,
  openDoorIo,
  openDoorSignals,
  openPairingButton,
  openSecondStep,
} from "../../adapters/at-the-door.ts";
import { openDelivery, openFeedback, openPasskeys, openSnapshots } from "../../adapters/kept.ts";
import { openHome, openWebhooks } from "../../adapters/told.ts";
import type { Config } from "../../config/config.ts";
import { ScheduleFile } from "../../door/schedule-file.ts";
import type { NewEvent, StoredEvent } from "../../events/events.ts";
import { LogLevelSwitch } from "../../log/log-level-switch.ts";
import type { Pipeline } from "../../pipeline.ts";
import type { Target } from "../../slots/compatibility.ts";
import { currentBundleFolder } from "../../slots/slots.ts";
import type { Store } from "../../store/store.ts";
import { VisionProcess } from "../../vision/vision-process.ts";
import type { DoorHandle } from "../door/door-handle.ts";
import { DoorSide } from "../door/door-side.ts";
import type { KeptRelay } from "../door/kept-relay.ts";
import { KeptSchedule } from "../door/kept-schedule.ts";
import { localNow } from "../door/local-now.ts";
import { PeopleAtDoor } from "../people/people-at-door.ts";
import { HealthJournal } from "../record/health-journal.ts";
import { openDoorUpdates } from "../updates/door-updates.ts";
import { UpdateWatch } from "../updates/update-watch.ts";
import { DaemonStatus } from "../view/daemon-status.ts";
import { homeCommands } from "../view/home-commands.ts";
import { HomeView } from "../view/home-view.ts";

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
  const { relay, store, logger, door, pipeline } = ground;
  /** A full disk must not end the daemon: the store's own status tells of it. */
  const note = (event: NewEvent): void => {
    try {
      store.append(event);
    } catch (error) {
      logger.error({ err: error }, `${event.type} could not be stored`);
    }
  };
  const recording = { note, record: (event: NewEvent) => void store.append(event) };
  const journal = new HealthJournal(note, nowMs);
  const feedback = openFeedback(config, bootId, note);
  const { step: secondStep, pinEntry } = openSecondStep(config);
  const camera = openCamera(config.camera);
  const board = openBoard(config, (status) => journal.noteBoard(status));
  const recognition = openRecognition(config, ground, recording, journal);
  const { vision, delivery } = recognition;
  const told = openTold(config, ground, recording, () => new HomeView({ report: () => status.report(), delivery }));
  const setEnrolling = (on: boolean) => pipeline().setEnrolling(on);
  const atDoor = new PeopleAtDoor(config, { vision, feedback, ...recording, setEnrolling });
  const schedule = new KeptSchedule({
    ...{ configured: config.decision.schedule, file: new ScheduleFile(config.stateDir), store },
    ...{ clock: localNow, wallClock: () => new Date(), onError: (text) => logger.error(text) },
  });
  const logLevel = new LogLevelSwitch({
    ...{ configured: config.log.level, logger, note, nowMs, wallClock: () => new Date() },
  });
  const { people, enrolment } = atDoor;
  const entrances = openEntrances(config, ground, recording);
  const status = new DaemonStatus(bootId, {
    ...{ board, camera, vision, relay, secondStep, store, feedback, people, enrolment, ...told },
    ...{ ownerLabel: config.owner.label, schedule, logLevel, pairingButton: entrances.pairingButton },
    ...{ lockdown: () => door().lockdown(), faceUnlock: () => door().faceUnlock() },
  });
  return {
    ...ground,
    ...{ note, journal, feedback, atDoor, secondStep, pinEntry, board, camera, status, schedule, logLevel },
    ...{ ...recognition, ...told, ...entrances },
  };
}

interface Recording {
  /** Stores an event, or throws. */
  readonly record: (event: NewEvent) => void;
  /** Stores an event; never throws. */
  readonly note: (event: NewEvent) => void;
}

/** The models' process, and the bundles that it is given. */
function openRecognition(
  config: Config,
  { target, logger }: Ground,
  { record, note }: Recording,
  journal: HealthJournal,
) {
  const vision = new VisionProcess({
    ...config.vision,
    delegate: "auto",
    bundleFolder: () => currentBundleFolder(config.stateDir),
    onState: (status) => {
      journal.noteVision(status);
      updateWatch.noteVision(status);
    },
  });
  const updates = openDoorUpdates(config, target, {
    trialProgress: () => updateWatch.progress(),
    onRefused: ({ code, message }) =>
      note({ type: "update.refused", monotonicMs: nowMs(), reason: code, message: message.slice(0, 500), data: {} }),
  });
  const updateWatch: UpdateWatch = new UpdateWatch({
    ...{ stateDir: config.stateDir, updates, limits: trialLimitsOf(config), ownerLabel: config.owner.label, vision },
    ...{ nowMs, store: record },
    onError: (error) => logger.error({ err: error }, "an update could not be looked after"),
  });
  const delivery = openDelivery(config, updates, (error) =>
    logger.warn({ err: error }, "an uploaded bundle was refused"),
  );
  return { vision, updates, updateWatch, delivery };
}

/** Who is told of what happens: pictures, the lines at the door, the house, and other programs. */
function openTold(config: Config, ground: Ground, { record, note }: Recording, openView: () => HomeView) {
  const { store, relay, logger, door, pipeline } = ground;
  const snapshots = openSnapshots(config, store, record, (fault) =>
    logger.warn({ err: fault }, "a picture of an event could not be kept"),
  );
  const doorSide = new DoorSide({
    ...{ openIo: (listeners) => openDoorIo(config, listeners), signals: openDoorSignals(config), record: note },
    relock: config.door.relockOnOpen ? () => relay.relock() : null,
    onTamper: (tamper) => pipeline().setTamper(tamper),
  });
  relay.onPulse((active) => doorSide.notePulse(active));
  const view = openView();
  const picture = (event: StoredEvent) => (config.mqtt.image ? snapshots.latest(event) : null);
  const commands = homeCommands(config.mqtt, door);
  const home = openHome(config, { state: () => view.state(), commands, picture }, (text) => logger.warn(text));
  const webhooks = openWebhooks(config);
  store.onEvent((event) => {
    // First: whoever is told of an event may ask for its picture.
    snapshots.noteEvent(event);
    doorSide.noteEvent(event);
    home.tell(event);
    webhooks.tell(event);
  });
  return { snapshots, doorSide, home, webhooks };
}

/** What lets people and programs into the API. */
function openEntrances(config: Config, { logger }: Ground, { record, note }: Recording) {
  const access = new TokenFolder(config.stateDir, {
    onFault: (error) => logger.warn({ err: error }, "a token's use is not noted"),
    sessionDays: config.api.sessionDays,
  });
  const pairingButton = openPairingButton(config, { onEvent: note, onWarning: (text) => logger.warn(text) });
  const pairing = new PairingFiles(config.stateDir);
  return { access, pairing, pairingButton, passkeys: openPasskeys(config, record, note) };
}

function trialLimitsOf({ updates }: Config): ConstructorParameters<typeof UpdateWatch>[0]["limits"] {
  const { trialFrames: framesNeeded, trialFaultsMax: faultsMax, trialMs, trialMaxMs, frameMaxMs } = updates;
  return { framesNeeded, trialMs, trialMaxMs, faultsMax, frameMaxMs };
}
