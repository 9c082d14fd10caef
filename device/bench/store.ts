// The benchmark of a full store: opening it, its first page, and what retention and one more event cost.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent } from "../events/events.ts";
import { EventTable } from "../store/event-table.ts";
import { openDatabase } from "../store/open-database.ts";
import { openSqliteStore, type SqliteStore } from "../store/sqlite-store.ts";
import { ownerByFace, storeFileName } from "../store/store.ts";
import { verifyLog } from "../store/verify-log.ts";
import { terminalProgress } from "../terminal/progress.ts";
import { type Percentiles, percentilesOf } from "./percentiles.ts";

export interface StoreBenchResult {
  readonly events: number;
  readonly bytes: number;
  readonly openMs: Percentiles;
  /** The newest 50 events, and the newest 50 openings. */
  readonly firstPageMs: Percentiles;
  readonly openingsPageMs: Percentiles;
  /** The newest 50 events about the owner, and about somebody of whom there are none. */
  readonly ownerPageMs: Percentiles;
  readonly absentPageMs: Percentiles;
  readonly appendMs: Percentiles;
  /** One step, which holds the event loop. */
  readonly sweepMs: Percentiles;
  readonly verifyLogS: number;
  readonly verified: boolean;
}

const opens = 5;
const pages = 2_000;
const appends = 500;
const sweeps = 500;
const batch = 50_000;
/** Of whom every hundredth event tells, but for the openings. */
const ownerId = "a".repeat(12);
const firstAtMs = Date.parse("2026-06-01T00:00:00Z");

export async function benchStore({ events }: { readonly events: number }): Promise<StoreBenchResult> {
  const folder = await mkdtemp(join(tmpdir(), "facelatch-bench-"));
  const progress = terminalProgress();
  try {
    const path = join(folder, storeFileName);
    progress.step("filling", events);
    fill(path, events, (done) => progress.advance(done));
    progress.end();
    const openMs = times(opens, () => open(path, events * 2).close());
    const store = open(path, events * 2);
    const firstPageMs = times(pages, () => store.events({ limit: 50 }));
    const openingsPageMs = times(pages, () => store.events({ limit: 50, types: ["unlock.granted"] }));
    const ownerPageMs = times(pages, () => store.events({ limit: 50, people: [ownerId, ownerByFace] }));
    const absentPageMs = times(pages, () => store.events({ limit: 50, people: ["0".repeat(12)] }));
    const appendMs = times(appends, (n) => store.append(eventOf(events + n)));
    const { bytes } = store.status();
    store.close();
    const strict = open(path, Math.floor(events / 2));
    const sweepMs = times(sweeps, () => strict.sweep());
    strict.close();
    const fromMs = performance.now();
    const { ok } = verifyLog(folder);
    const verifyLogS = Math.round(performance.now() - fromMs) / 1000;
    const read = { firstPageMs, openingsPageMs, ownerPageMs, absentPageMs };
    return { events, bytes, openMs, ...read, appendMs, sweepMs, verifyLogS, verified: ok };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function times(count: number, work: (n: number) => unknown): Percentiles {
  const taken: number[] = [];
  for (let n = 0; n < count; n++) {
    const fromMs = performance.now();
    work(n);
    taken.push(performance.now() - fromMs);
  }
  return percentilesOf(taken);
}

function open(path: string, eventsMax: number): SqliteStore {
  const retention = { ageMaxDays: 3650, eventsMax, logLinesMax: 1_000 };
  return openSqliteStore({ path, bootId: "bench", retention, wallClock: () => new Date() });
}

/** As the daemon would store them, but many in one transaction. */
function fill(path: string, events: number, onDone: (done: number) => void): void {
  const { db } = openDatabase(path, undefined);
  const table = new EventTable(db);
  const insert = db.transaction((from: number, to: number) => {
    for (let n = from; n < to; n++) table.insert(eventOf(n), "bench", new Date(firstAtMs + n * 5_000).toISOString());
  });
  for (let from = 0; from < events; from += batch) {
    insert(from, Math.min(events, from + batch));
    onDone(Math.min(events, from + batch));
  }
  db.close();
}

/** Every twentieth is an opening by face, every hundredth something about the owner. */
function eventOf(n: number): NewEvent {
  if (n % 100 === 1) {
    const data = { personId: ownerId, templates: 7, by: "the benchmark" };
    const message = "A copy of a person's templates was taken.";
    return { type: "people.exported", monotonicMs: n * 5_000, reason: "owner", message, data };
  }
  const isOpening = n % 20 === 0;
  return {
    type: isOpening ? "unlock.granted" : "unlock.refused",
    monotonicMs: n * 5_000,
    reason: isOpening ? null : "not_owner",
    message: isOpening ? "The owner is recognised." : "The face is not the owner's.",
    data: { frameSeq: n * 50, presenceId: n, verifiedScoreMax: (n % 997) / 997, frames: 12 },
  };
}

export function describeStoreBench(result: StoreBenchResult): string {
  const row = ({ p50, p90, p99 }: Percentiles) => [p50, p90, p99].map((ms) => ms.toFixed(2).padStart(9)).join(" ");
  const { openMs, firstPageMs, openingsPageMs, ownerPageMs, absentPageMs, appendMs, sweepMs, verifyLogS, verified } =
    result;
  return [
    `${result.events} events, ${(result.bytes / 1e6).toFixed(0)} MB           p50       p90       p99  ms`,
    `opening the store            ${row(openMs)}`,
    `the first page               ${row(firstPageMs)}`,
    `the newest openings          ${row(openingsPageMs)}`,
    `the newest about the owner   ${row(ownerPageMs)}`,
    `about somebody without any   ${row(absentPageMs)}`,
    `one more event, on the disk  ${row(appendMs)}`,
    `a step of retention          ${row(sweepMs)}`,
    `verify-log                   ${verifyLogS.toFixed(1)} s, ${verified ? "all sound" : "NOT SOUND"}`,
  ].join("\n");
}
