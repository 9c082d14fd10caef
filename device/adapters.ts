// From the configuration to the adapters: the one place that knows them all.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Board, BoardStatus } from "./board/board.ts";
import { BoardWatch } from "./board/board-watch.ts";
import type { Camera } from "./camera/camera.ts";
import { libcameraCommands, rtspCommand, v4l2Command, videoFileCommand } from "./camera/camera-commands.ts";
import { ReplayCamera } from "./camera/replay-camera.ts";
import { StreamCamera } from "./camera/stream-camera.ts";
import { videoIdentityOf } from "./camera/video-identity.ts";
import { WatchedCamera } from "./camera/watched-camera.ts";
import { SettledClock } from "./clock/settled-clock.ts";
import type { Config } from "./config/config.ts";
import { BundleDelivery } from "./delivery/bundle-delivery.ts";
import type { Delivery } from "./delivery/delivery.ts";
import type { DoorIo, DoorIoListeners, DoorSignals } from "./door-io/door-io.ts";
import { GpioDoorIo } from "./door-io/gpio-door-io.ts";
import { GpioSignals } from "./door-io/gpio-signals.ts";
import type { Enrolment } from "./enrolment/enrolment.ts";
import { GuidedEnrolment, type GuidedEnrolmentOptions } from "./enrolment/guided-enrolment.ts";
import type { NewEvent } from "./events/events.ts";
import type { Feedback } from "./feedback/feedback.ts";
import { StoredFeedback } from "./feedback/stored-feedback.ts";
import { type Home, NoHome } from "./home/home.ts";
import { MqttHome, type MqttHomeOptions } from "./home/mqtt-home.ts";
import { version } from "./installation/installation.ts";
import type { Passkeys } from "./passkeys/passkeys.ts";
import { StoredPasskeys } from "./passkeys/stored-passkeys.ts";
import type { People } from "./people/people.ts";
import { StoredPeople } from "./people/stored-people.ts";
import { GuardedRelay } from "./relay/guarded-relay.ts";
import { relayLineOf } from "./relay/output-line.ts";
import { RecordedRelay } from "./relay/recorded-relay.ts";
import type { Relay } from "./relay/relay.ts";
import { GpioButton } from "./second-step/gpio-button.ts";
import { NoSecondStep } from "./second-step/no-second-step.ts";
import { PinStep } from "./second-step/pin-step.ts";
import type { PinEntry, SecondStep } from "./second-step/second-step.ts";
import type { Updates } from "./slots/updates.ts";
import type { Snapshots } from "./snapshots/snapshots.ts";
import { StoredSnapshots } from "./snapshots/stored-snapshots.ts";
import { RecoveringStore } from "./store/recovering-store.ts";
import { Reserve } from "./store/reserve.ts";
import { ReservingStore } from "./store/reserving-store.ts";
import { openSqliteStore } from "./store/sqlite-store.ts";
import { reserveFileName, type Store, storeFileName } from "./store/store.ts";
import { limitsOf } from "./turn-relay-off.ts";
import { Receiver, receiverLimits } from "./webhooks/receiver.ts";
import { SignedWebhooks } from "./webhooks/signed-webhooks.ts";
import type { Webhooks } from "./webhooks/webhooks.ts";

const storeRetryMs = 5_000;

/** @param onChange told when the board comes under strain, and when that is over; must not throw */
export function openBoard({ board }: Config, onChange: (status: BoardStatus) => void): Board {
  return new BoardWatch({ ...board, onChange });
}

/** Throws CONFIG_INVALID where a source cannot be what it says. */
export function openCamera(camera: Config["camera"]): WatchedCamera {
  const { obstructedAfterMs } = camera;
  // Photos and recordings may be of any size.
  const isOneShape = camera.kind !== "replay";
  const identity = camera.kind === "v4l2" ? { identity: () => videoIdentityOf(camera.device) } : {};
  return new WatchedCamera(openFrameSource(camera), { obstructedAfterMs, isOneShape, ...identity });
}

