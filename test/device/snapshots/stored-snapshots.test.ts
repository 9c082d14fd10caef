// Pictures of presences: of whom they are kept, how they lie on the disk, for how long, and that they are gone when erased.
import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import sharp from "sharp";
import { type ErrorCode, FacelatchError } from "../../../device/errors/errors.ts";
import type { EventType } from "../../../device/events/events.ts";
import { keyPathOf } from "../../../device/sealed/key-file.ts";
import type { SnapshotsFor } from "../../../device/snapshots/stored-snapshots.ts";
import { jpegOf } from "../feedback/open-feedback.ts";
import { hourMs, openSnapshots, refusalOf, refuse } from "./open-snapshots.ts";

const by = "the page (session 1)";
const withCode = (code: ErrorCode) => (error: unknown) => error instanceof FacelatchError && error.code === code;
const bytesOf = (jpeg: Uint8Array) => Buffer.from(jpeg);

describe("a picture is kept", () => {
  const wanted: Readonly<Record<SnapshotsFor, readonly EventType[]>> = {
    none: [],
    strangers: ["doorbell.rang"],
    refusals: ["doorbell.rang", "unlock.refused"],
    all: ["doorbell.rang", "unlock.refused", "unlock.granted"],
  };
  for (const [keepFor, types] of Object.entries(wanted) as [SnapshotsFor, readonly EventType[]][]) {
    it(`for ${keepFor} of ${types.join(", ") || "nobody"}`, async (t) => {
      const opened = openSnapshots(t, { keepFor });
      const asked = [
        "doorbell.rang",
        "unlock.refused",
        "unlock.granted",
        "presence.started",
        "presence.ended",
      ] as const;
      const kept: EventType[] = [];
      for (const [i, type] of asked.entries()) {
        const event = await refuse(opened, i + 1, { type });
        if (opened.snapshots.has(event)) kept.push(type);
      }
      assert.deepEqual(kept, types);
      assert.equal(opened.snapshots.status().state, keepFor === "none" ? "off" : "on");
      assert.equal(existsSync(join(opened.stateDir, "snapshots")), types.length > 0);
    });
  }

  it("one of each presence: the first that was wanted, of the best frame until then", async (t) => {
    const { snapshots } = openSnapshots(t, { keepFor: "all" });
    snapshots.noteFrame({ presenceId: 7, jpeg: jpegOf(1), quality: 90 });
    snapshots.noteFrame({ presenceId: 7, jpeg: jpegOf(2), quality: 120 });
    snapshots.noteFrame({ presenceId: 7, jpeg: jpegOf(3), quality: 0 });
    const [rang, refused] = [refusalOf(7, { type: "doorbell.rang" }), refusalOf(7)];
    snapshots.noteEvent(rang);
    snapshots.noteFrame({ presenceId: 7, jpeg: jpegOf(4), quality: 500 });
    snapshots.noteEvent(refused);
    await snapshots.settled();
    for (const event of [rang, refused]) {
      assert.deepEqual(bytesOf(await snapshots.picture(event)), bytesOf(jpegOf(2)));
    }
    assert.equal(snapshots.status().kept, 1);
  });

  it("of nobody else, where the event comes before the frame or names no presence", async (t) => {
    const { snapshots } = openSnapshots(t);
    snapshots.noteFrame({ presenceId: 1, jpeg: jpegOf(1), quality: 100 });
    const early = refusalOf(2);
    snapshots.noteEvent(early);
    assert.equal(snapshots.has(early), false);
    snapshots.noteFrame({ presenceId: 2, jpeg: jpegOf(2), quality: 0 });
    const strange = [
      { data: {} },
      { data: { presenceId: "2" } },
      { data: { presenceId: -1 } },
      { bootId: "../../etc", data: { presenceId: 2 } },
    ];
    for (const fields of strange) {
      snapshots.noteEvent(refusalOf(2, fields));
      assert.equal(snapshots.has(refusalOf(2, fields)), false);
    }
    await snapshots.settled();
    assert.deepEqual(bytesOf(await snapshots.picture(early)), bytesOf(jpegOf(2)));
    assert.equal(snapshots.has(refusalOf(2, { bootId: "boot-2" })), false, "another run's presence of that number");
  });

  it("no wider than the configuration says, upright, and without what the camera wrote beside it", async (t) => {
    const opened = openSnapshots(t, { widthPx: 320 });
    const grey = { create: { width: 1280, height: 720, channels: 3 as const, background: "#808080" } };
    const wide = await sharp(grey)
      .withExif({ IFD0: { Copyright: "the camera" } })
      .jpeg()
      .toBuffer();
    const stored = await opened.snapshots.picture(await refuse(opened, 1, { jpeg: wide }));
    const { width, height, exif } = await sharp(stored).metadata();
    assert.deepEqual([width, height, exif], [320, 180, undefined]);
    assert.ok(stored.length < wide.length);
    const onItsSide = await sharp(grey).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const upright = await sharp(
      await opened.snapshots.picture(await refuse(opened, 2, { jpeg: onItsSide })),
    ).metadata();
    assert.deepEqual([upright.width, upright.height, upright.orientation], [320, 569, undefined]);
  });

  it("as it came where it is narrow already, or where nothing can be made of it", async (t) => {
    const opened = openSnapshots(t, { widthPx: 320 });
    const narrow = await sharp({ create: { width: 320, height: 240, channels: 3, background: "#404040" } })
      .jpeg()
      .toBuffer();
    const wide = await sharp({ create: { width: 640, height: 480, channels: 3, background: "#404040" } })
      .jpeg()
      .toBuffer();
    for (const [i, jpeg] of [narrow, wide.subarray(0, wide.length - 200), jpegOf(9)].entries()) {
      assert.deepEqual(bytesOf(await opened.snapshots.picture(await refuse(opened, i + 1, { jpeg }))), bytesOf(jpeg));
    }
    assert.equal(opened.snapshots.status().fault, null);
  });

  it("in the memory of its own, as the camera uses its memory again", async (t) => {
    const { snapshots } = openSnapshots(t);
    const lent = jpegOf(1);
    snapshots.noteFrame({ presenceId: 1, jpeg: lent, quality: 1 });
    lent.fill(0);
    snapshots.noteEvent(refusalOf(1));
    assert.deepEqual(bytesOf(snapshots.latest(refusalOf(1))!), bytesOf(jpegOf(1)), "at once");
    assert.deepEqual(bytesOf(await snapshots.picture(refusalOf(1))), bytesOf(jpegOf(1)), "before the disk has it");
    await snapshots.settled();
    assert.equal(snapshots.latest(refusalOf(1)), null);
    assert.deepEqual(bytesOf(await snapshots.picture(refusalOf(1))), bytesOf(jpegOf(1)));
  });
});

