// A device for the API's tests: made-up status and frames, a real store, and a log that can be read.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import type { Access, ButtonPairing, Pairing } from "../../../device/access/access.ts";
import { noAccess } from "../../../device/access/no-access.ts";
import {
  type Api,
  type ApiDeps,
  type ApiLimits,
  buildApi,
  type LiveView,
  type StatusReport,
} from "../../../device/api/api.ts";
import type { Delivery } from "../../../device/delivery/delivery.ts";
import type { DoorControl, ScheduleControl } from "../../../device/door/door.ts";
import { nothingWired } from "../../../device/door-io/door-io.ts";
import type { NewEvent } from "../../../device/events/events.ts";
import type { Feedback } from "../../../device/feedback/feedback.ts";
import { openSqliteStore } from "../../../device/store/sqlite-store.ts";
import type { Store } from "../../../device/store/store.ts";
import { openFeedback } from "../feedback/open-feedback.ts";
import { openPasskeys } from "../passkeys/open-passkeys.ts";

export interface Ending {
  after: (end: () => unknown) => void;
}

export interface FakeDevice {
  readonly api: Api;
  readonly store: Store;
  readonly feedback: Feedback;
  /** What the daemon logged, one object a line. */
  readonly logged: Record<string, unknown>[];
  /** What `status()` does; replace it to report, or throw, something else. */
  status: () => StatusReport;
  live: LiveView | null;
  readonly liveListeners: Set<() => void>;
  /** Replaces the live view, and tells those who listen. */
  show: (view: LiveView) => void;
}

export interface FakeConditions {
  readonly allowedHosts?: readonly string[];
  readonly limits?: Partial<ApiLimits>;
  readonly store?: Store;
  readonly feedback?: Feedback;
  readonly enterPin?: ApiDeps["enterPin"];
  readonly access?: Access;
  readonly pairing?: Pairing;
  readonly buttonPairing?: ButtonPairing;
  readonly door?: DoorControl;
  readonly schedule?: ScheduleControl;
  readonly logger?: ApiDeps["logger"];
  readonly logLevel?: NonNullable<ApiDeps["logLevel"]>;
  readonly people?: NonNullable<ApiDeps["people"]>;
  readonly snapshots?: NonNullable<ApiDeps["snapshots"]>;
  readonly passkeys?: NonNullable<ApiDeps["passkeys"]>;
  readonly unlockNeedsPasskey?: boolean;
  readonly transport?: ApiDeps["transport"];
  readonly openOnLoopback?: boolean;
  readonly delivery?: Delivery;
  /** Monotonic, in ms. */
  readonly nowMs?: () => number;
}

export function statusReport(fields: Partial<StatusReport> = {}): StatusReport {
  return {
    state: "ready",
    locked: true,
    causes: [],
    version: "0.1.0",
    bootId: "boot-1",
    uptimeMs: 1_234.5,
    ownerLabel: "owner",
    bundle: {
      name: "front door",
      sha256: "a".repeat(64),
      createdAt: "2026-11-23T10:00:00Z",
      ownerScoreMin: 0.3,
      verifiedScoreMin: 0.65,
      householdMarginMin: 0.1,
      spoofScoreMin: null,
      labels: ["owner", "other", "object"],
    },
    board: { temperatureC: 48.5, memoryAvailableBytes: 2e8, strains: [] },
    camera: {
      state: "running",
      source: "replay",
      framesTotal: 10,
      framesDropped: 2,
      bytesDiscarded: 0,
      restarts: 0,
      fault: null,
    },
    vision: {
      state: "ready",
      engine: "xnnpack",
      warning: null,
      restarts: 0,
      framesAnalysed: 8,
      framesStill: 2,
      fault: null,
      pid: 42,
      rssBytes: 1e8,
    },
    relay: { adapter: "recorded", active: false, pulses: 1, guard: null, fault: null },
    secondStep: { adapter: "none", confirmations: 0, fault: null },
    door: { ...nothingWired, faults: [] },
    pairingButton: null,
    home: { state: "off", fault: null },
    webhooks: [],
    store: { state: "open", events: 3, logLines: 4, bytes: 8_192, lastSeq: 3, headHash: "ab".repeat(32), fault: null },
    feedback: {
      state: "open",
      items: 2,
      negatives: 1,
      negativesOfOtherSpaces: 0,
      queueBytes: 70_000,
      damaged: 0,
      fault: null,
    },
    snapshots: { state: "on", kept: 2, bytes: 20_000, dropped: 0, fault: null },
    people: { state: "open", household: 1, templates: 7, templatesOfOtherSpaces: 0, fault: null },
    enrolment: null,
    lockdown: null,
    faceUnlock: { on: true, off: null },
    schedule: { source: "config", allowsNow: true, fault: null },
    log: { level: "info", configured: "info", until: null },
    decision: { kind: "refuse", reason: "not_owner", message: "This is not the owner." },
    counters: { framesAnalysed: 8, unlocks: 1, refusals: 2 },
    loopLagMs: { p50: 0.5, p99: 2 },
    ...fields,
  };
}

