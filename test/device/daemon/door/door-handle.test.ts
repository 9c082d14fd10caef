// The door opened by hand and locked down: recorded first, once for each request, and never against a lockdown.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BanFile } from "../../../../device/door/ban-file.ts";
import { FacelatchError } from "../../../../device/errors/errors.ts";
import type { Store } from "../../../../device/store/store.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import type { Ending } from "../../api/fake-device.ts";
import { analysisOf, memoryStore, PlayedRelay } from "../../played-door.ts";
import { handled, pulseMs } from "./handled-door.ts";

const owner = analysisOf(0.97);
const stranger = analysisOf(0.1);
const opened = { kind: "opened", pulseMs } as const;
const refused = (reason: string) => ({ kind: "refused", reason });
const idOf = (n: number) => n.toString(16).padStart(32, "0");
const asking = (n: number) => ({ by: "Anna", id: idOf(n) });

/** A store that fails from now on where it is told. */
function failingStore(t: Ending): { readonly store: Store; fails: boolean } {
  const store = memoryStore(t);
  const append = store.append.bind(store);
  const failing = { store, fails: false };
  store.append = (event) => {
    if (failing.fails) throw new FacelatchError("STORE_FULL", { expected: "x", found: "y", next: "z" });
    return append(event);
  };
  return failing;
}

describe("an opening by hand", () => {
  it("is recorded before the relay is driven, with who asked", async (t) => {
    const store = memoryStore(t);
    const seen: string[] = [];
    const relay = new PlayedRelay(() => seen.push(...store.events({ afterSeq: 0, limit: 9 }).map(({ type }) => type)));
    const { handle } = handled(t, { store, relay });
    assert.deepEqual(await handle.unlock(asking(1)), opened);
    assert.deepEqual(seen, ["unlock.granted"]);
    const [event] = store.events({ limit: 1 });
    assert.deepEqual(event!.data, { way: "api", by: "Anna", requestId: idOf(1) });
  });

  it("happens once for each request, however often it is sent, also at the same time", async (t) => {
    const { door, handle } = handled(t);
    const answers = await Promise.all([handle.unlock(asking(1)), handle.unlock(asking(1)), handle.unlock(asking(1))]);
    assert.deepEqual(answers, [opened, opened, opened]);
    await door.relay.endPulse();
    for (const laterMs of [1_000, 3_600_000, 82_000_000]) {
      door.nowMs += laterMs;
      assert.deepEqual(await handle.answerTo(idOf(1)), opened);
      assert.deepEqual(await handle.unlock(asking(1)), opened);
    }
    assert.equal(door.relay.pulses, 1);
    assert.deepEqual(door.events(), ["unlock.granted"]);
    assert.deepEqual(await handle.unlock(asking(2)), opened);
    assert.equal(door.relay.pulses, 2);
  });

  it("that was refused stays so for its request, when the reason is gone too", async (t) => {
    const { door, handle } = handled(t);
    await handle.lockDown("Anna");
    assert.deepEqual(await handle.unlock(asking(1)), refused("locked_down"));
    await handle.liftLockdown("Anna");
    assert.deepEqual(await handle.unlock(asking(1)), refused("locked_down"));
    assert.deepEqual(await handle.unlock(asking(2)), opened);
    assert.equal(door.relay.pulses, 1);
  });

  it("is remembered through a restart, what was refused and what failed too", async (t) => {
    const store = memoryStore(t);
    const before = handled(t, { store });
    assert.deepEqual(await before.handle.unlock(asking(1)), opened);
    assert.deepEqual(await before.handle.unlock(asking(2)), refused("pulse_active"));
    await before.door.relay.endPulse();
    before.door.nowMs += 10_000;
    before.door.relay.obeys = false;
    const failing = before.handle.unlock(asking(3));
    await before.door.relay.endPulse(new Error("EIO"));
    assert.deepEqual(await failing, refused("relay_unavailable"));
    const after = handled(t, { store });
    assert.deepEqual(await after.handle.unlock(asking(1)), opened);
    assert.deepEqual(await after.handle.unlock(asking(2)), refused("pulse_active"));
    assert.deepEqual(await after.handle.unlock(asking(3)), refused("relay_unavailable"));
    assert.equal(after.door.relay.pulses, 0);
  });

  it("is remembered through a restart, also where the record could not be read at first", async (t) => {
    const store = memoryStore(t);
    const before = handled(t, { store });
    await before.handle.unlock(asking(1));
    const after = handled(t, { store });
    const { events } = store;
    store.events = () => {
      throw new FacelatchError("STORE_UNAVAILABLE", { expected: "x", found: "y", next: "z" });
    };
    await assert.rejects(after.handle.unlock(asking(1)), { code: "STORE_UNAVAILABLE" });
    store.events = events.bind(store);
    assert.deepEqual(await after.handle.unlock(asking(1)), opened);
    assert.equal(after.door.relay.pulses, 0);
  });

  it("waits for the pulse before it and the pause after that, and no longer", async (t) => {
    const { door, handle } = handled(t);
    await handle.unlock(asking(1));
    assert.deepEqual(await handle.unlock(asking(2)), refused("pulse_active"));
    await door.relay.endPulse();
    door.nowMs += 499;
    assert.deepEqual(await handle.unlock(asking(3)), refused("cooldown"));
    door.nowMs += 1;
    assert.deepEqual(await handle.unlock(asking(4)), opened);
  });

  it("keeps faces from opening meanwhile, and a face's opening keeps hands from it", async (t) => {
    const { door, handle } = handled(t);
    await handle.unlock(asking(1));
    assert.deepEqual(new Set(await door.seeMany(owner, 5)), new Set(["pulse_active"]));
    await door.relay.endPulse();
    door.nowMs += 60_000;
    assert.equal((await door.seeMany(owner, 4)).at(-1), "unlock");
    assert.deepEqual(await handle.unlock(asking(2)), refused("pulse_active"));
    assert.equal(door.relay.pulses, 2);
  });

  it("takes nothing of what a face collected, so that nobody opens with it", async (t) => {
    const { door, handle } = handled(t);
    await door.seeMany(owner, 3);
    await handle.unlock(asking(1));
    await door.relay.endPulse();
    assert.notEqual((await door.seeMany(owner, 1))[0], "unlock");
    assert.deepEqual(new Set(await door.seeMany(stranger, 8)).has("unlock"), false);
  });

  it("does not happen where it cannot be recorded, unless that was allowed", async (t) => {
    for (const auditRequired of [true, false]) {
      const failing = failingStore(t);
      const { door, handle } = handled(t, { store: failing.store, auditRequired });
      failing.fails = true;
      assert.deepEqual(await handle.unlock(asking(1)), auditRequired ? refused("audit_unavailable") : opened);
      assert.equal(door.relay.pulses, auditRequired ? 0 : 1);
      assert.match(door.errors[0]!, /could not be recorded/);
    }
  });

  it("tells a relay that does not obey, and one that fails later is told as its own fault", async (t) => {
    const { door, handle } = handled(t);
    await handle.unlock(asking(1));
    await door.relay.endPulse(new Error("EIO"));
    assert.deepEqual(await handle.unlock(asking(1)), opened);
    assert.deepEqual(door.events(), ["unlock.granted", "relay.fault RELAY_UNAVAILABLE"]);
  });

  it("is refused where it could not be remembered", async (t) => {
    const { door, handle } = handled(t, { requestsMax: 2 });
    await handle.unlock(asking(1));
    await handle.unlock(asking(2));
    await assert.rejects(handle.unlock(asking(3)), { code: "TOO_MANY_REQUESTS" });
    assert.deepEqual(await handle.unlock(asking(1)), opened);
    door.nowMs += 86_400_001;
    await door.relay.endPulse();
    door.nowMs += 1_000;
    assert.deepEqual(await handle.unlock(asking(3)), opened);
  });
});

