// The stream of log lines over a real connection: live lines, filters, missed ones, a flood, and silence by itself.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LogLevel, LogLine } from "../../../device/events/events.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice } from "./fake-device.ts";
import { openStream, type StreamClient } from "./stream-client.ts";

async function listening(t: Ending, conditions: FakeConditions = {}) {
  const device = fakeDevice(t, conditions);
  const origin = await device.api.listen({ host: "127.0.0.1", port: 0 });
  return Object.assign(device, { url: `${origin}/v1/logs/stream` });
}

function logTo({ store }: FakeDevice, text: string, level: LogLevel = "info"): void {
  store.log({ level, source: "test", text });
}

/** Writes what waits, as the store does by itself a little later. */
function flush({ store }: FakeDevice): void {
  store.logs({ limit: 1 });
}

async function take(stream: StreamClient, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const message = await stream.next();
    assert.ok(message, "the stream ended early");
    const data = JSON.parse(message.data!) as LogLine;
    taken.push(message.event === "line" ? data.text : `${message.event} ${message.data}`);
  }
  return taken;
}

describe("/v1/logs/stream", { timeout: 30_000 }, () => {
  it("sends each line once it is written, without anybody asking", async (t) => {
    const device = await listening(t);
    const stream = await openStream(t, device.url);
    assert.equal(stream.response.status, 200);
    assert.match(stream.response.headers.get("content-type")!, /^text\/event-stream/);
    assert.equal(stream.response.headers.get("cache-control"), "no-store");
    logTo(device, "line one\nline two", "warn");
    const message = await stream.next();
    assert.deepEqual([message?.id, message?.event], ["1", "line"]);
    assert.deepEqual(JSON.parse(message!.data!), device.store.logs({ limit: 1 })[0]);
  });

  it("sends each client the lines that it asked for", async (t) => {
    const device = await listening(t);
    const all = await openStream(t, device.url);
    const grave = await openStream(t, `${device.url}?level=warn`);
    const doors = await openStream(t, `${device.url}?text=TÜR&after=0`);
    const levels: LogLevel[] = ["debug", "warn", "fatal"];
    for (const level of levels) logTo(device, `${level}: die Tür`, level);
    logTo(device, "error: the door", "error");
    flush(device);
    const texts = levels.map((level) => `${level}: die Tür`);
    assert.deepEqual(await take(all, 4), [...texts, "error: the door"]);
    assert.deepEqual(await take(grave, 3), [...texts.slice(1), "error: the door"]);
    assert.deepEqual(await take(doors, 3), texts);
  });

  it("begins with the lines that a client missed, of those it asked for, by header or by query", async (t) => {
    const device = await listening(t);
    for (let i = 1; i <= 5; i++) logTo(device, `line ${i}`, i % 2 === 0 ? "info" : "error");
    const byHeader = await openStream(t, `${device.url}?after=0`, { "Last-Event-ID": "3" });
    const byQuery = await openStream(t, `${device.url}?after=0&level=error`);
    const replaced = await openStream(t, `${device.url}?after=900`);
    logTo(device, "line 6", "error");
    flush(device);
    assert.deepEqual(await take(byHeader, 3), ["line 4", "line 5", "line 6"]);
    assert.deepEqual(await take(byQuery, 4), ["line 1", "line 3", "line 5", "line 6"]);
    assert.equal((await take(replaced, 6)).length, 6);
  });

  it("leaves a gap where a client missed more than the limit, and says so first", async (t) => {
    const device = await listening(t, { limits: { replayRowsMax: 3 } });
    for (let i = 1; i <= 10; i++) logTo(device, `line ${i}`);
    const stream = await openStream(t, device.url, { "Last-Event-ID": "2" });
    assert.deepEqual(await take(stream, 4), ['gap {"fromSeq":3,"toSeq":7}', "line 8", "line 9", "line 10"]);
  });

  it("leaves a gap in a flood, whose newest lines come, and holds no more than its buffer", async (t) => {
    const streamBufferBytesMax = 64 * 1024;
    const device = await listening(t, { limits: { streamBufferBytesMax } });
    const stream = await openStream(t, device.url);
    for (let i = 1; i <= 20_000; i++) logTo(device, `${i} ${"x".repeat(1_500)}`);
    flush(device);
    const first = await stream.next();
    const { fromSeq, toSeq } = JSON.parse(first!.data!) as { fromSeq: number; toSeq: number };
    assert.deepEqual([first!.event, fromSeq], ["gap", 1]);
    const ids: number[] = [];
    while (ids.at(-1) !== 1_001) ids.push(Number((await stream.next())!.id));
    assert.equal(ids[0], toSeq + 1);
    assert.ok(ids.length >= 10 && ids.length * 1_500 <= streamBufferBytesMax, `${ids.length} lines came`);
  });

  it("refuses filters that make no sense", async (t) => {
    const { url } = await listening(t);
    for (const query of ["level=loud", "text=", `text=${"x".repeat(201)}`, "after=-1", "since=2026-01-01T00:00:00Z"]) {
      assert.equal((await openStream(t, `${url}?${query}`)).response.status, 400, query);
    }
    assert.equal((await openStream(t, url, { "Last-Event-ID": "x" })).response.status, 400);
  });

  it("causes no line by being followed or left, and one at debug by being refused", async (t) => {
    const device = await listening(t, { limits: { streamsMax: 1, heartbeatMs: 20 } });
    const stream = await openStream(t, device.url);
    assert.equal((await openStream(t, device.url)).response.status, 503);
    assert.equal((await stream.next())?.comment, "heartbeat");
    stream.close();
    let status = 503;
    while (status === 503) status = (await openStream(t, device.url)).response.status;
    assert.deepEqual(device.store.logs({ limit: 9 }), []);
    assert.deepEqual(
      device.logged.map(({ msg }) => String(msg)).filter((msg) => !msg.startsWith("Server listening")),
      device.logged.filter(({ level }) => level === 20).map(() => "GET /v1/logs/stream: NOT_READY"),
    );
  });

  it("listens to the store once for all clients, and no more when the last is gone", async (t) => {
    const device = fakeDevice(t);
    let listeners = 0;
    const { onLog } = device.store;
    const counted: typeof onLog = (listener) => {
      listeners++;
      const end = onLog.call(device.store, listener);
      return () => {
        listeners--;
        end();
      };
    };
    device.store.onLog = counted;
    const url = `${await device.api.listen({ host: "127.0.0.1", port: 0 })}/v1/logs/stream`;
    const streams = [await openStream(t, url), await openStream(t, url)];
    assert.equal(listeners, 1);
    for (const stream of streams) stream.close();
    while (listeners > 0) await new Promise(setImmediate);
    logTo(device, "nobody hears it");
    flush(device);
  });

  it("drops a client that does not read, and goes on serving", async (t) => {
    const device = await listening(t, { limits: { streamBufferBytesMax: 64 * 1024 } });
    // Batches made up at the listener: writing enough of them to fill the socket's buffers would take long.
    const listeners: ((lines: readonly LogLine[]) => void)[] = [];
    device.store.onLog = (listener) => {
      listeners.push(listener);
      return () => listeners.splice(listeners.indexOf(listener), 1);
    };
    const line: LogLine = {
      seq: 1,
      at: "2026-11-23T10:00:00.000Z",
      level: "info",
      source: "test",
      text: "x".repeat(900),
    };
    const abort = new AbortController();
    t.after(() => abort.abort());
    const stuck = await fetch(device.url, { signal: abort.signal });
    assert.equal(listeners.length, 1);
    while (listeners.length > 0) {
      listeners[0]?.(Array.from({ length: 30 }, () => line));
      await new Promise(setImmediate);
    }
    await assert.rejects(stuck.text());
    assert.equal((await fetch(device.url.replace("/logs/stream", "/status"))).status, 200);
  });
});