describe("on the disk a picture", () => {
  it("is sealed, for the daemon alone, and there after a restart", async (t) => {
    const opened = openSnapshots(t);
    const event = await refuse(opened, 3);
    const folder = join(opened.stateDir, "snapshots");
    const [name] = readdirSync(folder);
    assert.equal(name, "boot-1.3.picture");
    assert.ok(!readFileSync(join(folder, name!)).includes(bytesOf(jpegOf(3)).subarray(10, 30)));
    const again = openSnapshots(t, { stateDir: opened.stateDir, keepFor: "none" }).snapshots;
    assert.deepEqual([again.has(event), again.status().kept], [true, 1]);
    assert.deepEqual(bytesOf(await again.picture(event)), bytesOf(jpegOf(3)));
  });

  it("is none where it was altered, torn, put in another's place, or its key is another", async (t) => {
    const opened = openSnapshots(t);
    const events = [];
    for (const presenceId of [1, 2, 3, 4]) events.push(await refuse(opened, presenceId));
    const at = (presenceId: number) => join(opened.stateDir, "snapshots", `boot-1.${presenceId}.picture`);
    const box = readFileSync(at(1));
    writeFileSync(at(2), box);
    writeFileSync(at(3), box.subarray(0, 100));
    box[box.length - 1]! ^= 1;
    writeFileSync(at(1), box);
    for (const event of events.slice(0, 3)) {
      await assert.rejects(opened.snapshots.picture(event), withCode("SNAPSHOT_MISSING"));
      assert.equal(opened.snapshots.has(event), false);
    }
    rmSync(keyPathOf(opened.stateDir, "snapshots"));
    const again = openSnapshots(t, { stateDir: opened.stateDir });
    const later = await refuse(again, 5);
    await assert.rejects(again.snapshots.picture(events[3]!), withCode("SNAPSHOT_MISSING"));
    assert.ok((await again.snapshots.picture(later)).length > 0, "with a new key");
  });

  it("makes room for newer ones", async (t) => {
    const opened = openSnapshots(t, { bytesMax: 30_000 });
    for (const presenceId of [1, 2, 3, 4]) await refuse(opened, presenceId, { jpeg: jpegOf(presenceId, 9_000) });
    const kept = [1, 2, 3, 4].filter((presenceId) => opened.snapshots.has(refusalOf(presenceId)));
    assert.deepEqual(kept, [2, 3, 4]);
    const tooLarge = await refuse(opened, 5, { jpeg: jpegOf(5, 40_000) });
    assert.deepEqual([opened.snapshots.has(tooLarge), opened.snapshots.status().dropped], [false, 1]);
  });
});