function openFrameSource(camera: Config["camera"]): Camera {
  const { frozenAfterFrames, stallTimeoutMs } = camera;
  const stream = (commands: ConstructorParameters<typeof StreamCamera>[0]["commands"]) =>
    new StreamCamera({ commands, frozenAfterFrames, stallTimeoutMs });
  switch (camera.kind) {
    case "replay":
      return new ReplayCamera(camera);
    case "rpicam":
      return stream(libcameraCommands(camera));
    case "v4l2":
      return stream([v4l2Command({ ...camera, ffmpegFile: camera.ffmpegPath })]);
    case "rtsp":
      return stream([rtspCommand({ ...camera, ffmpegFile: camera.ffmpegPath })]);
    case "video":
      return stream([videoFileCommand({ ...camera, realTime: true, ffmpegFile: camera.ffmpegPath })]);
  }
}

export function openRelay(relay: Config["relay"]): Relay {
  const limits = limitsOf(relay);
  if (relay.kind === "recorded") return new RecordedRelay({ limits });
  return new GuardedRelay({ ...relayLineOf(relay), limits, ...relay.guard });
}

export interface OpenedSecondStep {
  readonly step: SecondStep;
  /** The same where it is a PIN; null otherwise. */
  readonly pinEntry: PinEntry | null;
}

export function openSecondStep({ secondStep, stateDir }: Config): OpenedSecondStep {
  switch (secondStep.kind) {
    case "none":
      return { step: new NoSecondStep(), pinEntry: null };
    case "button": {
      const { debounceMs, heldMaxMs } = secondStep;
      return { step: new GpioButton({ ...secondStep, limits: { debounceMs, heldMaxMs } }), pinEntry: null };
    }
    case "pin": {
      const pinEntry = new PinStep({ stateDir });
      return { step: pinEntry, pinEntry };
    }
  }
}

export function openDoorIo({ door }: Config, listeners: DoorIoListeners): DoorIo {
  const { debounceMs, openGraceMs, heldOpenMaxMs, boltReturnMaxMs } = door;
  return new GpioDoorIo({
    lines: {
      contact: lineOrNull(door.contact),
      exitButton: lineOrNull(door.exitButton),
      tamper: lineOrNull(door.tamper),
      bolt: lineOrNull(door.bolt),
    },
    limits: { openGraceMs, heldOpenMaxMs, boltReturnMaxMs },
    debounceMs,
    ...listeners,
  });
}

export function openDoorSignals({ door: { led, buzzer } }: Config): DoorSignals {
  return new GpioSignals({ lines: { led: lineOrNull(led), buzzer: lineOrNull(buzzer) } });
}

function lineOrNull<L extends { readonly kind: "gpio" }>(line: L | { readonly kind: "none" }): L | null {
  return line.kind === "none" ? null : line;
}

/** A clock that jumps must delete nothing. */
function openRetentionClock(): () => Date {
  const settled = new SettledClock({ wallMs: () => Date.now(), nowMs: () => performance.now() });
  return () => settled.now();
}

export function openStore({ stateDir, store }: Config, bootId: string): Store {
  const retentionClock = openRetentionClock();
  const recovering = new RecoveringStore({
    retryMs: storeRetryMs,
    nowMs: () => performance.now(),
    open: () =>
      openSqliteStore({
        path: join(stateDir, storeFileName),
        bootId,
        retention: { ageMaxDays: store.retentionDays, eventsMax: store.eventsMax, logLinesMax: store.logLinesMax },
        wallClock: () => new Date(),
        retentionClock,
      }),
  });
  return new ReservingStore(recovering, new Reserve(join(stateDir, reserveFileName), store.reserveBytes));
}

/**
 * Where the house is told of the door.
 *
 * @param onRefused told of commands that counted for nothing
 */
export function openHome(
  { mqtt, api, door }: Config,
  parts: Pick<MqttHomeOptions, "state" | "commands" | "picture">,
  onRefused: (text: string) => void,
): Home {
  if (mqtt.url === null) return new NoHome();
  const { url, username, passwordFile, caFile, discoveryPrefix } = mqtt;
  return new MqttHome({
    ...{ url, username, discoveryPrefix, ...parts, onRefused },
    password: () => (passwordFile === null ? null : readFileSync(passwordFile, "utf8").replace(/\r?\n$/, "")),
    ca: () => (caFile === null ? null : readFileSync(caFile)),
    names: {
      ...{ deviceId: deviceId(), name: mqtt.name, version, baseTopic: mqtt.baseTopic },
      pageUrl: pageUrlOf(api),
      takesUnlock: parts.commands.unlock !== null,
      takesLockdown: parts.commands.setLockdown !== null,
      sendsImage: mqtt.image,
      ...{ hasContact: door.contact.kind !== "none", hasTamper: door.tamper.kind !== "none" },
    },
  });
}

