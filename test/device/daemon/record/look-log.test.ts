// What a talkative log tells of the door: each change of mind once, and each frame to whoever wants all of them.
import assert from "node:assert/strict";
import { it } from "node:test";
import { LookLog } from "../../../../device/daemon/record/look-log.ts";
import type { Decision } from "../../../../device/decision/decision.ts";
import type { Look } from "../../../../device/pipeline.ts";

const nothing = { presence: null, presenceChange: null, presenceEnded: null, lockoutUntilMs: null } as const;

it("each change of mind is told at debug, and each frame at trace", () => {
  const told: string[] = [];
  const log = new LookLog({ debug: (text) => told.push(`debug ${text}`), trace: (text) => told.push(`trace ${text}`) });
  const decisions: Decision[] = [
    { kind: "refuse", reason: "no_face", ...nothing },
    { kind: "refuse", reason: "no_face", ...nothing },
    { kind: "refuse", reason: "not_owner", ...nothing },
  ];
  for (const decision of decisions) {
    const observation = { kind: "fault", reason: "camera_fault" } as const;
    const look: Look = { frame: null, analysis: null, observation, decision, decidedAtMs: 0, sustainsPulse: true };
    log.note(look);
  }
  assert.deepEqual(told, [
    "debug the door decides: refuse, no_face",
    "trace frame missing: refuse, no_face",
    "trace frame missing: refuse, no_face",
    "debug the door decides: refuse, not_owner",
    "trace frame missing: refuse, not_owner",
  ]);
});
