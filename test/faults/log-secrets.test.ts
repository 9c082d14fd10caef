// Canaries under the real daemon: every secret it is given fails, at the most talkative log, and none is written anywhere.
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import ffmpeg from "@ffmpeg-installer/ffmpeg";
import { stringify } from "yaml";
import { PairingFiles } from "../../device/access/pairing-files.ts";
import { TokenFolder } from "../../device/access/token-folder.ts";
import { makeTokenText } from "../../device/access/token-text.ts";
import { setCheapPin } from "../device/second-step/pins.ts";
import { eventually } from "../fixtures/eventually.ts";
import { makeSite, RealDaemon, type Site } from "../fixtures/real-daemon.ts";

const canaries = {
  cameraPassword: "kanarie-kamera-1",
  cameraQuery: "kanarie-abfrage-2",
  webhookPath: "kanarie-pfad-3",
  webhookSecret: Buffer.from("kanarie-webhook-geheim-44").toString("base64"),
  brokerPassword: "kanarie-broker-5",
  pin: "918273645",
  code: "KANARIE6",
  token: makeTokenText("token").text,
  session: makeTokenText("session").text,
  csrf: "kanarie-csrf-7",
  query: "kanarie-query-8",
} as const;

async function writeSecretConfig(site: Site): Promise<void> {
  const passwordFile = join(site.folder, "broker.password");
  const secretFile = join(site.folder, "webhook.secret");
  await writeFile(passwordFile, `${canaries.brokerPassword}\n`);
  await writeFile(secretFile, `${canaries.webhookSecret}\n`);
  const camera = `rtsp://door:${canaries.cameraPassword}@127.0.0.1:1/live?password=${canaries.cameraQuery}`;
  const config = {
    stateDir: site.stateDir,
    camera: { kind: "rtsp", url: camera, ffmpegPath: ffmpeg.path, stallTimeoutMs: 1_000 },
    relay: { kind: "recorded" },
    secondStep: { kind: "pin" },
    api: { host: "127.0.0.1", port: 0, openOnLoopback: false },
    mqtt: { url: "mqtt://127.0.0.1:1", username: "door", passwordFile },
    webhooks: [{ url: `http://127.0.0.1:1/hooks/${canaries.webhookPath}`, secretFile, events: ["camera.fault"] }],
    log: { level: "trace" },
  };
  await writeFile(site.configPath, stringify(config));
}

/** Whatever the daemon wrote: its terminal, its log as the API shows it, and the bytes of its store. */
async function writtenBy(daemon: RealDaemon, site: Site): Promise<Map<string, string>> {
  const written = new Map([["the terminal", daemon.output]]);
  for (const path of ["/v1/logs?limit=200", "/v1/events?limit=200", "/v1/status"]) {
    written.set(path, await (await daemon.get(path)).text());
  }
  for (const name of await readdir(site.stateDir)) {
    if (name.includes("sqlite")) written.set(name, await readFile(join(site.stateDir, name), "latin1"));
  }
  assert.ok([...written.keys()].some((name) => name.endsWith(".sqlite")));
  return written;
}

function assertSilent(written: ReadonlyMap<string, string>): void {
  for (const [where, text] of written) {
    for (const [name, canary] of Object.entries(canaries)) {
      // Of a token all but its id is secret.
      const secret = /^f[ls]_/.test(canary) ? canary.slice(-43) : canary;
      assert.ok(!text.includes(secret), `${where} holds the canary ${name}`);
    }
  }
}

test("no secret of the configuration or of a request is written, though all of them fail", {
  timeout: 120_000,
}, async (t) => {
  const site = await makeSite(t);
  await writeSecretConfig(site);
  const tokens = new TokenFolder(site.stateDir);
  const { text } = await tokens.make({ name: "test", scopes: ["read", "unlock", "admin"], expiresAt: null });
  await setCheapPin(site.stateDir);
  const daemon = RealDaemon.start(t, site);
  daemon.headers = { authorization: `Bearer ${text}` };
  const failing = await daemon.until(
    "camera, broker and receiver fail",
    ({ camera, home, webhooks }) => camera.restarts > 1 && home.fault !== null && webhooks[0]?.fault != null,
    60_000,
  );
  assert.match(JSON.stringify(failing.camera), /CAMERA_UNAVAILABLE/);
  const url = await daemon.url;
  const json = { "content-type": "application/json" };
  const ask = async (path: string, headers: Record<string, string>, body?: unknown): Promise<number> => {
    const request = body === undefined ? { headers } : { method: "POST", body: JSON.stringify(body), headers };
    return (await fetch(`${url}${path}`, request)).status;
  };
  assert.equal(await ask("/v1/status", { authorization: `Bearer ${canaries.token}` }), 401);
  assert.equal(await ask(`/v1/logs?token=${canaries.query}`, daemon.headers), 400);
  assert.equal(await ask(`/${canaries.query}`, daemon.headers), 404);
  assert.equal(await ask("/v1/status", { cookie: `facelatch=${canaries.session}` }), 401);
  const withSession = { cookie: `facelatch=${canaries.session}`, "x-csrf-token": canaries.csrf, ...json };
  assert.equal(await ask("/v1/lockdown", withSession, {}), 401);
  assert.equal(await ask("/v1/second-step", { ...daemon.headers, ...json }, { pin: canaries.pin }), 403);
  assert.equal(await ask("/v1/second-step", { ...daemon.headers, ...json }, { pin: `${canaries.pin}x` }), 400);
  await new PairingFiles(site.stateDir).open();
  assert.equal(await ask("/v1/session", json, { code: canaries.code }), 403);
  assert.equal(await ask("/v1/session", json, { token: canaries.token }), 401);
  assert.equal(await ask("/v1/session", json, { token: canaries.token, pin: canaries.pin }), 400);
  const written = await eventually(
    "the lines of the refused requests are written",
    () => writtenBy(daemon, site),
    (found) => (found.get("/v1/logs?limit=200") ?? "").includes("POST /v1/session: PAIRING_REFUSED"),
  );
  assertSilent(written);
  await daemon.end();
  assertSilent(new Map([["the terminal at its end", daemon.output]]));
});

test("a configuration that is refused tells none of its secrets", { timeout: 60_000 }, async (t) => {
  const site = await makeSite(t);
  const { brokerPassword, cameraPassword } = canaries;
  for (const config of [
    `mqtt: { url: "mqtt://door:${brokerPassword}@broker.local" }\n`,
    `mqtt: { url: "door:${brokerPassword}" }\n`,
    `camera: { kind: rtsp, url: "http://door:${cameraPassword}@camera.local/x" }\n`,
    `camera: { kind: rtsp, url: rtsp://door:${cameraPassword}@camera.local/x: 1 }\n`,
    `webhooks: [{ url: "https://door:${brokerPassword}@example.org/x", secretFile: /x }]\n`,
  ]) {
    await writeFile(site.configPath, `api: { port: 0 }\n${config}`);
    const daemon = RealDaemon.start(t, site);
    await eventually(
      "the fault is told",
      async () => daemon.output,
      (output) => output.includes("CONFIG") || output.includes("not valid"),
    );
    const status = await (await daemon.get("/v1/status")).text();
    await daemon.end();
    assertSilent(
      new Map([
        ["the terminal", daemon.output],
        ["/v1/status", status],
      ]),
    );
  }
});
