// The schedule in force: set while the door runs, kept through restarts, and in doubt open for no face.
import assert from "node:assert/strict";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Schedule } from "../../../../device/config/config.ts";
import { FacelatchError } from "../../../../device/errors/errors.ts";
import { eventually } from "../../../fixtures/eventually.ts";
import { analysisOf, memoryStore } from "../../played-door.ts";
import { scheduled } from "./scheduled-door.ts";

const owner = analysisOf(0.97);
const morning: Schedule = [{ days: ["mon"], from: "06:00", to: "12:00" }];
const evening = [{ days: ["mon" as const, "tue" as const], from: "18:00", to: "02:00" }];
const atMinute = { noon: 12 * 60, seven: 7 * 60, nineteen: 19 * 60 };

describe("a schedule", () => {
  it("is the configuration's until another is set, which counts from the next frame on", async (t) => {
    const { door, schedule } = scheduled(t, { configured: morning });
    await schedule.start();
    door.minuteOfWeek = atMinute.nineteen;
    assert.deepEqual(new Set(await door.seeMany(owner, 6)), new Set(["outside_schedule"]));
    await schedule.set({ windows: evening }, "Anna");
    assert.equal((await door.seeMany(owner, 4)).at(-1), "unlock");
    await door.relay.endPulse();
    door.nowMs += 60_000;
    await schedule.reset("Anna");
    assert.deepEqual(new Set(await door.seeMany(owner, 6)), new Set(["outside_schedule"]));
    assert.deepEqual(
      door.events().filter((event) => event.startsWith("schedule")),
      ["schedule.changed", "schedule.changed"],
    );
  });

  it("takes what was collected of a face outside its windows for nothing", async (t) => {
    const { door, schedule } = scheduled(t);
    await schedule.start();
    await door.seeMany(owner, 3);
    await schedule.set({ windows: evening }, "Anna");
    door.minuteOfWeek = atMinute.noon;
    assert.deepEqual(await door.seeMany(owner, 2), ["outside_schedule", "outside_schedule"]);
    door.minuteOfWeek = atMinute.nineteen;
    assert.notEqual((await door.seeMany(owner, 1))[0], "unlock");
  });

  it("tells what counts, whether it allows now, and who set it", async (t) => {
    const { door, schedule } = scheduled(t, { configured: morning });
    await schedule.start();
    door.minuteOfWeek = atMinute.seven;
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const configured = { source: "config", windows: morning, allowsNow: true, clockIsTrusted: true, timeZone };
    assert.deepEqual(schedule.report(), { ...configured, changed: null, fault: null });
    await schedule.set({ windows: evening }, "Anna");
    const changed = { at: "2026-11-23T10:00:00.000Z", by: "Anna" };
    const stored = { ...configured, source: "stored", windows: evening, allowsNow: false, changed, fault: null };
    assert.deepEqual(schedule.report(), stored);
    door.minuteOfWeek = null;
    assert.deepEqual(schedule.report(), { ...stored, clockIsTrusted: false });
    await schedule.set({ windows: [] }, "Anna");
    assert.equal(schedule.report().allowsNow, true, "an empty list is always, whatever the time");
    const told = door.store.events({ types: ["schedule.changed"], afterSeq: 0, limit: 9 });
    assert.deepEqual(
      told.map(({ message, data }) => [message, data]),
      [
        ["The schedule was set to 1 window by Anna.", { by: "Anna", windows: 1 }],
        ["The schedule was set to always by Anna.", { by: "Anna", windows: 0 }],
      ],
    );
  });

  it("that was set stands after a restart, and the configuration's again after it was given back", async (t) => {
    const first = scheduled(t, { configured: morning });
    await first.schedule.start();
    await first.schedule.set({ windows: evening }, "Anna");
    const second = scheduled(t, { configured: morning, state: first.state });
    await second.schedule.start();
    assert.deepEqual(second.schedule.report(), first.schedule.report());
    await second.schedule.reset("Anna");
    const third = scheduled(t, { configured: morning, state: first.state });
    await third.schedule.start();
    assert.equal(third.schedule.report().source, "config");
  });

  it("that contradicts itself is refused, with the window that does, and changes nothing", async (t) => {
    const { door, schedule } = scheduled(t);
    await schedule.start();
    const windows = [...evening, { days: ["sun" as const], from: "10:00", to: "10:00" }];
    await assert.rejects(schedule.set({ windows }, "Anna"), (error) => {
      assert.ok(error instanceof FacelatchError);
      assert.equal(error.code, "REQUEST_INVALID");
      assert.match(error.message, /windows\[1\]\.to equals from/);
      return true;
    });
    assert.equal(schedule.report().source, "config");
    assert.deepEqual(door.events(), []);
  });
});