describe("a lockdown", () => {
  it("keeps faces and hands out until it is lifted, and says who and since when", async (t) => {
    const { door, handle } = handled(t);
    const { by, sinceAt } = await handle.lockDown("Anna");
    assert.equal(by, "Anna");
    assert.ok(Math.abs(Date.parse(sinceAt) - Date.now()) < 60_000);
    assert.deepEqual(new Set(await door.seeMany(owner, 8)), new Set(["locked_down"]));
    assert.deepEqual(await handle.unlock(asking(1)), refused("locked_down"));
    assert.deepEqual(await handle.lockDown("Markus"), { by, sinceAt });
    await handle.liftLockdown("Markus");
    assert.equal(handle.lockdown(), null);
    assert.equal((await door.seeMany(owner, 4)).at(-1), "unlock");
    const told = door.events().filter((event) => event.startsWith("lockdown"));
    assert.deepEqual(told, ["lockdown.set", "lockdown.cleared"]);
    assert.equal(door.relay.pulses, 1);
  });

  it("stands after a restart, and after one that found its record damaged", async (t) => {
    const first = handled(t);
    await first.handle.lockDown("Anna");
    for (const damage of [null, "", "{}", "x".repeat(9_000)]) {
      if (damage !== null) writeFileSync(join(first.state, "door/lockdown.json"), damage);
      const { door, handle } = handled(t, { state: first.state });
      await handle.start();
      assert.notEqual(handle.lockdown(), null);
      assert.deepEqual(new Set(await door.seeMany(owner, 8)), new Set(["locked_down"]));
      assert.deepEqual(await handle.unlock(asking(1)), refused("locked_down"));
    }
    await first.handle.liftLockdown("Anna");
    const { handle } = handled(t, { state: first.state });
    await handle.start();
    assert.equal(handle.lockdown(), null);
  });

  it("holds while its record cannot be read, and for as long as that then says", async (t) => {
    for (const isLockedDown of [false, true]) {
      const first = handled(t);
      const folder = join(first.state, "door");
      if (isLockedDown) await first.handle.lockDown("Anna");
      else await mkdir(folder, { recursive: true });
      await rename(folder, `${folder}.away`);
      await writeFile(folder, "a file where the folder should be");
      const { door, handle } = handled(t, { state: first.state });
      await handle.start();
      assert.match(handle.lockdown()!.by, /cannot be read/);
      assert.deepEqual(new Set(await door.seeMany(owner, 8)), new Set(["locked_down"]));
      await rm(folder);
      await rename(`${folder}.away`, folder);
      await eventually(
        "it is read",
        async () => handle.lockdown(),
        (lockdown) => lockdown === null || !/cannot be read/.test(lockdown.by),
      );
      assert.equal(handle.lockdown()?.by, isLockedDown ? "Anna" : undefined);
      assert.equal((await door.seeMany(owner, 8)).includes("locked_down"), isLockedDown);
    }
  });

  it("holds where it cannot be written down, and says so", async (t) => {
    const { door, handle, state } = handled(t);
    writeFileSync(join(state, "door"), "a file where the folder should be");
    await assert.rejects(handle.lockDown("Anna"), { code: "LOCKDOWN_UNSAVED" });
    assert.deepEqual(new Set(await door.seeMany(owner, 8)), new Set(["locked_down"]));
  });

  it("holds where a store takes no record of it, and is not lifted without one", async (t) => {
    const failing = failingStore(t);
    const { door, handle } = handled(t, { store: failing.store });
    failing.fails = true;
    await handle.lockDown("Anna");
    await assert.rejects(handle.liftLockdown("Anna"), { code: "STORE_FULL" });
    assert.deepEqual(new Set(await door.seeMany(owner, 8)), new Set(["locked_down"]));
    failing.fails = false;
    await handle.liftLockdown("Anna");
    assert.equal(handle.lockdown(), null);
  });

  it("that is set while another is lifted stands", async (t) => {
    const { handle, state } = handled(t);
    await handle.lockDown("Anna");
    await Promise.all([handle.liftLockdown("Anna"), handle.lockDown("Markus")]);
    assert.notEqual(handle.lockdown(), null);
    assert.deepEqual(await new BanFile(state, "lockdown").read(), handle.lockdown());
  });
});

