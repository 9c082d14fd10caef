// What the page is shown: the newest picture, with the newest decision.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LiveView } from "../../../../device/daemon/view/live-view.ts";
import type { Decision } from "../../../../device/decision/decision.ts";
import { observationOf } from "../../../../device/observe.ts";
import type { Look } from "../../../../device/pipeline.ts";
import { analysisOf, bundle } from "../../played-door.ts";

const nothing = { presence: null, presenceChange: null, presenceEnded: null, lockoutUntilMs: null } as const;
const refusal: Decision = { kind: "refuse", reason: "no_face", ...nothing };
const { labels } = bundle;

function lookAt(seq: number): Look {
  const capturedAtMs = performance.now() - 50;
  const frame = { seq, jpeg: Uint8Array.of(seq), capturedAtMs, digest: `d${seq}` };
  const analysis = analysisOf(0.8);
  const observation = observationOf(frame, analysis, bundle, bundle.gallery);
  return { frame, analysis, observation, decision: refusal, decidedAtMs: capturedAtMs, sustainsPulse: true };
}

const noFrame: Look = {
  frame: null,
  analysis: null,
  observation: { kind: "fault", reason: "camera_fault" },
  decision: { kind: "refuse", reason: "camera_fault", ...nothing },
  decidedAtMs: 0,
  sustainsPulse: true,
};

describe("the live view", () => {
  it("is empty before the first frame, also when the camera fails at once", () => {
    const live = new LiveView();
    assert.equal(live.view(labels), null);
    live.publish(noFrame);
    assert.equal(live.view(labels), null);
  });

  it("shows the newest frame with its age and what was decided", () => {
    const live = new LiveView();
    live.publish(lookAt(1));
    live.publish(lookAt(2));
    const view = live.view(labels);
    assert.deepEqual([view?.seq, view?.jpeg[0], view?.labels], [2, 2, labels]);
    assert.ok(view!.ageMs >= 50);
    assert.equal(view?.verification?.score.toFixed(6), "0.800000");
    assert.deepEqual(view?.decision, { kind: "refuse", reason: "no_face", message: "Nobody is in view." });
    const grant = { presenceId: 1, decidedAtMs: 0, newestFrameAtMs: 0, expiresAtMs: 0 };
    live.publish({ ...lookAt(3), decision: { kind: "unlock", grant, ...nothing } });
    assert.deepEqual(live.view(labels)?.decision, {
      kind: "unlock",
      reason: null,
      message: "The owner is recognised.",
    });
  });

  it("keeps the last picture while frames are missing, with the decision of now", () => {
    const live = new LiveView();
    live.publish(lookAt(5));
    live.publish(noFrame);
    const view = live.view(labels);
    assert.deepEqual([view?.seq, view?.decision?.reason], [5, "camera_fault"]);
    assert.ok(view?.analysis !== null);
  });

  it("tells listeners of each look until they end", () => {
    const live = new LiveView();
    let heard = 0;
    const end = live.onLook(() => heard++);
    live.publish(lookAt(1));
    live.publish(noFrame);
    end();
    end();
    live.publish(lookAt(2));
    assert.equal(heard, 2);
  });
});
