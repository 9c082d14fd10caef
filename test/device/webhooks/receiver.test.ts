// Webhooks against a real HTTP server, whose requests the field's own library verifies.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import type { StoredEvent } from "../../../device/events/events.ts";
import { parseSecret } from "../../../device/webhooks/message.ts";
import { Receiver, type ReceiverLimits } from "../../../device/webhooks/receiver.ts";
import { newEvent } from "../store/store-contract.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const limits: ReceiverLimits = {
  attemptMaxMs: 300,
  backoffFirstMs: 20,
  backoffMaxMs: 40,
  ageMaxMs: 60_000,
  pendingMax: 4,
};

interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver that answers with `statuses`, one after another, the last for ever; 0 never answers. */
async function listenFor(t: TestContext, ...statuses: number[]) {
  const got: Got[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    got.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    const status = statuses[Math.min(got.length, statuses.length) - 1]!;
    if (status !== 0) response.writeHead(status, status === 302 ? { location: "/elsewhere" } : {}).end("answer");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?key=hidden` };
}

function receiverOf(t: TestContext, url: string, changes: Partial<ConstructorParameters<typeof Receiver>[0]> = {}) {
  const receiver = new Receiver({
    url,
    secret: () => secret,
    ca: () => null,
    events: new Set(["unlock.granted", "doorbell.rang"]),
    wallClock: () => new Date(),
    limits,
    ...changes,
  });
  t.after(() => receiver.stop());
  return receiver;
}

function stored(seq: number, type: StoredEvent["type"] = "unlock.granted"): StoredEvent {
  return {
    ...newEvent({ type, message: "The door opened for Markus.", data: { presenceId: 3 } }),
    seq,
    bootId: "b1",
    at: new Date().toISOString(),
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries++) await wait(10);
  assert.ok(holds());
}

describe("a webhook", () => {
  it("is signed so that Standard Webhooks' library accepts it, and names nobody", async (t) => {
    const { got, url } = await listenFor(t, 204);
    const receiver = receiverOf(t, url);
    receiver.tell(stored(7));
    await until(() => receiver.status().delivered === 1);
    const { headers, body } = got[0]!;
    const verified = new Webhook(secret).verify(body, headers as Record<string, string>) as Record<string, unknown>;
    assert.deepEqual(verified["type"], "unlock.granted");
    assert.deepEqual(verified["data"], {
      seq: 7,
      bootId: "b1",
      reason: "not_owner",
      text: "The door was opened.",
      presence: 3,
    });
    assert.ok(!body.includes("Markus"));
    assert.throws(() => new Webhook(secret).verify(body.replace("7", "8"), headers as Record<string, string>));
    assert.equal(headers["webhook-id"], "b1-7");
  });

  it("comes again, with its id, until it was taken, and the next ones after it in their order", async (t) => {
    const { got, url } = await listenFor(t, 500, 0, 302, 429, 200);
    const receiver = receiverOf(t, url);
    receiver.tell(stored(1));
    receiver.tell(stored(2));
    await until(() => receiver.status().delivered === 2);
    const ids = got.map(({ headers }) => headers["webhook-id"]);
    assert.deepEqual(ids, ["b1-1", "b1-1", "b1-1", "b1-1", "b1-1", "b1-2"]);
    assert.deepEqual(receiver.status(), {
      receiver: new URL(url).origin,
      pending: 0,
      delivered: 2,
      dropped: 0,
      fault: null,
    });
  });

  it("that is not wanted is dropped, and said so", async (t) => {
    const { url } = await listenFor(t, 410, 200);
    const receiver = receiverOf(t, url);
    receiver.tell(stored(1));
    await until(() => receiver.status().dropped === 1);
    assert.equal(receiver.status().fault, "it answered 410");
    receiver.tell(stored(2));
    await until(() => receiver.status().delivered === 1);
  });

  it("is made after whoever tells has gone on: a slow disk does not hold the door up", async (t) => {
    const { url } = await listenFor(t, 200);
    let reads = 0;
    const slowSecret = (): string => {
      reads++;
      return secret;
    };
    const receiver = receiverOf(t, url, { secret: slowSecret });
    receiver.tell(stored(1));
    assert.equal(reads, 0);
    await until(() => receiver.status().delivered === 1);
    assert.equal(reads, 1);
  });

  it("of an event that nobody asked for is not sent", async (t) => {
    const { got, url } = await listenFor(t, 200);
    const receiver = receiverOf(t, url);
    receiver.tell(stored(1, "unlock.refused"));
    receiver.tell(stored(2, "doorbell.rang"));
    await until(() => receiver.status().delivered === 1);
    assert.deepEqual(
      got.map(({ headers }) => headers["webhook-id"]),
      ["b1-2"],
    );
  });
});

describe("a hostile receiver", () => {
  const hostile = {
    "switches the protocol": "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "only says that it goes on": "HTTP/1.1 103 Early Hints\r\n\r\n",
    "never ends its headers": `HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}`,
  };
  for (const [does, answer] of Object.entries(hostile)) {
    it(`that ${does} is tried again, until it takes the event`, async (t) => {
      let connections = 0;
      const server = createTcpServer((socket) => {
        connections++;
        socket.on("error", () => undefined);
        const told = connections > 1 ? "HTTP/1.1 204 No Content\r\n\r\n" : answer;
        socket.once("data", () => socket.write(told));
      }).listen(0, "127.0.0.1");
      await once(server, "listening");
      t.after(() => server.close());
      const receiver = receiverOf(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      receiver.tell(stored(1));
      await until(() => receiver.status().delivered === 1);
      assert.equal(connections, 2);
    });
  }

  it("that streams for ever is let go after its status", async (t) => {
    let isClosed = false;
    const server = createTcpServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("close", () => {
        isClosed = true;
      });
      const chunk = Buffer.alloc(65_536);
      const stream = (): void => void (socket.destroyed || socket.write(chunk, stream));
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\n", stream));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const receiver = receiverOf(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    receiver.tell(stored(1));
    await until(() => receiver.status().delivered === 1 && isClosed);
  });
});

describe("a receiver that is away", () => {
  it("leaves no more than the latest events pending, none that is old, and its address is not told", async (t) => {
    const closed = await listenFor(t, 200);
    const url = closed.url.replace(/:\d+/, ":9");
    const receiver = receiverOf(t, url, { limits: { ...limits, ageMaxMs: 400 } });
    for (let seq = 1; seq <= 9; seq++) receiver.tell(stored(seq));
    await until(() => receiver.status().fault !== null);
    assert.deepEqual([receiver.status().pending, receiver.status().dropped], [4, 5]);
    assert.ok(!JSON.stringify(receiver.status()).includes("hidden"));
    await until(() => receiver.status().pending === 0);
    assert.equal(receiver.status().dropped, 9);
  });

  it("does not keep the daemon: a stop ends the attempt under way", async (t) => {
    const { got, url } = await listenFor(t, 0);
    const receiver = receiverOf(t, url, { limits: { ...limits, attemptMaxMs: 60_000 } });
    receiver.tell(stored(1));
    await until(() => got.length === 1);
    receiver.stop();
    receiver.tell(stored(2));
    await wait(50);
    assert.deepEqual([got.length, receiver.status().pending], [1, 0]);
  });
});

describe("a secret", () => {
  it("is base64 of 24 to 64 bytes, with or without its prefix", () => {
    assert.deepEqual(parseSecret(`${secret}\n`), Buffer.alloc(32, 7));
    assert.deepEqual(parseSecret(secret.slice("whsec_".length)), Buffer.alloc(32, 7));
  });

  it("that is anything else is refused, and not shown", async (t) => {
    for (const text of ["", "whsec_", "c2hvcnQ=", "pass phrase", Buffer.alloc(65).toString("base64")]) {
      assert.throws(
        () => parseSecret(text),
        (error: Error) => text.length < 7 || !error.message.includes(text),
      );
    }
    const { got, url } = await listenFor(t, 200);
    const receiver = receiverOf(t, url, { secret: () => "too short" });
    receiver.tell(stored(1));
    await until(() => receiver.status().fault !== null);
    assert.match(receiver.status().fault!, /base64/);
    assert.deepEqual([got.length, receiver.status().pending], [0, 1]);
  });
});
