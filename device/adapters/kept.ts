// From the configuration to the adapters of what is kept on disk: events, bundles, people, passkeys, pictures, feedback.
import { join } from "node:path";
import { SettledClock } from "../clock/settled-clock.ts";
import type { Config } from "../config/config.ts";
import { BundleDelivery } from "../delivery/bundle-delivery.ts";
import type { Delivery } from "../delivery/delivery.ts";
import type { Enrolment } from "../enrolment/enrolment.ts";
import { GuidedEnrolment, type GuidedEnrolmentOptions } from "../enrolment/guided-enrolment.ts";
import type { NewEvent } from "../events/events.ts";
import type { Feedback } from "../feedback/feedback.ts";
import { StoredFeedback } from "../feedback/stored-feedback.ts";
import type { Passkeys } from "../passkeys/passkeys.ts";
import { StoredPasskeys } from "../passkeys/stored-passkeys.ts";
import type { People } from "../people/people.ts";
import { StoredPeople } from "../people/stored-people.ts";
import type { Updates } from "../slots/updates.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";
import { StoredSnapshots } from "../snapshots/stored-snapshots.ts";
import { RecoveringStore } from "../store/recovering-store.ts";
import { Reserve } from "../store/reserve.ts";
import { ReservingStore } from "../store/reserving-store.ts";
import { openSqliteStore } from "../store/sqlite-store.ts";
import { reserveFileName, type Store, storeFileName } from "../store/store.ts";

const storeRetryMs = 5_000;

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
    widthPx: snapshots.widthPx,
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
