// A configuration that is not valid: the door stays locked, and the API answers with the cause until the file is mended.
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { noAccess } from "../../access/no-access.ts";
import { buildApi, type StatusReport, secretBodies } from "../../api/api.ts";
import { type Config, faultApiSettings, loadConfig } from "../../config/config.ts";
import { nothingWired } from "../../door-io/door-io.ts";
import { FacelatchError, messageOf } from "../../errors/errors.ts";
import { AbsentFeedback } from "../../feedback/absent-feedback.ts";
import { NoHome } from "../../home/home.ts";
import { version } from "../../installation/installation.ts";
import { openLogger } from "../../log/open-logger.ts";
import { RecoveringStore } from "../../store/recovering-store.ts";
import type { Watchdog } from "../../watchdog/watchdog.ts";
import { listenPersistently } from "./listen-persistently.ts";
import { logDestination } from "./log-destination.ts";

const pollMs = 500;
const listenGraceMs = 500;

/** The configuration, as soon as the file holds a valid one; null when the signal aborts first. */
export async function awaitValidConfig(path: string, watchdog: Watchdog, signal: AbortSignal): Promise<Config | null> {
  // Taken before the file is read, so that a change in between is not missed.
  const mark = changeMark(path);
  try {
    return loadConfig(path);
  } catch (error) {
    if (!(error instanceof FacelatchError)) throw error;
    return awaitMended(path, error, mark, watchdog, signal);
  }
}

async function awaitMended(
  path: string,
  first: FacelatchError,
  firstMark: string,
  watchdog: Watchdog,
  signal: AbortSignal,
): Promise<Config | null> {
  const logger = openLogger({
    ...{ level: "info", config: null, bodies: secretBodies },
    write: logDestination(null),
  });
  let fault = first;
  logger.error(`${fault.message} The door stays locked until the file is mended.`);
  const settings = faultApiSettings(path);
  const api = openFaultApi(() => fault, logger, settings.openOnLoopback);
  const listening = listenPersistently(api, settings, logger, signal);
  await watchdog.ready();
  try {
    let seen = firstMark;
    while (!signal.aborted) {
      watchdog.turnCompleted();
      await delay(pollMs, undefined, { signal }).catch(() => undefined);
      if (changeMark(path) === seen) continue;
      seen = changeMark(path);
      try {
        return loadConfig(path);
      } catch (error) {
        if (!(error instanceof FacelatchError)) throw error;
        fault = error;
        logger.error(fault.message);
      }
    }
    return null;
  } finally {
    await Promise.race([listening, delay(listenGraceMs)]);
    await api.close();
  }
}

/** Differs when the file was written again, appeared or vanished. */
function changeMark(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return `unreadable: ${messageOf(error)}`;
  }
}

function openFaultApi(
  fault: () => FacelatchError,
  logger: Logger,
  openOnLoopback: boolean,
): ReturnType<typeof buildApi> {
  const bootId = randomUUID();
  const store = new RecoveringStore({
    open: () => {
      throw new FacelatchError("STORE_UNAVAILABLE", {
        expected: "a valid configuration, which names the store's folder",
        found: "none",
        next: "Mend the configuration.",
      });
    },
    retryMs: Number.POSITIVE_INFINITY,
    nowMs: () => performance.now(),
  });
  const feedback = new AbsentFeedback(bootId);
  return buildApi({
    status: () => faultReport(fault(), bootId, { store: store.status(), feedback: feedback.status() }),
    store,
    feedback,
    live: () => null,
    onLive: () => () => undefined,
    enterPin: null,
    people: null,
    snapshots: null,
    passkeys: null,
    unlockNeedsPasskey: true,
    access: noAccess,
    door: null,
    schedule: null,
    logLevel: null,
    pairing: null,
    buttonPairing: null,
    openOnLoopback,
    transport: "http",
    delivery: null,
    logger,
    allowedHosts: [],
    version,
  });
}

function faultReport(
  { code, message }: FacelatchError,
  bootId: string,
  parts: Pick<StatusReport, "store" | "feedback">,
): StatusReport {
  const idle = { framesTotal: 0, framesDropped: 0, bytesDiscarded: 0, restarts: 0, fault: null };
  return {
    state: "degraded",
    locked: true,
    causes: [{ code, message }],
    version,
    bootId,
    uptimeMs: performance.now(),
    ownerLabel: null,
    bundle: null,
    board: { temperatureC: null, memoryAvailableBytes: null, strains: [] },
    camera: { state: "stopped", source: "none", ...idle },
    vision: {
      state: "stopped",
      engine: null,
      warning: null,
      restarts: 0,
      framesAnalysed: 0,
      framesStill: 0,
      fault: null,
      pid: null,
      rssBytes: null,
    },
    relay: { adapter: "none", active: false, pulses: 0, guard: null, fault: null },
    secondStep: { adapter: "none", confirmations: 0, fault: null },
    door: { ...nothingWired, faults: [] },
    pairingButton: null,
    ...parts,
    snapshots: { state: "off", kept: 0, bytes: 0, dropped: 0, fault: null },
    people: { state: "open", household: 0, templates: 0, templatesOfOtherSpaces: 0, fault: null },
    enrolment: null,
    home: new NoHome().status(),
    webhooks: [],
    lockdown: null,
    faceUnlock: { on: true, off: null },
    schedule: { source: "config", allowsNow: false, fault: null },
    log: { level: "info", configured: "info", until: null },
    decision: null,
    counters: { framesAnalysed: 0, unlocks: 0, refusals: 0 },
    loopLagMs: { p50: 0, p99: 0 },
  };
}
