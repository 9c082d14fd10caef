// The door's loop: what happens in which order, and that whatever fails leaves the door locked.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type ErrorCode, FacelatchError } from "../../device/errors/errors.ts";
import type { NewEvent } from "../../device/events/events.ts";
import { RecoveringStore } from "../../device/store/recovering-store.ts";
import type { Store } from "../../device/store/store.ts";
import { policy } from "./decision/door.ts";
import { flat, living, lookAt, type Scene } from "./moved-picture.ts";
import { analysisOf, bundle, memoryStore, outcomeOf, PlayedDoor, PlayedRelay } from "./played-door.ts";

const owner = analysisOf(0.97);
const stranger = analysisOf(0.1);
const nobody = analysisOf(null);
/** As the played door's policy says: with the fourth agreeing frame. */
const framesToOpen = 4;

function fault(code: ErrorCode): FacelatchError {
  return new FacelatchError(code, { expected: "x", found: "y", next: "z" });
}

interface Ending {
  after(end: () => void | Promise<void>): void;
}

/** A store that calls `before` with each event first, which may throw instead of the store. */
function storeWith(t: Ending, before: (event: NewEvent) => void): Store {
  const store = memoryStore(t);
  const append = store.append.bind(store);
  store.append = (event) => {
    before(event);
    return append(event);
  };
  return store;
}

/** A store that cannot be opened while `away` is true. */
function breakableStore(t: Ending): { readonly store: Store; away: boolean } {
  const opened = memoryStore(t);
  const breakable = {
    away: true,
    store: new RecoveringStore({
      open: () => {
        if (breakable.away) throw fault("STORE_UNAVAILABLE");
        return opened;
      },
      retryMs: 0,
      nowMs: () => 0,
    }),
  };
  return breakable;
}

/** The owner's face in frames in which it moves to and fro, with what goes along with it. */
async function seeMoving(door: PlayedDoor, goesAlong: Scene["goesAlong"], frames: number): Promise<string[]> {
  const outcomes: string[] = [];
  for (let i = 0; i < frames; i++) {
    const surround = lookAt({ xPx: (i % 2) * 10, yPx: 0, goesAlong });
    outcomes.push(outcomeOf(await door.see({ ...owner, subject: { ...owner.subject!, surround } })));
  }
  return outcomes;
}

describe("an enrolment", () => {
  it("keeps the door locked for every face, and a hand opens it", async (t) => {
    const door = new PlayedDoor(t);
    await door.seeMany(owner, framesToOpen - 1);
    door.pipeline.setEnrolling(true);
    assert.deepEqual(new Set(await door.seeMany(owner, 10)), new Set(["enrolling"]));
    assert.equal(door.relay.pulses, 0);
    assert.equal(await door.pipeline.openByHand({ by: "a hand", requestId: "1" }), null);
    await door.relay.endPulse();
    door.nowMs += policy.cooldownMs;
    door.pipeline.setEnrolling(false);
    assert.equal((await door.seeMany(owner, framesToOpen)).at(-1), "unlock");
  });

  it("that begins while an unlock is recorded stops it at the relay", async (t) => {
    const store = storeWith(t, ({ type }) => {
      if (type === "unlock.granted") door.pipeline.setEnrolling(true);
    });
    const door: PlayedDoor = new PlayedDoor(t, { store });
    assert.equal((await door.seeMany(owner, framesToOpen)).at(-1), "enrolling");
    assert.equal(door.relay.pulses, 0);
  });
});

describe("a case that is open", () => {
  it("keeps the door locked for every face, from the moment it is told, and a hand opens it", async (t) => {
    const door = new PlayedDoor(t);
    await door.seeMany(owner, framesToOpen - 1);
    door.pipeline.setTamper("tampered");
    assert.deepEqual(new Set(await door.seeMany(owner, 10)), new Set(["tampered"]));
    assert.equal(door.relay.pulses, 0);
    assert.equal(await door.pipeline.openByHand({ by: "a hand", requestId: "1" }), null);
    await door.relay.endPulse();
    door.nowMs += policy.cooldownMs;
    door.pipeline.setTamper(null);
    assert.equal((await door.seeMany(owner, framesToOpen)).at(-1), "unlock");
  });
});

