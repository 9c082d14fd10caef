// Space that is kept for the record: it grows in parts, is given free for events alone, and comes back when there is room.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FacelatchError } from "../../../device/errors/errors.ts";
import { Reserve } from "../../../device/store/reserve.ts";
import { ReservingStore } from "../../../device/store/reserving-store.ts";
import { openSqliteStore } from "../../../device/store/sqlite-store.ts";
import type { Store } from "../../../device/store/store.ts";
import { describeStoreContract, generous, newEvent, type StoreConditions } from "./store-contract.ts";

interface Ending {
  after(end: () => void): void;
}

const mib = 1024 * 1024;

function temporaryFolder(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), "facelatch-reserve-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function sqliteIn(folder: string, conditions: StoreConditions = {}): Store {
  const path = join(folder, "events.db");
  return openSqliteStore({ path, bootId: "boot-1", retention: generous, wallClock: () => new Date(), ...conditions });
}

describeStoreContract("a store with a reserve", (t, conditions) => {
  const folder = temporaryFolder(t);
  const openAgain = (): Store => {
    const store = new ReservingStore(sqliteIn(folder, conditions), new Reserve(join(folder, "reserve"), mib));
    t.after(() => store.close());
    return store;
  };
  const store = openAgain();
  const reopen = (): Store => {
    store.close();
    return openAgain();
  };
  return { store, reopen };
});

describe("a reserve", () => {
  it("grows by a part at a time until it is whole, also one that was there in part", (t) => {
    const path = join(temporaryFolder(t), "reserve");
    writeFileSync(path, new Uint8Array(mib / 2));
    const reserve = new Reserve(path, 2 * mib);
    assert.equal(reserve.state, "growing");
    reserve.grow();
    assert.deepEqual([reserve.state, statSync(path).size], ["growing", 1.5 * mib]);
    reserve.grow();
    assert.deepEqual([reserve.state, statSync(path).size], ["kept", 2 * mib]);
    reserve.grow();
    assert.equal(statSync(path).size, 2 * mib);
  });

  it("is short where the disk has no room for it, or cannot be written", (t) => {
    const folder = temporaryFolder(t);
    const tooMuch = new Reserve(join(folder, "reserve"), 1e18);
    tooMuch.grow();
    assert.equal(tooMuch.state, "short");
    assert.equal(existsSync(join(folder, "reserve")), false);
    const nowhere = new Reserve(join(folder, "away/reserve"), mib);
    nowhere.grow();
    assert.equal(nowhere.state, "short");
    assert.equal(nowhere.release(), false);
  });

  it("of no bytes is always kept", (t) => {
    const reserve = new Reserve(join(temporaryFolder(t), "reserve"), 0);
    reserve.grow();
    assert.equal(reserve.state, "kept");
    assert.equal(reserve.release(), false);
    assert.equal(reserve.state, "kept");
  });
});

describe("a store on a full disk", () => {
  /** A disk that is full as long as the reserve is there, or anything else is. */
  function fullDisk(t: Ending) {
    const folder = temporaryFolder(t);
    const path = join(folder, "reserve");
    const disk = { isFullAnyway: false };
    const inner = sqliteIn(folder);
    const append = inner.append.bind(inner);
    inner.append = (event) => {
      if (!disk.isFullAnyway && !existsSync(path)) return append(event);
      throw new FacelatchError("STORE_FULL", { expected: "space", found: "none", next: "Free some." });
    };
    const reserve = new Reserve(path, mib);
    const store = new ReservingStore(inner, reserve);
    t.after(() => store.close());
    store.sweep();
    assert.equal(reserve.state, "kept");
    return { disk, store };
  }

  it("gives the reserve free for an event, says so, keeps no log lines, and keeps it again when there is room", (t) => {
    const { store } = fullDisk(t);
    assert.equal(store.status().fault, null);
    assert.equal(store.append(newEvent()).seq, 1);
    assert.equal(store.status().fault?.code, "STORE_LOW");
    store.log({ level: "info", source: "test", text: "this is not kept" });
    store.sweep();
    assert.equal(store.status().fault, null);
    store.log({ level: "info", source: "test", text: "this is" });
    assert.deepEqual(
      store.logs({ limit: 10 }).map(({ text }) => text),
      ["this is"],
    );
  });

  it("refuses once the reserve is used up too", (t) => {
    const { disk, store } = fullDisk(t);
    disk.isFullAnyway = true;
    for (let i = 0; i < 2; i++) {
      assert.throws(
        () => store.append(newEvent()),
        (error) => error instanceof FacelatchError && error.code === "STORE_FULL",
      );
    }
  });
});
