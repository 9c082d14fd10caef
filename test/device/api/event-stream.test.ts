// The stream of events over a real connection: live events, missed ones, limits and the end.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import type { StoredEvent } from "../../../device/events/events.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice, newEvent } from "./fake-device.ts";
import { openStream, type StreamClient } from "./stream-client.ts";

async function listening(t: Ending, conditions: FakeConditions = {}): Promise<FakeDevice & { url: string }> {
  const device = fakeDevice(t, conditions);
  const origin = await device.api.listen({ host: "127.0.0.1", port: 0 });
  return Object.assign(device, { url: `${origin}/v1/events/stream` });
}

async function take(stream: StreamClient, count: number): Promise<(number | string)[]> {
  const taken: (number | string)[] = [];
  while (taken.length < count) {
    const message = await stream.next();
    assert.ok(message, "the stream ended early");
    taken.push(message.id === undefined ? `${message.event} ${message.data}` : Number(message.id));
  }
  return taken;
}

describe("/v1/events/stream", { timeout: 20_000 }, () => {
  it("sends each event as it is stored", async (t) => {
    const { store, url } = await listening(t);
    store.append(newEvent({ message: "before the stream" }));
    const stream = await openStream(t, url);
    assert.equal(stream.response.status, 200);
    assert.match(stream.response.headers.get("content-type")!, /^text\/event-stream/);
    assert.equal(stream.response.headers.get("cache-control"), "no-store");
    const event = store.append(newEvent({ type: "unlock.granted", message: "line one\nline two" }));
    const message = await stream.next();
    assert.equal(message?.id, "2");
    assert.equal(message.event, "unlock.granted");
    assert.deepEqual(JSON.parse(message.data!), { ...event, hasSnapshot: false });
  });

  it("begins with the events that a client missed, by header or by query", async (t) => {
    const { store, url } = await listening(t);
    for (let i = 0; i < 5; i++) store.append(newEvent());
    const byHeader = await openStream(t, `${url}?after=0`, { "Last-Event-ID": "3" });
    const byQuery = await openStream(t, `${url}?after=4`);
    const fromStart = await openStream(t, `${url}?after=0`);
    store.append(newEvent());
    assert.deepEqual(await take(byHeader, 3), [4, 5, 6]);
    assert.deepEqual(await take(byQuery, 2), [5, 6]);
    assert.deepEqual(await take(fromStart, 6), [1, 2, 3, 4, 5, 6]);
  });

  it("leaves a gap where a client missed more than the limit, and says so first", async (t) => {
    const { store, url } = await listening(t, { limits: { replayRowsMax: 3 } });
    for (let i = 0; i < 10; i++) store.append(newEvent());
    const stream = await openStream(t, url, { "Last-Event-ID": "2" });
    assert.deepEqual(await take(stream, 4), ['gap {"fromSeq":3,"toSeq":7}', 8, 9, 10]);
  });

  it("leaves a gap where the missed events would fill the buffer, rather than drop the client", async (t) => {
    const { store, url } = await listening(t, { limits: { streamBufferBytesMax: 3_000 } });
    for (let i = 0; i < 10; i++) store.append(newEvent({ message: "m".repeat(500) }));
    const stream = await openStream(t, url, { "Last-Event-ID": "0" });
    assert.deepEqual(await take(stream, 3), ['gap {"fromSeq":1,"toSeq":8}', 9, 10]);
  });

  it("sends everything to a client that counts in a database which was replaced", async (t) => {
    const { store, url } = await listening(t);
    store.append(newEvent());
    const stream = await openStream(t, url, { "Last-Event-ID": "900" });
    store.append(newEvent());
    assert.deepEqual(await take(stream, 2), [1, 2]);
  });

  it("refuses a Last-Event-ID that is no seq", async (t) => {
    const { url } = await listening(t);
    for (const id of ["x", "-1", "1.5"]) {
      const { response } = await openStream(t, url, { "Last-Event-ID": id });
      assert.equal(response.status, 400, id);
      assert.match(response.headers.get("content-type")!, /^application\/problem\+json/);
    }
  });

  it("sends a comment as heartbeat while nothing happens", async (t) => {
    const { url } = await listening(t, { limits: { heartbeatMs: 20 } });
    const stream = await openStream(t, url);
    assert.equal((await stream.next())?.comment, "heartbeat");
    assert.equal((await stream.next())?.comment, "heartbeat");
  });

  it("holds a limited number of streams, live ones included, and has room again when one goes", async (t) => {
    const { url } = await listening(t, { limits: { streamsMax: 2 } });
    const first = await openStream(t, url);
    const second = await openStream(t, url.replace("events", "live"));
    assert.equal(second.response.status, 200);
    const refused = await openStream(t, url);
    assert.equal(refused.response.status, 503);
    assert.equal(refused.response.headers.get("retry-after"), "30");
    assert.equal(((await refused.response.json()) as { code: string }).code, "NOT_READY");
    first.close();
    let status = 503;
    while (status === 503) status = (await openStream(t, url)).response.status;
    assert.equal(status, 200);
  });

  it("ends when the server closes, without waiting for its clients", async (t) => {
    const { api, url } = await listening(t);
    const stream = await openStream(t, url);
    await api.close();
    assert.equal(await stream.next(), undefined);
  });

  it("closes soon in spite of a connection on which nothing was asked", async (t) => {
    const { api, url } = await listening(t);
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    t.after(() => socket.destroy());
    await once(socket, "connect");
    const startedMs = performance.now();
    await api.close();
    assert.ok(performance.now() - startedMs < 5_000, "the close waited for the connection to time out");
  });

  it("does not listen to the store any more once the client is gone", async (t) => {
    const device = fakeDevice(t);
    let listeners = 0;
    const { onEvent } = device.store;
    const counted: typeof onEvent = (listener) => {
      listeners++;
      const end = onEvent.call(device.store, listener);
      return () => {
        listeners--;
        end();
      };
    };
    device.store.onEvent = counted;
    const url = `${await device.api.listen({ host: "127.0.0.1", port: 0 })}/v1/events/stream`;
    const before = listeners;
    const stream = await openStream(t, url);
    assert.equal(listeners, before + 1);
    stream.close();
    while (listeners > before) await new Promise(setImmediate);
    device.store.append(newEvent());
  });

  it("drops a client that does not read, and goes on serving", async (t) => {
    const { store, url } = await listening(t, { limits: { streamBufferBytesMax: 64 * 1024 } });
    const event = store.append(newEvent({ message: "m".repeat(500) }));
    // Events made up at the listener: storing enough of them to fill the socket's buffers would take minutes.
    const listeners: ((event: StoredEvent) => void)[] = [];
    store.onEvent = (listener) => {
      listeners.push(listener);
      return () => listeners.splice(listeners.indexOf(listener), 1);
    };
    const abort = new AbortController();
    t.after(() => abort.abort());
    const stuck = await fetch(url, { signal: abort.signal });
    assert.equal(listeners.length, 1);
    while (listeners.length > 0) {
      for (let i = 0; i < 100; i++) listeners[0]?.(event);
      await new Promise(setImmediate);
    }
    await assert.rejects(stuck.text());
    assert.equal((await fetch(url.replace("/events/stream", "/status"))).status, 200);
  });
});