export function openWebhooks({ webhooks }: Config): Webhooks {
  const receivers = webhooks.map(
    ({ url, secretFile, caFile, events }) =>
      new Receiver({
        url,
        secret: () => readFileSync(secretFile, "utf8"),
        ca: () => (caFile === null ? null : readFileSync(caFile)),
        events: new Set(events),
        wallClock: () => new Date(),
        limits: receiverLimits,
      }),
  );
  return new SignedWebhooks(receivers);
}

/** The same for as long as the system is not installed anew; it does not tell the machine's own id. */
function deviceId(): string {
  const id = existsSync("/etc/machine-id") ? readFileSync("/etc/machine-id", "utf8").trim() : hostname();
  return createHash("sha256").update(`facelatch ${id}`).digest("hex").slice(0, 12);
}

/** Null where only this machine reaches the page, or by a name that is not known here. */
function pageUrlOf({ allowedHosts: [name], port, tls }: Config["api"]): string | null {
  if (name === undefined || tls.kind === "none") return null;
  return tls.kind === "proxy" ? `https://${name}/` : `https://${name}:${port}/`;
}

/** Bundles that arrive over HTTP. */
export function openDelivery(
  { stateDir, updates: limits }: Config,
  updates: Updates,
  onRefused: (error: unknown) => void,
): Delivery {
  return new BundleDelivery({ stateDir, updates, limits, way: "http", onRefused });
}

/**
 * @param record stores an event, or throws
 * @param note stores one too, and must not throw
 */
export function openPeople(
  { stateDir, people: { householdMax, templatesPerPersonMax } }: Config,
  record: (event: NewEvent) => void,
  note: (event: NewEvent) => void,
): People {
  return new StoredPeople({
    ...{ stateDir, record, note },
    limits: { householdMax, templatesPerPersonMax },
    wallClock: () => new Date(),
    nowMs: () => performance.now(),
  });
}

/**
 * @param record stores an event, or throws
 * @param note stores one too, and must not throw
 */
export function openPasskeys(
  { stateDir }: Config,
  record: (event: NewEvent) => void,
  note: (event: NewEvent) => void,
): Passkeys {
  return new StoredPasskeys({
    ...{ stateDir, record, note },
    wallClock: () => new Date(),
    nowMs: () => performance.now(),
  });
}

/**
 * @param record stores an event, or throws
 * @param onFault must not throw
 */
export function openSnapshots(
  { stateDir, snapshots }: Config,
  store: Pick<Store, "status">,
  record: (event: NewEvent) => void,
  onFault: (fault: Error) => void,
): Snapshots {
  return new StoredSnapshots({
    ...{ stateDir, record, onFault },
    keepFor: snapshots.for,
    retentionMs: snapshots.retentionHours * 3_600_000,
    bytesMax: snapshots.bytesMax,
    retentionClock: openRetentionClock(),
    nowMs: () => performance.now(),
    isDiskLow: () => store.status().fault !== null,
  });
}

export function openEnrolment(
  { people }: Config,
  parts: Omit<GuidedEnrolmentOptions, "timeLimitMs" | "nowMs">,
): Enrolment {
  return new GuidedEnrolment({ ...parts, timeLimitMs: people.enrolmentMs, nowMs: () => performance.now() });
}

/** @param onEvent must not throw */
export function openFeedback(
  { stateDir, feedback }: Config,
  bootId: string,
  onEvent: (event: NewEvent) => void,
): Feedback {
  return new StoredFeedback({
    stateDir,
    bootId,
    recent: {
      presencesMax: feedback.recentPresencesMax,
      bytesMax: feedback.recentBytesMax,
      ageMaxMs: feedback.recentAgeMaxMs,
    },
    queue: { retentionDays: feedback.retentionDays, bytesMax: feedback.queueBytesMax },
    negativesMax: feedback.negativesMax,
    wallClock: () => new Date(),
    retentionClock: openRetentionClock(),
    nowMs: () => performance.now(),
    onEvent,
  });
}
