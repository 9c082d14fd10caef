// The steps between the states of an update, each in an order that a cut anywhere leaves recoverable. All run under the
// commit lock.
import type { Manifest } from "../bundle/manifest.ts";
import { codeOf, FacelatchError, messageOf } from "../errors/errors.ts";
import type { Slots } from "./slots.ts";
import type { UpdateEvent, UpdateRecord, UpdateRecords } from "./update-record.ts";
import type { BundleSummary } from "./updates.ts";

export interface UpdateStore {
  readonly slots: Slots;
  readonly records: UpdateRecords;
  /** How often the daemon may start with a bundle on trial before that is taken back. */
  readonly startsMax: number;
}

type Move = NonNullable<UpdateRecord["move"]>;

const outboxMax = 32;
const textMax = 500;

/** Puts a bundle, whose slot is in place, on trial: first the record, then the switch. */
export async function begin(
  store: UpdateStore,
  { sha256, manifest }: { readonly sha256: string; readonly manifest: Manifest },
): Promise<void> {
  const record = await settled(store);
  const current = await store.slots.linked("current");
  if (record.trial === null && current === sha256) return;
  // What has not proved itself is nothing to go back to.
  const from = record.trial === null ? current : record.trial.from;
  if (from === sha256) return takeBack(store, record.trial!.to, "ROLLED_BACK", "the bundle before was installed again");
  await store.records.write({
    ...record,
    trial: { to: sha256, from, starts: 0 },
    reverted: null,
    outbox: withEvent(record, "update.trial", null, `"${manifest.name}" is on trial.`, { sha256, seq: manifest.seq }),
  });
  await store.slots.point("current", sha256);
  await tidy(store);
}

/** Ends a trial well: the floor rises, and what was in use before becomes what one can go back to. */
export async function confirm(store: UpdateStore, sha256: string): Promise<void> {
  const record = await settled(store);
  const { slots, records } = store;
  const { trial } = record;
  const bundle = await slots.summary(sha256);
  if (trial?.to !== sha256 || bundle === null || (await slots.linked("current")) !== sha256) return;
  if (trial.from !== null) await slots.point("previous", trial.from);
  if ((await slots.linked("factory")) === null) await slots.point("factory", sha256);
  await records.writeTwice({
    ...record,
    trial: null,
    outcome: "confirmed",
    floorSeq: Math.max(record.floorSeq, bundle.seq),
    outbox: withEvent(record, "update.confirmed", null, `"${bundle.name}" is confirmed.`, { sha256, seq: bundle.seq }),
  });
  await tidy(store);
}

/** Ends a trial badly: back to what was in use before. */
export async function takeBack(store: UpdateStore, sha256: string, reasonCode: string, reason: string): Promise<void> {
  const record = await settled(store);
  if (record.trial?.to !== sha256) return;
  const to = await firstWhole(store, [record.trial.from, ...(await earlier(store))], sha256);
  await go(store, record, { kind: "revert", bundle: await describe(store, sha256), to, reasonCode, reason });
}

/** Goes back by hand. Throws NOTHING_TO_ROLL_BACK_TO. */
export async function rollBack(store: UpdateStore): Promise<void> {
  const record = await settled(store);
  if (record.trial !== null) return takeBack(store, record.trial.to, "ROLLED_BACK", "it was rolled back by hand");
  const current = await store.slots.linked("current");
  const to = await firstWhole(store, await earlier(store), current);
  if (current === null || to === null) {
    throw new FacelatchError("NOTHING_TO_ROLL_BACK_TO", {
      expected: "an earlier bundle on this device, whole",
      found: "none",
      next: "Flash the bundle that is wanted.",
    });
  }
  const reason = "it was rolled back by hand";
  await go(store, record, {
    kind: "rollback",
    bundle: await describe(store, current),
    to,
    reasonCode: "ROLLED_BACK",
    reason,
  });
}

/**
 * Finds what to run after any end of the daemon, and makes it so: finishes a way back that had begun, drops a trial whose
 * switch was never made, counts a start with a bundle on trial, leaves a damaged bundle where another one is whole.
 */
export async function recover(store: UpdateStore): Promise<void> {
  const { slots, records } = store;
  const read = await records.read();
  if (read.state !== "whole") await rebuild(store, read.record, read.state === "damaged");
  const record = await settled(store);
  const current = await slots.linked("current");
  const trial = trialOf(record, current);
  if (trial === null) {
    if (record.trial !== null) await records.write({ ...record, trial });
    return leaveDamaged(store, { ...record, trial }, current);
  }
  const damage = await slots.damageOf(trial.to);
  if (damage === null && trial.starts < store.startsMax) {
    await records.write({ ...record, trial: { ...trial, starts: trial.starts + 1 } });
    return;
  }
  if (trial !== record.trial) await records.write({ ...record, trial });
  if (damage !== null) return takeBack(store, trial.to, codeOf(damage, "BUNDLE_CHECKSUM_MISMATCH"), messageOf(damage));
  return takeBack(store, trial.to, "TRIAL_RESTARTED", `the daemon ended ${trial.starts} times with it on trial`);
}