describe("a picture goes", () => {
  it("after its time by the monotonic clock, which is counted anew after a restart", async (t) => {
    const clock = { nowMs: 0 };
    const nowMs = () => clock.nowMs;
    const opened = openSnapshots(t, { nowMs });
    const event = await refuse(opened, 1);
    clock.nowMs = hourMs;
    assert.equal(opened.snapshots.sweep(), 0);
    const again = openSnapshots(t, { nowMs, stateDir: opened.stateDir }).snapshots;
    assert.equal(again.has(event), true);
    clock.nowMs = hourMs + 1;
    assert.deepEqual([opened.snapshots.sweep(), again.sweep()], [1, 0]);
  });

  it("though something lies there that is no picture", async (t) => {
    const clock = { nowMs: 0 };
    const { stateDir } = openSnapshots(t);
    mkdirSync(join(stateDir, "snapshots", "boot-0.1.picture"), { recursive: true, mode: 0o700 });
    const opened = openSnapshots(t, { stateDir, nowMs: () => clock.nowMs });
    await refuse(opened, 1);
    assert.deepEqual([opened.faults, opened.snapshots.status().kept], [[], 1]);
    clock.nowMs = hourMs + 1;
    assert.equal(opened.snapshots.sweep(), 1);
    assert.equal(opened.snapshots.has(refusalOf(1)), false);
  });

  it("by the wall clock once that is trusted, be it long ago or far ahead", async (t) => {
    const wall = { ms: 0 };
    const opened = openSnapshots(t, { retentionClock: () => new Date(wall.ms) });
    const events = [];
    for (const presenceId of [1, 2, 3]) events.push(await refuse(opened, presenceId));
    const now = Date.now();
    const at = (presenceId: number) => join(opened.stateDir, "snapshots", `boot-1.${presenceId}.picture`);
    utimesSync(at(1), new Date(now - 2 * hourMs), new Date(now - 2 * hourMs));
    utimesSync(at(2), new Date(now + 2 * hourMs), new Date(now + 2 * hourMs));
    const again = openSnapshots(t, { retentionClock: () => new Date(wall.ms), stateDir: opened.stateDir }).snapshots;
    assert.equal(again.sweep(), 0, "by a clock that is not trusted nothing is old");
    wall.ms = now;
    assert.equal(again.sweep(), 2);
    assert.deepEqual(
      events.map((event) => again.has(event)),
      [false, false, true],
    );
    assert.deepEqual(readdirSync(join(opened.stateDir, "snapshots")), ["boot-1.3.picture"]);
  });

  it("when it is erased, with an event before", async (t) => {
    const opened = openSnapshots(t);
    const [kept, gone] = [await refuse(opened, 1), await refuse(opened, 2)];
    await opened.snapshots.erase(gone, by);
    assert.deepEqual([opened.snapshots.has(kept), opened.snapshots.has(gone)], [true, false]);
    assert.deepEqual(readdirSync(join(opened.stateDir, "snapshots")), ["boot-1.1.picture"]);
    assert.deepEqual(
      opened.events.map(({ type, data }) => [type, data]),
      [["snapshots.erased", { by, eventSeq: 20 }]],
    );
    await assert.rejects(opened.snapshots.erase(gone, by), withCode("SNAPSHOT_MISSING"));
    assert.equal(opened.events.length, 1);
  });

  it("for good, though its presence is still in view and comes to something else", async (t) => {
    const opened = openSnapshots(t);
    const { snapshots } = opened;
    snapshots.noteFrame({ presenceId: 1, jpeg: jpegOf(1), quality: 100 });
    snapshots.noteEvent(refusalOf(1, { type: "doorbell.rang" }));
    await snapshots.settled();
    await snapshots.erase(refusalOf(1), by);
    await refuse(opened, 1);
    assert.equal(snapshots.has(refusalOf(1)), false);
    assert.deepEqual(readdirSync(join(opened.stateDir, "snapshots")), []);
    assert.equal(snapshots.has(await refuse(opened, 2)), true, "and whoever comes next has a picture");
  });

  it("for good also with all others, while its presence is still in view", async (t) => {
    const opened = openSnapshots(t);
    const { snapshots } = opened;
    const rang = await refuse(opened, 1, { type: "doorbell.rang" });
    await snapshots.eraseAll(by);
    await refuse(opened, 1);
    assert.equal(snapshots.has(rang), false);
    assert.deepEqual(readdirSync(join(opened.stateDir, "snapshots")), []);
    assert.equal(snapshots.has(await refuse(opened, 2)), true, "and whoever comes next has a picture");
  });

  it("not, where its erasure cannot be recorded or done", async (t) => {
    const full = new FacelatchError("STORE_FULL", { expected: "space", found: "none", next: "Free some." });
    const opened = openSnapshots(t, {
      record: () => {
        throw full;
      },
    });
    const event = await refuse(opened, 1);
    for (const erase of [() => opened.snapshots.erase(event, by), () => opened.snapshots.eraseAll(by)]) {
      await assert.rejects(erase(), full);
    }
    assert.equal(opened.snapshots.has(event), true);
    const { snapshots, stateDir } = openSnapshots(t, { stateDir: opened.stateDir });
    mkdirSync(join(stateDir, "snapshots", "boot-1.1.picture.d"));
    await assert.rejects(snapshots.eraseAll(by), withCode("SNAPSHOTS_UNAVAILABLE"));
  });

  it("with all others and their key; what the disk still holds of them does not open", async (t) => {
    const opened = openSnapshots(t);
    const event = await refuse(opened, 1);
    const path = join(opened.stateDir, "snapshots", "boot-1.1.picture");
    const box = readFileSync(path);
    opened.snapshots.noteFrame({ presenceId: 2, jpeg: jpegOf(2), quality: 1 });
    opened.snapshots.noteEvent(refusalOf(2));
    await opened.snapshots.eraseAll(by);
    assert.deepEqual([opened.snapshots.has(event), opened.snapshots.has(refusalOf(2))], [false, false]);
    assert.deepEqual(readdirSync(join(opened.stateDir, "snapshots")), []);
    assert.equal(existsSync(keyPathOf(opened.stateDir, "snapshots")), false);
    assert.deepEqual(opened.events[0]?.data, { by, pictures: 2 });
    opened.snapshots.noteEvent(refusalOf(2));
    assert.equal(opened.snapshots.has(refusalOf(2)), false, "nor is it kept from memory");
    await refuse(opened, 3);
    writeFileSync(path, box);
    const again = openSnapshots(t, { stateDir: opened.stateDir }).snapshots;
    await assert.rejects(again.picture(event), withCode("SNAPSHOT_MISSING"));
  });
});