describe("a face that moves", () => {
  const moving = { policy: () => ({ ...policy, rigidityMax: 1.5 }) };

  it("before a room that stands opens the door", async (t) => {
    const door = new PlayedDoor(t, moving);
    assert.equal((await seeMoving(door, living, framesToOpen)).at(-1), "unlock");
  });

  it("with all that is around it does not, and the record says by which cue", async (t) => {
    const door = new PlayedDoor(t, moving);
    assert.deepEqual((await seeMoving(door, flat, 8)).slice(1), Array(7).fill("spoof_suspected"));
    assert.equal(door.relay.pulses, 0);
    door.nowMs += 2_000;
    await door.see(nobody);
    const refused = door.store.events({ afterSeq: 0, limit: 500 }).find(({ type }) => type === "unlock.refused");
    assert.deepEqual([refused?.reason, refused?.data["spoofCue"]], ["spoof_suspected", "motion"]);
  });
});

describe("an owner before the door", () => {
  it("is let in with enough frames, once, and the record is stored before the relay is driven", async (t) => {
    let eventsAtPulse: string[] = [];
    const relay = new PlayedRelay(() => {
      eventsAtPulse = door.events();
    });
    const door = new PlayedDoor(t, { relay });
    assert.deepEqual(await door.seeMany(owner, framesToOpen - 1), [
      "too_few_frames",
      "too_few_frames",
      "too_few_frames",
    ]);
    assert.equal(outcomeOf(await door.see(owner)), "unlock");
    assert.equal(relay.pulses, 1);
    assert.equal(eventsAtPulse.at(-1), "unlock.granted");
    assert.deepEqual(await door.seeMany(owner, 5), Array(5).fill("pulse_active"));
    await relay.endPulse();
    assert.equal(outcomeOf(await door.see(owner)), "cooldown");
    door.nowMs += 5_000;
    await door.see(nobody);
    assert.deepEqual(door.events(), ["presence.started", "unlock.granted", "presence.ended"]);
    assert.equal(relay.pulses, 1);
  });

  it("is let in again after the cooldown, with frames from after it", async (t) => {
    const door = new PlayedDoor(t);
    await door.seeMany(owner, framesToOpen);
    await door.relay.endPulse();
    door.nowMs += 5_000;
    const outcomes = await door.seeMany(owner, framesToOpen);
    assert.deepEqual(outcomes.slice(-2), ["too_few_frames", "unlock"]);
    assert.equal(door.relay.pulses, 2);
  });

  it("is judged by the bundle's own threshold", async (t) => {
    const door = new PlayedDoor(t);
    door.vision.bundle = { ...bundle, thresholds: { ...bundle.thresholds, verifiedScoreMin: 0.98 } };
    assert.deepEqual(await door.seeMany(owner, 6), Array(6).fill("not_owner"));
    assert.equal(door.relay.pulses, 0);
  });

  it("records which frame, which presence and which score opened the door", async (t) => {
    const door = new PlayedDoor(t);
    await door.seeMany(owner, framesToOpen);
    const [granted] = door.store.events({ types: ["unlock.granted"], limit: 1 });
    assert.deepEqual(granted?.data, {
      frameSeq: 4,
      presenceId: 1,
      ownerScore: 0.97,
      verifiedScore: 0.97,
      householdMargin: null,
      agreeing: 4,
    });
    assert.equal(granted?.monotonicMs, door.nowMs);
  });
});

describe("anybody else before the door", () => {
  it("is refused, once in the record, with the last reason", async (t) => {
    const door = new PlayedDoor(t);
    assert.deepEqual(await door.seeMany(stranger, 5), Array(5).fill("not_owner"));
    await door.seeMany(analysisOf(0.7, 0.1), 2);
    door.nowMs += 2_000;
    await door.see(nobody);
    assert.deepEqual(door.events(), ["presence.started", "unlock.refused classifier_disagrees", "presence.ended"]);
    const [refused] = door.store.events({ types: ["unlock.refused"], limit: 1 });
    assert.deepEqual(refused?.data, { frameSeq: 7, presenceId: 1, verifiedScoreMax: 0.7, frames: 7 });
    assert.equal(door.relay.pulses, 0);
  });
});

describe("a record that cannot be stored", () => {
  it("keeps the door locked where it is required, and opens it once it can be stored", async (t) => {
    const breakable = breakableStore(t);
    const door = new PlayedDoor(t, { store: breakable.store });
    const outcomes = await door.seeMany(owner, framesToOpen + 3);
    assert.deepEqual(outcomes.slice(-4), Array(4).fill("audit_unavailable"));
    assert.equal(door.relay.pulses, 0);
    assert.equal(door.errors.filter((text) => text.startsWith("An unlock could not be recorded: ")).length, 4);
    breakable.away = false;
    assert.equal(outcomeOf(await door.see(owner)), "unlock");
    assert.deepEqual(door.events(), ["unlock.granted"]);
    assert.equal(door.relay.pulses, 1);
  });

  it("is told as the reason when the presence ends", async (t) => {
    const breakable = breakableStore(t);
    const door = new PlayedDoor(t, { store: breakable.store });
    await door.seeMany(owner, framesToOpen);
    breakable.away = false;
    door.nowMs += 2_000;
    await door.see(nobody);
    assert.deepEqual(door.events(), ["unlock.refused audit_unavailable", "presence.ended"]);
  });

  it("opens the door all the same where it is not required", async (t) => {
    const door = new PlayedDoor(t, { store: breakableStore(t).store, auditRequired: false });
    assert.equal((await door.seeMany(owner, framesToOpen)).at(-1), "unlock");
    assert.equal(door.relay.pulses, 1);
  });
});