/** The trial of what is really in use: a cut may have come between the record of another one and the switch to it. */
function trialOf({ trial }: UpdateRecord, current: string | null): UpdateRecord["trial"] {
  if (trial === null || trial.to === current) return trial;
  // What was in use before was either proved, or on trial itself, and then still is.
  return current === null || current === trial.from ? null : { to: current, from: trial.from, starts: 0 };
}

/** The record, once a way back that had begun is finished. */
async function settled(store: UpdateStore): Promise<UpdateRecord> {
  const { record } = await store.records.read();
  return record.move === null ? record : finish(store, record, record.move);
}

/** Decides on a way back, to last, and takes it. */
async function go(store: UpdateStore, record: UpdateRecord, move: Move): Promise<void> {
  const bounded = { ...move, reason: move.reason.slice(0, textMax) };
  await finish(store, await store.records.write({ ...record, move: bounded }), bounded);
}

/** May be begun again after a cut anywhere in it. */
async function finish(store: UpdateStore, record: UpdateRecord, move: Move): Promise<UpdateRecord> {
  const { slots, records } = store;
  const { kind, bundle, to, reasonCode, reason } = move;
  await slots.point("current", to);
  if (to !== null && (await slots.linked("previous")) === to) await slots.point("previous", null);
  const data = { sha256: bundle.sha256, seq: bundle.seq, to };
  const told = kind === "rollback" ? "update.rolled_back" : kind === "revert" ? "update.reverted" : "update.fault";
  const next = await records.write({
    ...record,
    move: null,
    trial: null,
    outcome: kind === "revert" ? "reverted" : "idle",
    reverted: kind === "revert" ? { bundle, reasonCode, reason } : record.reverted,
    outbox: withEvent(record, told, reasonCode, `"${bundle.name}" is no longer in use: ${reason}`, data),
  });
  await tidy(store);
  return next;
}

/** Where the bundle in use is damaged and an earlier one is whole, the earlier one. */
async function leaveDamaged(store: UpdateStore, record: UpdateRecord, current: string | null): Promise<void> {
  const damage = current === null ? null : await store.slots.damageOf(current);
  if (current === null || damage === null) return;
  const to = await firstWhole(store, await earlier(store), current);
  if (to === null) return;
  const reasonCode = codeOf(damage, "BUNDLE_CHECKSUM_MISMATCH");
  await go(store, record, {
    ...{ kind: "fallback", bundle: await describe(store, current), to },
    ...{ reasonCode, reason: messageOf(damage) },
  });
}

/**
 * A record for a device that has none: the bundle in use counts as proved. Where there was one and none of its copies is
 * whole, nothing says which bundle proved itself: the one in use is on trial again, and no seq below any that lies here
 * is accepted.
 */
async function rebuild(store: UpdateStore, record: UpdateRecord, damaged: boolean): Promise<void> {
  const { slots, records } = store;
  const current = await slots.linked("current");
  const before = damaged ? await firstWhole(store, await earlier(store), current) : null;
  const seqs = (await Promise.all((await slots.all()).map((sha256) => slots.summary(sha256)))).map(
    (found) => found?.seq ?? 0,
  );
  const floorSeq = damaged ? Math.max(0, ...seqs) : ((await slots.summary(current))?.seq ?? 0);
  if (!damaged && current !== null && (await slots.linked("factory")) === null) await slots.point("factory", current);
  const message = "The record of updates is damaged; it was made again from the bundles that are here.";
  await records.writeTwice({
    ...record,
    floorSeq,
    trial: current === null || before === null ? null : { to: current, from: before, starts: 0 },
    outbox: damaged ? withEvent(record, "update.fault", "UPDATE_STATE_DAMAGED", message, { floorSeq }) : [],
  });
}

/** What one can go back to, the nearest first. */
async function earlier({ slots }: UpdateStore): Promise<(string | null)[]> {
  return [await slots.linked("previous"), await slots.linked("factory")];
}

async function firstWhole(
  { slots }: UpdateStore,
  candidates: readonly (string | null)[],
  not: string | null,
): Promise<string | null> {
  for (const sha256 of candidates) {
    if (sha256 !== null && sha256 !== not && (await slots.isWhole(sha256))) return sha256;
  }
  return null;
}

async function describe({ slots }: UpdateStore, sha256: string): Promise<BundleSummary> {
  return (await slots.summary(sha256)) ?? { sha256, name: sha256.slice(0, 12), seq: 0 };
}

function withEvent(
  { outbox }: UpdateRecord,
  type: UpdateEvent["type"],
  reason: string | null,
  message: string,
  data: UpdateEvent["data"],
): UpdateRecord["outbox"] {
  return [...outbox, { type, reason, message: message.slice(0, textMax), data }].slice(-outboxMax);
}

/** What cannot be removed now is removed another time. */
async function tidy({ slots, records }: UpdateStore): Promise<void> {
  const { trial } = (await records.read()).record;
  await slots.removeUnused(trial === null ? [] : [trial.to, trial.from]).catch(() => undefined);
}