describe("an erasure of nothing", () => {
  it("is recorded by nobody, and leaves neither key nor memory", async (t) => {
    const opened = openSnapshots(t);
    await opened.snapshots.eraseAll(by);
    const event = await refuse(opened, 1);
    await opened.snapshots.erase(event, by);
    assert.equal(opened.events.length, 1);
    opened.snapshots.noteFrame({ presenceId: 2, jpeg: jpegOf(2), quality: 1 });
    await opened.snapshots.eraseAll(by);
    assert.equal(opened.events.length, 1);
    assert.equal(existsSync(keyPathOf(opened.stateDir, "snapshots")), false);
    opened.snapshots.noteEvent(refusalOf(2));
    assert.equal(opened.snapshots.has(refusalOf(2)), false);
  });
});

describe("what goes wrong", () => {
  it("costs the picture and nothing else: a disk that takes nothing, a key that others may read", async (t) => {
    const opened = openSnapshots(t);
    writeFileSync(join(opened.stateDir, "snapshots"), "in the way");
    const event = await refuse(opened, 1);
    const status = opened.snapshots.status();
    assert.deepEqual([opened.snapshots.has(event), status.state, status.dropped], [false, "failed", 1]);
    assert.equal(status.fault?.code, "SNAPSHOTS_UNAVAILABLE");
    assert.equal(opened.faults.length, 1);
    await refuse(opened, 2);
    assert.equal(opened.faults.length, 1, "told once");
    rmSync(join(opened.stateDir, "snapshots"));
    const { snapshots } = openSnapshots(t, { stateDir: opened.stateDir });
    await refuse({ snapshots }, 3);
    assert.equal(snapshots.status().state, "on");
    chmodSync(keyPathOf(opened.stateDir, "snapshots"), 0o644);
    const open = openSnapshots(t, { stateDir: opened.stateDir });
    await refuse(open, 4);
    assert.match(open.snapshots.status().fault?.message ?? "", /mode 0600/);
    await assert.rejects(open.snapshots.picture(event), withCode("SNAPSHOTS_UNAVAILABLE"));
    await open.snapshots.eraseAll(by);
    assert.deepEqual(readdirSync(join(opened.stateDir, "snapshots")), [], "erased though it could not be opened");
  });

  it("takes nothing of a disk that the record needs", async (t) => {
    const disk = { isLow: true };
    const opened = openSnapshots(t, { isDiskLow: () => disk.isLow });
    assert.equal(opened.snapshots.has(await refuse(opened, 1)), false);
    disk.isLow = false;
    assert.equal(opened.snapshots.has(await refuse(opened, 2)), true);
    assert.equal(opened.snapshots.status().dropped, 1);
  });

  it("keeps no more than four pictures waiting for the disk", async (t) => {
    const { snapshots } = openSnapshots(t);
    for (let presenceId = 1; presenceId <= 6; presenceId++) {
      snapshots.noteFrame({ presenceId, jpeg: jpegOf(presenceId), quality: 1 });
      snapshots.noteEvent(refusalOf(presenceId));
    }
    await snapshots.settled();
    assert.deepEqual([snapshots.status().kept, snapshots.status().dropped], [4, 2]);
  });
});