describe("an unlock that is judged again at the relay", () => {
  /** A door at which something happens while the record is being written. */
  function doorWhereStoring(t: Ending, happens: (door: PlayedDoor) => void): PlayedDoor {
    const store = storeWith(t, ({ type }) => {
      if (type === "unlock.granted") happens(door);
    });
    const door = new PlayedDoor(t, { store });
    return door;
  }

  for (const [what, reason, happens] of [
    ["writing took longer than a frame may be old", "grant_expired", (door: PlayedDoor) => (door.nowMs += 1_500)],
    ["the clock ran backwards meanwhile", "clock_fault", (door: PlayedDoor) => (door.nowMs -= 500)],
    ["the clock stopped being a number", "clock_fault", (door: PlayedDoor) => (door.nowMs = Number.NaN)],
  ] as const) {
    it(`is refused when ${what}, and the record says so`, async (t) => {
      const door = doorWhereStoring(t, (at) => {
        const before = at.nowMs;
        happens(at);
        // The events of the same frame still need a time.
        if (Number.isNaN(at.nowMs)) queueMicrotask(() => (at.nowMs = before));
      });
      const outcomes = await door.seeMany(owner, framesToOpen);
      assert.equal(outcomes.at(-1), reason);
      assert.equal(door.relay.pulses, 0);
      assert.deepEqual(door.events(), ["presence.started", "unlock.granted", `unlock.refused ${reason}`]);
    });
  }

  it("is refused outside the schedule, which may begin meanwhile", async (t) => {
    const store = storeWith(t, ({ type }) => {
      if (type === "unlock.granted") door.minuteOfWeek = 60;
    });
    const schedule = [{ fromMinute: 0, toMinute: 60 }];
    const { policy } = await import("./decision/door.ts");
    const door: PlayedDoor = new PlayedDoor(t, {
      store,
      policy: (thresholds) => ({ ...policy, ...thresholds, schedule }),
    });
    assert.equal((await door.seeMany(owner, framesToOpen)).at(-1), "outside_schedule");
    assert.equal(door.relay.pulses, 0);
  });
});

describe("a relay that fails", () => {
  it("is told once for each attempt, and is tried again after the cooldown", async (t) => {
    const door = new PlayedDoor(t);
    await door.seeMany(owner, framesToOpen);
    await door.relay.endPulse(fault("RELAY_UNAVAILABLE"));
    assert.deepEqual(door.events(), ["presence.started", "unlock.granted", "relay.fault RELAY_UNAVAILABLE"]);
    assert.equal(outcomeOf(await door.see(owner)), "cooldown");
    door.nowMs += 5_000;
    await door.seeMany(owner, framesToOpen);
    assert.equal(door.relay.pulses, 2);
  });

  it("that never ends its pulse is not asked for another", async (t) => {
    const door = new PlayedDoor(t);
    await door.seeMany(owner, framesToOpen);
    door.nowMs += 60_000;
    assert.deepEqual(await door.seeMany(owner, 10), Array(10).fill("pulse_active"));
    assert.equal(door.relay.pulses, 1);
  });
});

