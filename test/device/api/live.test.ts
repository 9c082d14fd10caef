// What the camera sees: the picture, the report, and the stream of reports.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LiveReport } from "../../../device/api/api.ts";
import { fakeDevice, liveView } from "./fake-device.ts";
import { openStream } from "./stream-client.ts";

describe("/v1/live/frame.jpg", () => {
  it("gives the newest frame and its number, for no cache to keep", async (t) => {
    const device = fakeDevice(t);
    const padded = Uint8Array.from([9, 9, 0xff, 0xd8, 1, 2, 0xff, 0xd9, 9]);
    device.live = liveView(7, { jpeg: padded.subarray(2, 8) });
    const answer = await device.api.inject("/v1/live/frame.jpg?seq=3");
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.headers["content-type"], "image/jpeg");
    assert.equal(answer.headers["x-frame-seq"], "7");
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.deepEqual([...answer.rawPayload], [0xff, 0xd8, 1, 2, 0xff, 0xd9]);
    assert.equal((await device.api.inject({ method: "HEAD", url: "/v1/live/frame.jpg" })).statusCode, 200);
  });

  it("answers 503 before the first frame", async (t) => {
    const { api } = fakeDevice(t);
    for (const url of ["/v1/live/frame.jpg", "/v1/live"]) {
      const answer = await api.inject(url);
      assert.equal(answer.statusCode, 503);
      assert.equal(answer.json<{ code: string }>().code, "NOT_READY");
      assert.equal(answer.headers["retry-after"], "1");
    }
  });
});

describe("/v1/live", () => {
  it("gives boxes, scores by label and the decision, without picture or landmarks", async (t) => {
    const device = fakeDevice(t);
    device.live = liveView(7);
    assert.deepEqual((await device.api.inject("/v1/live")).json(), {
      seq: 7,
      ageMs: 12.5,
      decidedAfterMs: 9.5,
      widthPx: 640,
      heightPx: 480,
      faces: [{ leftPx: 100, topPx: 80, widthPx: 120, heightPx: 120, score: 0.97 }],
      scores: [
        { label: "owner", score: 0.8 },
        { label: "other", score: 0.15 },
        { label: "object", score: 0.05 },
      ],
      verification: { score: 0.6, householdMargin: 0.05 },
      decision: { kind: "refuse", reason: "household_member", message: "Too like a housemate." },
    });
  });

  it("says what is known of a frame that was not analysed", async (t) => {
    const device = fakeDevice(t);
    device.live = liveView(1, { analysis: null, verification: null, decision: null });
    const report: LiveReport = (await device.api.inject("/v1/live")).json();
    assert.deepEqual(report, {
      seq: 1,
      ageMs: 12.5,
      decidedAfterMs: 9.5,
      widthPx: null,
      heightPx: null,
      faces: [],
      scores: [],
      verification: null,
      decision: null,
    });
  });
});

describe("/v1/live/stream", { timeout: 20_000 }, () => {
  it("begins with the present state, and sends each later one", async (t) => {
    const device = fakeDevice(t, { limits: { liveIntervalMs: 1 } });
    device.live = liveView(1);
    const origin = await device.api.listen({ host: "127.0.0.1", port: 0 });
    const stream = await openStream(t, `${origin}/v1/live/stream`);
    for (const seq of [1, 2, 3]) {
      if (seq > 1) device.show(liveView(seq));
      const message = await stream.next();
      assert.equal(message?.event, "live");
      const report = JSON.parse(message.data!) as LiveReport;
      assert.deepEqual(report, (await device.api.inject("/v1/live")).json());
      assert.equal(report.seq, seq);
    }
  });

  it("sends at most one state an interval, and the newest one", async (t) => {
    const intervalMs = 100;
    const device = fakeDevice(t, { limits: { liveIntervalMs: intervalMs } });
    const origin = await device.api.listen({ host: "127.0.0.1", port: 0 });
    const stream = await openStream(t, `${origin}/v1/live/stream`);
    const seqOf = async (): Promise<number> => (JSON.parse((await stream.next())!.data!) as LiveReport).seq;
    device.show(liveView(1));
    assert.equal(await seqOf(), 1);
    const startedMs = performance.now();
    for (let seq = 2; seq <= 50; seq++) device.show(liveView(seq));
    assert.equal(await seqOf(), 50);
    device.show(liveView(51));
    assert.equal(await seqOf(), 51);
    assert.ok(performance.now() - startedMs >= intervalMs, "two states came within one interval");
  });

  it("listens to the daemon only while somebody watches", async (t) => {
    const device = fakeDevice(t);
    const origin = await device.api.listen({ host: "127.0.0.1", port: 0 });
    assert.equal(device.liveListeners.size, 0);
    const first = await openStream(t, `${origin}/v1/live/stream`);
    const second = await openStream(t, `${origin}/v1/live/stream`);
    assert.equal(device.liveListeners.size, 1);
    first.close();
    second.close();
    while (device.liveListeners.size > 0) await new Promise(setImmediate);
  });
});
