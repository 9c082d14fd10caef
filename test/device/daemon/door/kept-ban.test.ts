// A ban whose file cannot be read or written: it holds, and what somebody said goes before what the disk says later.
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { KeptBan } from "../../../../device/daemon/door/kept-ban.ts";
import type { Ban } from "../../../../device/door/door.ts";
import { memoryStore } from "../../played-door.ts";

/** A disk that was away at the start and takes nothing after it, as one that the kernel mounted read-only. */
async function unread(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const disk = { isAway: true, ban: null as Ban | null, reads: [] as (() => void)[], waits: false };
  const applied: boolean[] = [];
  const read = async (): Promise<Ban | null> => {
    if (disk.waits) await new Promise<void>((resolve) => disk.reads.push(resolve));
    if (disk.isAway) throw new Error("EIO");
    return disk.ban;
  };
  const refuse = async (): Promise<void> => {
    throw new Error("EROFS");
  };
  const kept = new KeptBan({
    file: { read, write: refuse, remove: refuse },
    apply: (on) => void applied.push(on),
    set: { type: "lockdown.set", message: "The door was locked down" },
    lifted: { type: "lockdown.cleared", message: "The lockdown was lifted" },
    ...{ stands: "It stands.", store: memoryStore(t), nowMs: () => 0, wallClock: () => new Date() },
    onError: (text) => assert.fail(text),
  });
  await kept.start();
  return { kept, disk, applied, look: () => t.mock.timers.tick(1_000) };
}

describe("a ban whose file could not be read at the start", () => {
  it("holds until that says that there is none", async (t) => {
    const { kept, disk, applied, look } = await unread(t);
    look();
    await turn();
    assert.match(kept.ban!.by, /cannot be read/);
    disk.isAway = false;
    look();
    await turn();
    assert.deepEqual([kept.ban, applied.at(-1)], [null, false]);
  });

  it("stands once somebody has set it, though that could not be written and the file says that there is none", async (t) => {
    const { kept, disk, applied, look } = await unread(t);
    await assert.rejects(kept.set("Anna"), /EROFS/);
    disk.isAway = false;
    look();
    await turn();
    assert.deepEqual([kept.ban?.by, applied.includes(false)], ["Anna", false]);
  });

  it("stands too where it is set while its file is being read again", async (t) => {
    const { kept, disk, applied, look } = await unread(t);
    Object.assign(disk, { isAway: false, waits: true });
    look();
    await turn();
    const set = kept.set("Anna");
    for (const read of disk.reads) read();
    await assert.rejects(set, /EROFS/);
    assert.deepEqual([kept.ban?.by, applied.includes(false)], ["Anna", false]);
  });
});