describe("faces that are switched off", () => {
  it("open nothing until they are switched on, while hands do, and it says who and since when", async (t) => {
    const { door, handle } = handled(t);
    await handle.switchFacesOff("Anna");
    assert.equal(handle.faceUnlock().off!.by, "Anna");
    assert.deepEqual(new Set(await door.seeMany(owner, 8)), new Set(["face_unlock_off"]));
    assert.deepEqual(await handle.unlock(asking(1)), opened);
    await door.relay.endPulse();
    door.nowMs += 60_000;
    await handle.switchFacesOn("Markus");
    assert.deepEqual(handle.faceUnlock(), { on: true, off: null });
    assert.equal((await door.seeMany(owner, 4)).at(-1), "unlock");
    const told = door.store.events({ types: ["face_unlock.off", "face_unlock.on"], afterSeq: 0, limit: 9 });
    assert.deepEqual(
      told.map(({ type, message, data }) => [type, message, data]),
      [
        ["face_unlock.off", "Faces were switched off by Anna.", { by: "Anna" }],
        ["face_unlock.on", "Faces were switched on again by Markus.", { by: "Markus" }],
      ],
    );
  });

  it("stay off after a restart, and after one that found the record damaged", async (t) => {
    const first = handled(t);
    await first.handle.switchFacesOff("Anna");
    for (const damage of [null, "", "[]", "x".repeat(9_000)]) {
      if (damage !== null) writeFileSync(join(first.state, "door/faces-off.json"), damage);
      const { door, handle } = handled(t, { state: first.state });
      await handle.start();
      assert.equal(handle.faceUnlock().on, false);
      assert.equal(handle.lockdown(), null);
      assert.deepEqual(new Set(await door.seeMany(owner, 8)), new Set(["face_unlock_off"]));
    }
    await first.handle.switchFacesOn("Anna");
    const { handle } = handled(t, { state: first.state });
    await handle.start();
    assert.equal(handle.faceUnlock().on, true);
  });

  it("are off where that cannot be written down, which is said, and not on where nobody could record it", async (t) => {
    const failing = failingStore(t);
    const { door, handle, state } = handled(t, { store: failing.store });
    writeFileSync(join(state, "door"), "a file where the folder should be");
    await assert.rejects(handle.switchFacesOff("Anna"), { code: "FACE_UNLOCK_UNSAVED" });
    failing.fails = true;
    await assert.rejects(handle.switchFacesOn("Anna"), { code: "STORE_FULL" });
    assert.deepEqual(new Set(await door.seeMany(owner, 8)), new Set(["face_unlock_off"]));
  });
});
