// What every camera promises, run against each adapter.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import sharp from "sharp";
import type { Camera } from "../../../device/camera/camera.ts";
import { until } from "./until.ts";

const deadline = (): AbortSignal => AbortSignal.timeout(10_000);

/** @param make gives a camera that was not started, and that delivers more than one frame a second without end */
export function describeCamera(name: string, make: () => Promise<Camera>): void {
  describe(`${name} keeps the camera's contract`, () => {
    const withCamera = (behaviour: string, run: (camera: Camera) => Promise<void>): void => {
      test(behaviour, { timeout: 30_000 }, async () => {
        const camera = await make();
        try {
          await run(camera);
        } finally {
          await camera.stop();
        }
      });
    };

    withCamera("a camera that was not started does nothing", async (camera) => {
      const { source, ...status } = camera.status();
      assert.notEqual(source, "");
      const zero = { framesTotal: 0, framesDropped: 0, bytesDiscarded: 0, restarts: 0, fault: null };
      assert.deepEqual(status, { state: "stopped", ...zero });
      await camera.stop();
    });

    withCamera("frames are whole, numbered, digested and stamped on the monotonic clock", async (camera) => {
      const startMs = performance.now();
      camera.start();
      camera.start();
      let seqBefore = 0;
      let capturedBeforeMs = startMs;
      for (let i = 0; i < 3; i++) {
        const frame = await camera.next(deadline());
        assert.ok(frame.seq > seqBefore);
        assert.ok(frame.capturedAtMs >= capturedBeforeMs && frame.capturedAtMs <= performance.now());
        assert.equal(frame.digest, createHash("sha256").update(frame.jpeg).digest("hex"));
        assert.ok((await sharp(frame.jpeg).stats()).channels.length === 3);
        seqBefore = frame.seq;
        capturedBeforeMs = frame.capturedAtMs;
      }
      const status = camera.status();
      assert.equal(status.state, "running");
      assert.equal(status.fault, null);
      assert.equal(status.restarts, 0);
    });

    withCamera("a slow caller gets the newest frame, and what it missed is counted", async (camera) => {
      camera.start();
      const { seq } = await camera.next(deadline());
      await until(() => camera.status().framesTotal >= seq + 3, "three further frames");
      const frame = await camera.next(deadline());
      assert.ok(frame.seq >= seq + 3);
      assert.ok(camera.status().framesDropped >= 2);
      assert.ok((await camera.next(deadline())).seq > frame.seq);
    });

    withCamera("an aborted call rejects with the signal's reason, and the next one gets a frame", async (camera) => {
      await assert.rejects(camera.next(AbortSignal.abort(new Error("enough"))), /enough/);
      const aborting = new AbortController();
      const waiting = camera.next(aborting.signal);
      await assert.rejects(camera.next(deadline()), assert.AssertionError);
      aborting.abort(new Error("enough of this"));
      await assert.rejects(waiting, /enough of this/);
      camera.start();
      assert.ok((await camera.next(deadline())).seq >= 1);
    });

    withCamera("after a stop no frame comes; after another start they are counted anew", async (camera) => {
      camera.start();
      await camera.next(deadline());
      await until(() => camera.status().framesTotal >= 3, "three frames");
      const startMs = performance.now();
      await Promise.all([camera.stop(), camera.stop()]);
      await camera.stop();
      assert.ok(performance.now() - startMs < 3_000);
      assert.equal(camera.status().state, "stopped");
      const aborting = new AbortController();
      const waiting = camera.next(aborting.signal);
      const { framesTotal } = camera.status();
      setImmediate(() => aborting.abort(new Error("none came")));
      await assert.rejects(waiting, /none came/);
      assert.equal(camera.status().framesTotal, framesTotal);
      camera.start();
      const frame = await camera.next(deadline());
      assert.ok(frame.seq < framesTotal);
    });
  });
}
