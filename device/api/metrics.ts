// Figures for Prometheus: taken from the status when they are asked for, and counted from events; no person is in a label.
import { Counter, Gauge, Registry } from "prom-client";
import type { ApiDeps } from "./api-deps.ts";
import type { StatusReport } from "./status-report.ts";

type Labels = Readonly<Record<string, string>>;
/** Values, each with its labels. */
type Values = readonly (readonly [value: number, labels?: Labels])[];

interface Figure {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly of: (status: StatusReport) => Values;
}

const one = (value: number | boolean | null): Values => (value === null ? [] : [[Number(value)]]);

const gauges: readonly Figure[] = [
  {
    name: "facelatch_info",
    help: "Always 1; the version is in the label.",
    labels: ["version"],
    of: ({ version }) => [[1, { version }]],
  },
  { name: "facelatch_uptime_seconds", help: "Since the daemon's start.", of: ({ uptimeMs }) => one(uptimeMs / 1000) },
  {
    name: "facelatch_ready",
    help: "1 where the door would open for its owner.",
    of: ({ state }) => one(state === "ready"),
  },
  {
    name: "facelatch_face_unlock_enabled",
    help: "1 while faces are switched on.",
    of: ({ faceUnlock }) => one(faceUnlock.on),
  },
  { name: "facelatch_locked", help: "1 while the relay is inactive.", of: ({ locked }) => one(locked) },
  {
    name: "facelatch_trouble",
    help: "1 for each cause of trouble that there is.",
    labels: ["code"],
    of: ({ causes }) => [...new Set(causes.map(({ code }) => code))].map((code) => [1, { code }]),
  },
  {
    name: "facelatch_event_loop_lag_seconds",
    help: "How late the daemon's event loop runs.",
    labels: ["quantile"],
    of: ({ loopLagMs }) => [
      [loopLagMs.p50 / 1000, { quantile: "0.5" }],
      [loopLagMs.p99 / 1000, { quantile: "0.99" }],
    ],
  },
  {
    name: "facelatch_resident_memory_bytes",
    help: "Memory of a process.",
    labels: ["process"],
    of: ({ vision }) => [
      [process.memoryUsage.rss(), { process: "daemon" }],
      ...(vision.rssBytes === null ? [] : [[vision.rssBytes, { process: "vision" }] as const]),
    ],
  },
  {
    name: "facelatch_board_temperature_celsius",
    help: "Of the board's hottest thermal zone.",
    of: ({ board }) => one(board.temperatureC),
  },
  {
    name: "facelatch_board_memory_available_bytes",
    help: "Memory that programs can still get.",
    of: ({ board }) => one(board.memoryAvailableBytes),
  },
  {
    name: "facelatch_board_strained",
    help: "1 while the board takes fewer frames for it.",
    labels: ["strain"],
    of: ({ board }) => board.strains.map((strain) => [1, { strain }] as const),
  },
  {
    name: "facelatch_door_contact",
    help: "1 for what the door's contact says.",
    labels: ["state"],
    of: ({ door: { contact } }) => (contact === null ? [] : [[1, { state: contact }]]),
  },
  {
    name: "facelatch_door_alarm",
    help: "1 for each alarm at the door that stands.",
    labels: ["alarm"],
    of: ({ door: { forced, heldOpen, jammed, tamper } }) =>
      Object.entries({ forced, held_open: heldOpen, jammed, tampered: tamper === "tampered" })
        .filter(([, stands]) => stands)
        .map(([alarm]) => [1, { alarm }] as const),
  },
  {
    name: "facelatch_door_line_fault",
    help: "1 for each line at the door that cannot be used.",
    labels: ["line"],
    of: ({ door }) => door.faults.map(({ line }) => [1, { line }] as const),
  },
  { name: "facelatch_store_bytes", help: "Size of the store.", of: ({ store }) => one(store.bytes) },
  { name: "facelatch_store_events", help: "Events in the store.", of: ({ store }) => one(store.events) },
  {
    name: "facelatch_home_connected",
    help: "1 while the MQTT broker is reached.",
    of: ({ home }) => (home.state === "off" ? [] : one(home.state === "connected")),
  },
];

const counters: readonly Figure[] = [
  {
    name: "facelatch_frames_total",
    help: "Frames since the start: captured, dropped for a newer one, analysed, and still, for which the models were spared.",
    labels: ["fate"],
    of: ({ camera, vision }) => [
      [camera.framesTotal, { fate: "captured" }],
      [camera.framesDropped, { fate: "dropped" }],
      [vision.framesAnalysed, { fate: "analysed" }],
      [vision.framesStill, { fate: "still" }],
    ],
  },
  {
    name: "facelatch_restarts_total",
    help: "How often a part was started again.",
    labels: ["part"],
    of: ({ camera, vision, relay }) => [
      [camera.restarts, { part: "camera" }],
      [vision.restarts, { part: "vision" }],
      ...(relay.guard === null ? [] : [[relay.guard.restarts, { part: "relay_guard" }] as const]),
    ],
  },
  { name: "facelatch_relay_pulses_total", help: "Pulses of the relay.", of: ({ relay }) => one(relay.pulses) },
];

export class Metrics {
  readonly #registry = new Registry();

  constructor({ status, store }: Pick<ApiDeps, "status" | "store">) {
    const registers = [this.#registry];
    // Asked once for all figures of one answer.
    let asked: { readonly atMs: number; readonly report: StatusReport } | null = null;
    const report = (): StatusReport => {
      const nowMs = performance.now();
      if (asked === null || nowMs - asked.atMs > reportAgeMaxMs) asked = { atMs: nowMs, report: status() };
      return asked.report;
    };
    for (const { name, help, labels = [], of } of gauges) {
      const collect = (): void => {
        gauge.reset();
        for (const [value, its = {}] of of(report())) gauge.set(its, value);
      };
      const gauge: Gauge = new Gauge({ name, help, labelNames: [...labels], registers, collect });
    }
    for (const { name, help, labels = [], of } of counters) {
      const collect = (): void => {
        counter.reset();
        for (const [value, its = {}] of of(report())) counter.inc(its, value);
      };
      const counter: Counter = new Counter({ name, help, labelNames: [...labels], registers, collect });
    }
    const unlocks = new Counter({
      ...{ name: "facelatch_unlock_total", help: "Openings, and presences that were refused.", registers },
      labelNames: ["result", "reason"],
    });
    store.onEvent(({ type, reason }) => {
      if (type === "unlock.granted") unlocks.inc({ result: "granted", reason: "" });
      if (type === "unlock.refused") unlocks.inc({ result: "refused", reason: reason ?? "" });
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In Prometheus' text format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}

const reportAgeMaxMs = 50;