describe("a frame that cannot be judged", () => {
  for (const [code, reason] of [
    ["VISION_CRASHED", "vision_fault"],
    ["VISION_TIMEOUT", "vision_fault"],
    ["VISION_BUSY", "vision_fault"],
    ["VISION_UNAVAILABLE", "vision_fault"],
    ["INTERNAL", "vision_fault"],
    ["FRAME_INVALID", "frame_invalid"],
    ["BUNDLE_MISSING", "bundle_missing"],
  ] as const) {
    it(`because of ${code} is refused as ${reason}, and what was collected before it is forgotten`, async (t) => {
      const door = new PlayedDoor(t);
      await door.seeMany(owner, framesToOpen - 1);
      const look = await door.see(fault(code));
      assert.deepEqual([outcomeOf(look), look.analysis], [reason, null]);
      assert.deepEqual(await door.seeMany(owner, framesToOpen), [
        ...Array(framesToOpen - 1).fill("too_few_frames"),
        "unlock",
      ]);
      assert.equal(door.relay.pulses, 1);
    });
  }

  it("sustains no pulse that a face earned, and one by hand all the same", async (t) => {
    const door = new PlayedDoor(t);
    await door.seeMany(owner, framesToOpen);
    assert.equal((await door.see(owner)).sustainsPulse, true);
    assert.equal((await door.see(fault("VISION_CRASHED"))).sustainsPulse, false);
    await door.relay.endPulse();
    door.nowMs += policy.cooldownMs;
    assert.equal(await door.pipeline.openByHand({ by: "a hand", requestId: "1" }), null);
    assert.equal((await door.see(fault("VISION_CRASHED"))).sustainsPulse, true);
    await door.relay.endPulse();
    door.nowMs += policy.cooldownMs;
    await door.seeMany(owner, framesToOpen);
    assert.equal((await door.see(fault("VISION_CRASHED"))).sustainsPulse, false);
  });

  it("because its bundle was made for another owner is refused, whatever its scores", async (t) => {
    const door = new PlayedDoor(t);
    door.vision.bundle = { ...bundle, ownerLabel: "others" };
    assert.deepEqual(await door.seeMany(analysisOf(0), 6), Array(6).fill("bundle_missing"));
    door.vision.bundle = null;
    assert.deepEqual(await door.seeMany(owner, 6), Array(6).fill("bundle_missing"));
    assert.equal(door.relay.pulses, 0);
  });

  it("together with what another bundle's models agreed on is not counted", async (t) => {
    const door = new PlayedDoor(t);
    await door.seeMany(owner, framesToOpen - 1);
    door.vision.bundle = { ...bundle, sha256: "1".repeat(64) };
    const outcomes = await door.seeMany(owner, framesToOpen);
    assert.deepEqual(outcomes, ["too_few_frames", "too_few_frames", "too_few_frames", "unlock"]);
  });

  it("because it was never delivered is a fault of the camera, and ends the presence in time", async (t) => {
    const door = new PlayedDoor(t, { frameWaitMs: 5 });
    await door.see(stranger);
    const look = await door.nextLook();
    assert.deepEqual([look.frame, look.analysis, outcomeOf(look)], [null, null, "camera_fault"]);
    door.nowMs += 5_000;
    await door.nextLook();
    await door.nextLook();
    assert.equal(door.events().at(-1), "presence.ended");
  });
});

describe("the loop", () => {
  it("ends when it is told to, and judges no frame after that", async (t) => {
    const door = new PlayedDoor(t);
    await door.see(owner);
    await door.end();
    await door.ended;
    assert.equal(door.looks.length, 1);
  });

  it("ends with the camera's error where that is a defect", async (t) => {
    const door = new PlayedDoor(t);
    door.camera.failure = new Error("a second call of next()");
    await door.see(owner);
    await assert.rejects(door.ended, /a second call/);
  });
});

describe("whatever happens", () => {
  it("the relay is driven only after a stored record, with the owner in the newest frame, and never during a pulse", async (t) => {
    const others = fc.constantFrom("stranger", "nobody", "fault", "break", "mend", "end", "fail");
    const happening = fc.oneof({ weight: 2, arbitrary: fc.constant("owner") }, { weight: 1, arbitrary: others });
    let pulses = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 20, maxLength: 80 }), async (happenings) => {
        const breakable = breakableStore(t);
        breakable.away = false;
        const answers = { owner, stranger, nobody, fault: fault("VISION_CRASHED") } as const;
        let lastSeen = "";
        let active = false;
        let granted = 0;
        let failing = false;
        const store = storeWith(t, ({ type }) => {
          if (failing) throw fault("STORE_FULL");
          if (type === "unlock.granted") granted++;
        });
        const relay = new PlayedRelay(() => {
          assert.equal(active, false);
          assert.equal(lastSeen, "owner");
          assert.equal(failing, false);
          active = true;
        });
        const door = new PlayedDoor(t, { store, relay });
        for (const what of happenings) {
          if (what === "break" || what === "mend") failing = what === "break";
          else if (what === "end" || what === "fail") {
            await relay.endPulse(what === "fail" ? fault("RELAY_UNAVAILABLE") : undefined);
            active = false;
            door.nowMs += 5_000;
          } else {
            lastSeen = what;
            await door.see(answers[what as keyof typeof answers]);
          }
        }
        assert.ok(relay.pulses <= granted);
        pulses += relay.pulses;
        await door.end();
        await door.ended;
      }),
      { numRuns: 60 },
    );
    assert.ok(pulses > 0, "no run ever opened the door");
  });
});
