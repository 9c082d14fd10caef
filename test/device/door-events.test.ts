// Which decisions are worth an event: one refusal a presence, with the reason that a person can act on.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Check } from "typebox/value";
import type { RefusalReason } from "../../device/decision/decision.ts";
import {
  type DoorFrame,
  doorEvents,
  type PresenceRecord,
  recordPresence,
  unlockEvent,
} from "../../device/door-events.ts";
import { type NewEvent, newEventSchema } from "../../device/events/events.ts";
import { Door, lookAlike, owner, stranger } from "./decision/door.ts";

const housemate = { ...owner, verifiedScore: 0.7, householdMargin: -0.1 };

type Sight = typeof owner | null | "fault";

/** Shows each sight to a real decision, and gathers the events of all. */
class Watched {
  readonly door = new Door({ rigidityMax: 1.5 });
  readonly events: NewEvent[] = [];
  record: PresenceRecord | null = null;

  see(sight: Sight, frames = 1): this {
    for (let i = 0; i < frames; i++) {
      const decision = sight === "fault" ? this.door.fail("vision_fault") : this.door.see(sight);
      const frame: DoorFrame = {
        decision,
        frameSeq: this.door.seq,
        face: sight === "fault" ? null : sight,
        nowMs: this.door.nowMs,
      };
      this.events.push(...doorEvents(this.record, frame));
      this.record = recordPresence(this.record, frame);
    }
    return this;
  }

  gone(): this {
    this.door.wait(2_000);
    return this.see(null);
  }

  get types(): string[] {
    return this.events.map(({ type, reason }) => (reason === null ? type : `${type} ${reason}`));
  }
}

describe("somebody who is refused", () => {
  it("as a picture of a face is told of with what it went by", () => {
    const cueOf = (watched: Watched) =>
      watched.gone().events.find(({ type }) => type === "unlock.refused")?.data["spoofCue"];
    assert.equal(cueOf(new Watched().see({ ...owner, spoofSuspected: true }, 3)), "texture");
    assert.equal(cueOf(new Watched().see({ ...owner, surroundLogRatio: 1 }, 3)), "motion");
    assert.equal(cueOf(new Watched().see({ ...owner, surroundLogRatio: 1 }, 3).see(null)), "motion");
    assert.equal(cueOf(new Watched().see({ ...owner, spoofSuspected: true }, 3).see(stranger)), undefined);
  });

  it("makes one refusal when they leave, with the last reason and the best score", () => {
    const watched = new Watched().see(stranger, 3).see(housemate, 2).gone();
    assert.deepEqual(watched.types, ["presence.started", "unlock.refused household_member", "presence.ended"]);
    const [, refused, ended] = watched.events;
    assert.deepEqual(refused?.data, { frameSeq: 5, presenceId: 1, verifiedScoreMax: 0.7, frames: 5 });
    assert.equal(refused?.message, "The face is a housemate's, or too like one.");
    assert.equal(ended?.data["presenceId"], 1);
    assert.equal(ended?.data["seenMs"], 400);
  });

  it("is not refused for frames in which nobody was seen", () => {
    const watched = new Watched().see(stranger).see(null, 3).gone();
    assert.deepEqual(watched.types, ["presence.started", "unlock.refused not_owner", "presence.ended"]);
    assert.equal(watched.events[1]?.data["frameSeq"], 1);
  });

  it("is told apart from somebody else who steps in", () => {
    const elsewhere = { ...stranger, box: { ...stranger.box, leftPx: 400 } };
    const watched = new Watched().see(housemate, 2).see(elsewhere, 2).gone();
    assert.deepEqual(watched.types, [
      "presence.started",
      "unlock.refused household_member",
      "presence.ended",
      "presence.started",
      "unlock.refused not_owner",
      "presence.ended",
    ]);
    assert.deepEqual(
      watched.events.map(({ data }) => data["presenceId"]),
      [1, 1, 1, 2, 2, 2],
    );
  });

  it("is told the fault that kept the door locked", () => {
    const watched = new Watched().see(owner, 2).see("fault").gone();
    assert.deepEqual(watched.types.slice(1), ["unlock.refused vision_fault", "presence.ended"]);
  });
});

describe("somebody who was let in", () => {
  it("makes no refusal", () => {
    const watched = new Watched().see(owner, 4);
    watched.record = { ...watched.record!, unlocked: true };
    assert.deepEqual(watched.gone().types, ["presence.started", "presence.ended"]);
  });
});

describe("near misses", () => {
  it("make one event when a wait begins, with its length", () => {
    const watched = new Watched();
    for (let i = 0; i < 5; i++) watched.see(lookAlike, 2).gone();
    const waits = watched.events.filter(({ type }) => type === "lockout.started");
    assert.deepEqual(
      waits.map(({ reason, data }) => [reason, data["waitMs"]]),
      [["lockout", 29_900]],
    );
  });
});

describe("an unlock", () => {
  it("records the frame, the presence and the score, rounded", () => {
    const door = new Door();
    const face = { ...owner, ownerScore: 0.987_654_321, verifiedScore: 0.812_345_6, householdMargin: 0.3 };
    const decision = door.see(face, 4);
    assert.equal(decision.kind, "unlock");
    const event = unlockEvent({ decision, frameSeq: 4, face, nowMs: 12.5 });
    assert.deepEqual(event, {
      type: "unlock.granted",
      monotonicMs: 12.5,
      reason: null,
      message: "The owner was recognised; the door opens.",
      data: {
        frameSeq: 4,
        presenceId: 1,
        ownerScore: 0.9877,
        verifiedScore: 0.8123,
        householdMargin: 0.3,
        agreeing: 4,
      },
    });
  });
});

describe("any sequence of sights", () => {
  it("makes events that their schema allows: each presence starts, is refused at most once, and ends", () => {
    const sight = fc.constantFrom<Sight>(owner, lookAlike, stranger, null, "fault");
    const step = fc.tuple(sight, fc.integer({ min: 1, max: 4 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const watched = new Watched();
        for (const [what, frames, leaves] of steps) {
          watched.see(what, frames);
          if (leaves) watched.gone();
        }
        for (const event of watched.events) assert.ok(Check(newEventSchema, event), JSON.stringify(event));
        const ofPresence = new Map<unknown, string[]>();
        for (const { type, data } of watched.events) {
          const id = data["presenceId"];
          if (id !== undefined) ofPresence.set(id, [...(ofPresence.get(id) ?? []), type]);
        }
        for (const types of ofPresence.values()) {
          assert.match(types.join(" "), /^presence\.started( (unlock\.refused )?presence\.ended)?$/);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("leaves a record of the presence in view alone", () => {
    const reasons: RefusalReason[] = [];
    const watched = new Watched().see(stranger).see(housemate);
    reasons.push(watched.record!.reason!);
    watched.gone();
    assert.deepEqual([reasons, watched.record], [["household_member"], null]);
  });
});
