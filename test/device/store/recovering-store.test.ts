// A store that is tried again: the contract of every store once it is open, and a stated fault until then.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { RecoveringStore } from "../../../device/store/recovering-store.ts";
import { openSqliteStore } from "../../../device/store/sqlite-store.ts";
import type { Store } from "../../../device/store/store.ts";
import { describeStoreContract, generous, newEvent, type StoreConditions } from "./store-contract.ts";

interface Ending {
  after(end: () => void): void;
}

function temporaryFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-store-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function sqliteAt(path: string, conditions: StoreConditions = {}): Store {
  return openSqliteStore({ path, bootId: "boot-1", retention: generous, wallClock: () => new Date(), ...conditions });
}

describeStoreContract("a store that could be opened at once", (t, conditions) => {
  const path = join(temporaryFolder(t), "events.db");
  const openAgain = (): RecoveringStore => {
    const store = new RecoveringStore({ open: () => sqliteAt(path, conditions), retryMs: 1_000, nowMs: () => 0 });
    t.after(() => store.close());
    return store;
  };
  const store = openAgain();
  const reopen = (): RecoveringStore => {
    store.close();
    return openAgain();
  };
  return { store, reopen };
});

/** A store whose path is a folder until it is mended; its clock stands still, and its tries are counted. */
class AwayStore {
  tries = 0;
  nowMs = 0;
  readonly store: RecoveringStore;
  readonly #path: string;

  constructor(t: Ending) {
    this.#path = join(temporaryFolder(t), "events.db");
    mkdirSync(this.#path);
    this.store = new RecoveringStore({
      open: () => {
        this.tries++;
        return sqliteAt(this.#path);
      },
      retryMs: 5_000,
      nowMs: () => this.nowMs,
    });
    t.after(() => this.store.close());
  }

  mend(): void {
    rmSync(this.#path, { recursive: true });
  }
}

describe("a store that cannot be opened", () => {
  it("refuses events with the cause, says so in its status, lists nothing, and never throws at who logs", (t) => {
    const { store } = new AwayStore(t);
    assert.throws(() => store.append(newEvent()), { name: "FacelatchError", code: "STORE_UNAVAILABLE" });
    store.log({ level: "error", source: "test", text: "lost" });
    assert.deepEqual([store.events({ limit: 1 }), store.logs({ limit: 1 }), store.sweep()], [[], [], 0]);
    const { state, fault, ...counts } = store.status();
    assert.deepEqual([state, fault?.code], ["failed", "STORE_UNAVAILABLE"]);
    assert.deepEqual(counts, { events: 0, logLines: 0, bytes: 0, lastSeq: 0, headHash: null });
  });

  it("is tried again after a while, not at every call, and then works as if nothing had been", (t) => {
    const away = new AwayStore(t);
    const heard: number[] = [];
    away.store.onEvent(({ seq }) => heard.push(seq));
    for (let i = 0; i < 10; i++) assert.throws(() => away.store.append(newEvent()), { code: "STORE_UNAVAILABLE" });
    assert.equal(away.tries, 1);
    away.nowMs += 5_000;
    assert.throws(() => away.store.append(newEvent()), { code: "STORE_UNAVAILABLE" });
    assert.equal(away.tries, 2);
    away.mend();
    assert.throws(() => away.store.append(newEvent()), { code: "STORE_UNAVAILABLE" });
    away.nowMs += 5_000;
    assert.equal(away.store.status().state, "open");
    assert.equal(away.store.append(newEvent()).seq, 1);
    assert.deepEqual([heard, away.tries, away.store.status().fault], [[1], 3, null]);
  });

  it("is not opened any more once it was closed", (t) => {
    const away = new AwayStore(t);
    away.store.close();
    away.mend();
    away.nowMs += 5_000;
    assert.throws(() => away.store.append(newEvent()), { code: "STORE_UNAVAILABLE" });
    assert.deepEqual([away.tries, away.store.status().state], [0, "failed"]);
  });

  it("tells a full disk apart, and takes any other error for a store that cannot be used", () => {
    const failing = (error: unknown) =>
      new RecoveringStore({
        open: () => {
          throw error;
        },
        retryMs: 1,
        nowMs: () => 0,
      }).status().fault;
    const full = new FacelatchError("STORE_FULL", { expected: "x", found: "y", next: "z" });
    assert.equal(failing(full)?.code, "STORE_FULL");
    const other = failing(new TypeError("the addon is missing"));
    assert.equal(other?.code, "STORE_UNAVAILABLE");
    assert.match(other?.message ?? "", /the addon is missing/);
  });
});