describe("in doubt", () => {
  it("no face opens before the schedule was read", async (t) => {
    const { door } = scheduled(t);
    assert.deepEqual(new Set(await door.seeMany(owner, 6)), new Set(["schedule_unavailable"]));
  });

  it("no face opens while its file says something else, and it can be set anew", async (t) => {
    const written = (from: string, to: string) =>
      JSON.stringify({
        windows: [{ days: ["mon"], from, to }],
        changed: { at: "2026-11-23T10:00:00.000Z", by: "Anna" },
      });
    for (const damage of ["", "{}", written("25:00", "26:00"), written("07:00", "07:00"), "x".repeat(20_000)]) {
      const { door, schedule, state } = scheduled(t);
      await mkdir(join(state, "door"));
      await writeFile(join(state, "door/schedule.json"), damage);
      await schedule.start();
      const { source, windows, allowsNow, fault } = schedule.report();
      assert.deepEqual([source, windows, allowsNow, fault!.code], ["stored", null, false, "SCHEDULE_UNAVAILABLE"]);
      assert.deepEqual(new Set(await door.seeMany(owner, 6)), new Set(["schedule_unavailable"]));
      await schedule.set({ windows: [] }, "Anna");
      assert.equal((await door.seeMany(owner, 4)).at(-1), "unlock");
      const told = door.events().filter((event) => event.startsWith("schedule"));
      assert.deepEqual(told, ["schedule.fault SCHEDULE_UNAVAILABLE", "schedule.changed", "schedule.recovered"]);
    }
  });

  it("no face opens while its folder is away, and what the disk says counts once it is back", async (t) => {
    const first = scheduled(t);
    await first.schedule.start();
    await first.schedule.set({ windows: evening }, "Anna");
    const folder = join(first.state, "door");
    await rename(folder, `${folder}.away`);
    await writeFile(folder, "a file where the folder should be");
    const { schedule } = scheduled(t, { state: first.state });
    await schedule.start();
    assert.equal(schedule.weekly, null);
    await rm(folder);
    await rename(`${folder}.away`, folder);
    await eventually(
      "it is read",
      async () => schedule.report(),
      ({ fault }) => fault === null,
    );
    assert.deepEqual(schedule.report().windows, evening);
  });

  it("one that cannot be recorded, or written, is not set", async (t) => {
    const store = memoryStore(t);
    const { schedule, state, errors } = scheduled(t, { store, configured: morning });
    await schedule.start();
    await schedule.set({ windows: evening }, "Anna");
    const before = await readFile(join(state, "door/schedule.json"), "utf8");
    const append = store.append.bind(store);
    store.append = () => {
      throw new FacelatchError("STORE_FULL", { expected: "x", found: "y", next: "z" });
    };
    for (const change of [() => schedule.set({ windows: [] }, "Anna"), () => schedule.reset("Anna")]) {
      await assert.rejects(change(), { code: "STORE_FULL" });
      assert.deepEqual(schedule.report().windows, evening);
    }
    assert.equal(await readFile(join(state, "door/schedule.json"), "utf8"), before);
    assert.deepEqual(errors, []);
    store.append = append;
    await rename(join(state, "door"), join(state, "away"));
    await writeFile(join(state, "door"), "a file where the folder should be");
    await assert.rejects(schedule.set({ windows: [] }, "Anna"), { code: "SCHEDULE_UNSAVED" });
    assert.equal(schedule.weekly, null, "what a restart would find is not known either");
  });

  it("changes at the same time are made one after another", async (t) => {
    const { schedule } = scheduled(t, { configured: morning });
    await schedule.start();
    await Promise.all([
      schedule.set({ windows: evening }, "Anna"),
      schedule.reset("Markus"),
      schedule.set({ windows: [] }, "Erik"),
    ]);
    assert.deepEqual([schedule.report().windows, schedule.report().changed!.by], [[], "Erik"]);
  });
});
