// A receiver of webhooks that hangs or fails, under the real daemon: the door opens all the same, and what happened is told later.
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { eventually } from "../fixtures/eventually.ts";
import { makeWorkingSite, RealDaemon, writeConfig } from "../fixtures/real-daemon.ts";

test("the door waits for no receiver, and one that works again learns of the openings it missed", {
  timeout: 120_000,
}, async (t) => {
  let isWell = false;
  const told: { readonly type: string; readonly seq: number }[] = [];
  const secret = Buffer.alloc(32, 9).toString("base64");
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (!isWell) return void response.writeHead(503).end();
    const verified = new Webhook(secret).verify(
      Buffer.concat(chunks).toString(),
      request.headers as Record<string, string>,
    ) as { readonly type: string; readonly data: { readonly seq: number } };
    told.push({ type: verified.type, seq: verified.data.seq });
    response.writeHead(200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const site = await makeWorkingSite(t);
  const secretFile = join(site.folder, "webhook.secret");
  await writeFile(secretFile, `${secret}\n`);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/door?key=hidden`;
  await writeConfig(site, { webhooks: [{ url, secretFile, events: ["unlock.granted"] }] });
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in");
  const { webhooks } = await eventually(
    "a receiver that fails is told of",
    () => daemon.status(),
    (status) => status.webhooks[0]!.fault === "it answered 503" && status.webhooks[0]!.pending >= 2,
  );
  assert.deepEqual([webhooks[0]!.receiver, webhooks[0]!.delivered], [new URL(url).origin, 0]);
  isWell = true;
  await eventually(
    "the receiver is told",
    async () => told.length,
    (count) => count >= 2,
    20_000,
  );
  const opened = (await daemon.events()).filter(({ type }) => type === "unlock.granted").map(({ seq }) => seq);
  const seqs = told.map(({ seq }) => seq);
  assert.deepEqual(seqs, opened.sort((a, b) => a - b).slice(0, seqs.length));
});