export function liveView(seq: number, fields: Partial<LiveView> = {}): LiveView {
  return {
    jpeg: Uint8Array.from([0xff, 0xd8, seq % 256, 0xff, 0xd9]),
    seq,
    ageMs: 12.5,
    decidedAfterMs: 9.5,
    analysis: {
      widthPx: 640,
      heightPx: 480,
      faces: [{ box: { leftPx: 100, topPx: 80, widthPx: 120, heightPx: 120 }, landmarks: [], score: 0.97 }],
      scores: [0.8, 0.15, 0.05],
    },
    labels: ["owner", "other", "object"],
    verification: { score: 0.6, householdMargin: 0.05 },
    decision: { kind: "refuse", reason: "household_member", message: "Too like a housemate." },
    ...fields,
  };
}

export function newEvent(fields: Partial<NewEvent> = {}): NewEvent {
  return {
    type: "unlock.refused",
    monotonicMs: 1,
    reason: "not_owner",
    message: "Somebody else.",
    data: {},
    ...fields,
  };
}

/** Opens a real store in a folder that goes away with the test. */
export function openStore(t: Ending): Store {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-api-"));
  const retention = { ageMaxDays: 30, eventsMax: 10_000, logLinesMax: 10_000 };
  const store = openSqliteStore({
    path: join(folder, "events.db"),
    bootId: "boot-1",
    retention,
    wallClock: () => new Date(),
  });
  t.after(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

export function fakeDevice(t: Ending, conditions: FakeConditions = {}): FakeDevice {
  const store = conditions.store ?? openStore(t);
  const feedback = conditions.feedback ?? openFeedback(t, { onEvent: (event) => store.append(event) }).feedback;
  const logged: Record<string, unknown>[] = [];
  const logger = pino(
    { level: "trace" },
    { write: (line) => logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const liveListeners = new Set<() => void>();
  const device: Omit<FakeDevice, "api"> = {
    store,
    feedback,
    logged,
    status: () => statusReport(),
    live: null,
    liveListeners,
    show(view) {
      this.live = view;
      for (const listener of liveListeners) listener();
    },
  };
  const api = buildApi({
    status: () => device.status(),
    store,
    feedback,
    live: () => device.live,
    onLive: (listener) => {
      liveListeners.add(listener);
      return () => liveListeners.delete(listener);
    },
    enterPin: conditions.enterPin ?? null,
    access: conditions.access ?? noAccess,
    door: conditions.door ?? null,
    schedule: conditions.schedule ?? null,
    logLevel: conditions.logLevel ?? null,
    people: conditions.people ?? null,
    snapshots: conditions.snapshots ?? null,
    passkeys: conditions.passkeys ?? openPasskeys(t, { record: (event) => void store.append(event) }).passkeys,
    unlockNeedsPasskey: conditions.unlockNeedsPasskey ?? false,
    pairing: conditions.pairing ?? null,
    buttonPairing: conditions.buttonPairing ?? null,
    openOnLoopback: conditions.openOnLoopback ?? true,
    transport: conditions.transport ?? "http",
    delivery: conditions.delivery ?? null,
    logger: conditions.logger ?? logger,
    allowedHosts: conditions.allowedHosts ?? [],
    version: "0.1.0",
    ...(conditions.nowMs && { nowMs: conditions.nowMs }),
    limits: conditions.limits ?? {},
  });
  t.after(() => api.close());
  return Object.assign(device, { api });
}
