// The API's port is taken by another program: it is tried again, and nothing is thrown.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { it } from "node:test";
import fastify from "fastify";
import { pino } from "pino";
import type { Api } from "../../../../device/api/api.ts";
import { listenPersistently } from "../../../../device/daemon/run/listen-persistently.ts";

it("resolves without listening when it is told to stop while the port is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  assert.ok(typeof address === "object" && address !== null);
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => lines.push(line) });
  const api = fastify() as unknown as Api;
  const stop = new AbortController();
  const listening = listenPersistently(api, { host: "127.0.0.1", port: address.port }, logger, stop.signal);
  while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await listening;
  assert.match(lines[0]!, /cannot listen/);
  assert.equal(api.server.listening, false);
  other.close();
});

it("listens where the port is free", async () => {
  const api = fastify() as unknown as Api;
  await listenPersistently(
    api,
    { host: "127.0.0.1", port: 0 },
    pino({ level: "silent" }),
    new AbortController().signal,
  );
  assert.equal(api.server.listening, true);
  await api.close();
});
