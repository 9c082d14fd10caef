// What must be known of an update after any cut: kept in two copies with checksums, of which one is always whole.
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { digestOf } from "./open-bundle.ts";
import { replaceDurably, type SlotFiles } from "./slot-files.ts";

const updatesFolder = "updates";
const copyBytesMax = 64 * 1024;
const sha256 = Type.String({ pattern: "^[0-9a-f]{64}$" });
const seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const code = Type.String({ pattern: "^[A-Z_]{1,64}$" });
const text = Type.String({ maxLength: 500 });

function closed<const T extends Type.TProperties>(properties: T) {
  return Type.Object(properties, { additionalProperties: false });
}

const summary = closed({ sha256, name: Type.String({ maxLength: 64 }), seq });

const eventSchema = closed({
  type: Type.Enum(["update.trial", "update.confirmed", "update.reverted", "update.rolled_back", "update.fault"]),
  reason: Type.Union([code, Type.Null()]),
  message: text,
  data: Type.Record(
    Type.String({ maxLength: 40 }),
    Type.Union([Type.String({ maxLength: 200 }), Type.Number(), Type.Boolean(), Type.Null()]),
  ),
});

const recordSchema = closed({
  formatVersion: Type.Literal(1),
  /** Grows by one with each write. */
  generation: seq,
  floorSeq: seq,
  outcome: Type.Enum(["idle", "confirmed", "reverted"]),
  /** The bundle that has to prove itself, what was in use before it, and how often the daemon started with it. */
  trial: Type.Union([closed({ to: sha256, from: Type.Union([sha256, Type.Null()]), starts: seq }), Type.Null()]),
  /** A way back that was decided on, and is to be finished whatever comes. */
  move: Type.Union([
    closed({
      kind: Type.Enum(["revert", "rollback", "fallback"]),
      bundle: summary,
      to: Type.Union([sha256, Type.Null()]),
      reasonCode: code,
      reason: text,
    }),
    Type.Null(),
  ]),
  reverted: Type.Union([closed({ bundle: summary, reasonCode: code, reason: text }), Type.Null()]),
  /** What happened and is not yet in the store of events. */
  outbox: Type.Array(eventSchema, { maxItems: 32 }),
});

export type UpdateRecord = Static<typeof recordSchema>;
export type UpdateEvent = Static<typeof eventSchema>;

const newRecord: UpdateRecord = {
  formatVersion: 1,
  generation: 0,
  floorSeq: 0,
  outcome: "idle",
  trial: null,
  move: null,
  reverted: null,
  outbox: [],
};

export interface ReadRecord {
  readonly record: UpdateRecord;
  /** `absent` before the first write; `damaged` where there are copies and none is whole. */
  readonly state: "whole" | "absent" | "damaged";
}

/** The record of one state folder. */
export class UpdateRecords {
  readonly #files: SlotFiles;
  readonly #stateDir: string;

  constructor(stateDir: string, files: SlotFiles) {
    this.#stateDir = stateDir;
    this.#files = files;
  }

  get folder(): string {
    return join(this.#stateDir, updatesFolder);
  }

  async read(): Promise<ReadRecord> {
    const copies = await Promise.all([0, 1].map((copy) => this.#readCopy(copy)));
    const whole = copies.filter((copy) => copy !== null && copy !== "damaged");
    if (whole.length === 0) return { record: newRecord, state: copies.includes("damaged") ? "damaged" : "absent" };
    return { record: whole.reduce((a, b) => (a.generation > b.generation ? a : b)), state: "whole" };
  }

  /** Stores the next record in the place of the older copy; lasting when it resolves. */
  async write(record: UpdateRecord): Promise<UpdateRecord> {
    const next = { ...record, generation: record.generation + 1 };
    const body = JSON.stringify(next);
    const bytes = new TextEncoder().encode(`${digestOf(new TextEncoder().encode(body))}\n${body}\n`);
    await this.#files.makeFolder(this.folder);
    await this.#files.giveToOwnerOf(this.#stateDir, this.folder);
    await this.#files.syncFolder(this.#stateDir);
    await replaceDurably(this.#files, this.folder, copyName(next.generation % 2), bytes);
    return next;
  }

  /** Stores it in both places, so that no damage to one of them lowers the floor. */
  async writeTwice(record: UpdateRecord): Promise<UpdateRecord> {
    return this.write(await this.write(record));
  }

  async #readCopy(copy: number): Promise<UpdateRecord | "damaged" | null> {
    try {
      const bytes = await this.#files.read(join(this.folder, copyName(copy)), copyBytesMax);
      return bytes === null ? null : (parseCopy(bytes) ?? "damaged");
    } catch {
      // Whatever keeps a copy from being read, there is the other one; the caller learns when that is not whole either.
      return "damaged";
    }
  }
}

function copyName(copy: number): string {
  return `record-${copy}.json`;
}

function parseCopy(bytes: Uint8Array): UpdateRecord | null {
  const [digest, body = ""] = new TextDecoder().decode(bytes).split("\n");
  if (digestOf(new TextEncoder().encode(body)) !== digest) return null;
  const value: unknown = JSON.parse(body);
  return Check(recordSchema, value) ? value : null;
}
