// Who makes the bell ring: strangers who stay, each once, and nobody else.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StrangerBell } from "../../../../device/daemon/record/stranger-bell.ts";
import type { Decision, RefusalReason } from "../../../../device/decision/decision.ts";
import type { NewEvent } from "../../../../device/events/events.ts";

const nothing = { presenceChange: null, presenceEnded: null, lockoutUntilMs: null } as const;

const times = (n: number, reason: RefusalReason | null) => Array.from({ length: n }, () => reason);

function decisionOf(presenceId: number | null, reason: RefusalReason | null): Decision {
  const seen = { startedAtMs: 0, lastSeenAtMs: 1, frames: 1, agreeing: 0 };
  const about = { presence: presenceId === null ? null : { id: presenceId, ...seen }, ...nothing };
  if (reason !== null) return { kind: "refuse", reason, ...about };
  const grant = { presenceId: presenceId ?? 0, decidedAtMs: 0, newestFrameAtMs: 0, expiresAtMs: 1 };
  return { kind: "unlock", grant, ...about };
}

function openBell() {
  const rung: NewEvent[] = [];
  const bell = new StrangerBell(
    (event) => rung.push(event),
    () => 7,
  );
  const note = (presenceId: number | null, reasons: readonly (RefusalReason | null)[]): void => {
    for (const reason of reasons) bell.noteLook({ decision: decisionOf(presenceId, reason) });
  };
  return { note, rung };
}

function rings(...reasons: readonly (RefusalReason | null)[]): number {
  const { note, rung } = openBell();
  note(1, reasons);
  return rung.length;
}

describe("the bell", () => {
  it("rings once for a stranger who stays", () => {
    assert.equal(rings(...times(4, "not_owner")), 0);
    assert.equal(rings(...times(5, "not_owner")), 1);
    assert.equal(rings(...times(3, "masked"), "turned_away", ...times(40, "not_owner")), 1);
  });

  it("rings for nobody who was let in, was once taken for the owner, lives here, or could not be judged", () => {
    assert.equal(rings(null, ...times(20, "not_owner")), 0);
    assert.equal(rings("not_owner", "too_few_frames", ...times(20, "not_owner")), 0);
    assert.equal(rings(...times(20, "household_member")), 0);
    assert.equal(rings(...times(20, "too_dark")), 0);
  });

  it("rings again for the next one, and says for which presence", () => {
    const { note, rung } = openBell();
    for (const presenceId of [1, 2, 2, 3]) note(presenceId, times(6, "not_owner"));
    assert.deepEqual(
      rung.map(({ data }) => data["presenceId"]),
      [1, 2, 3],
    );
    const [{ message, data, ...first }] = rung as [NewEvent];
    assert.deepEqual(first, { type: "doorbell.rang", monotonicMs: 7, reason: "not_owner" });
  });

  it("does not ring while nobody is there", () => {
    const { note, rung } = openBell();
    note(null, times(20, "no_face"));
    assert.deepEqual(rung, []);
  });
});
