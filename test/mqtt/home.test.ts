// The daemon and a real mosquitto: what a house is told, and that the door never waits for it.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { assertDiscovery } from "../device/home/home-assistant.ts";
import { eventually } from "../fixtures/eventually.ts";
import { portraits } from "../fixtures/portraits.ts";
import { type Ending, makeWorkingSite, RealDaemon, record, type Site, writeConfig } from "../fixtures/real-daemon.ts";
import { framesOf, place } from "../fixtures/scenes.ts";
import { Broker, type Listener } from "./broker.ts";

/** A house may be told within so long after a broken connection. */
const backMs = 20_000;

async function startDoor(
  t: Ending,
  mqtt: Readonly<Record<string, unknown>>,
  decision: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly daemon: RealDaemon }> {
  const site = await makeWorkingSite(t);
  await writeConfig(site, { mqtt, decision, relay: { pulseMs: 500 } });
  return { daemon: RealDaemon.start(t, site) };
}

async function untilTold(listener: Listener, end: string, payload: string, deadlineMs = 10_000): Promise<void> {
  await eventually(
    `${end} is ${payload}`,
    async () => listener.newest(end),
    (newest) => newest === payload,
    deadlineMs,
  );
}

test("a house learns of the device, its states and what happens at the door", {
  timeout: 180_000,
}, async (t: Ending) => {
  const broker = await Broker.start(t);
  const listener = await broker.listen(t);
  const { daemon } = await startDoor(t, { url: `mqtt://127.0.0.1:${broker.port}`, name: "Back door" });
  await daemon.untilUnlocked("the owner is let in");
  await untilTold(listener, "/availability", "online");
  const config = listener.heard.find(([topic]) => /^homeassistant\/device\/[0-9a-f]{12}\/config$/.test(topic));
  assertDiscovery(config![1].payload);
  assert.match(config![1].payload, /"name":"Back door"/);
  // Who comes later finds all states, and no event of before.
  const late = await broker.listen(t);
  await untilTold(late, "/availability", "online");
  await eventually(
    "the states are kept",
    async () => late.newest("/bundle"),
    (bundle) => bundle !== undefined,
  );
  assert.ok(late.heard.filter(([topic]) => topic.endsWith("/event")).every(([, { retain }]) => !retain));
  assert.deepEqual(
    [
      ...new Set(
        late.heard
          .filter(([, { retain }]) => retain)
          .map(([topic]) => topic.replace(/^(homeassistant\/device|facelatch)\/[0-9a-f]{12}\//, "")),
      ),
    ].sort(),
    [
      ...["availability", "bundle", "config", "face-unlock", "lock", "lockdown", "record"],
      ...["trouble", "trouble/attributes", "updates"],
    ],
  );
  await untilTold(listener, "/lock", "UNLOCKED");
  await untilTold(listener, "/lock", "LOCKED");
  const types = listener.all("/event").map((payload) => (JSON.parse(payload) as { event_type: string }).event_type);
  assert.ok(types.includes("unlocked") && types.includes("somebody"), types.join());
  assert.deepEqual(listener.all("/doorbell"), []);
  const { lastSeq, headHash } = (await daemon.status()).store;
  await untilTold(listener, "/record", `${lastSeq}:${headHash}`).catch(async () => {
    const { store } = await daemon.status();
    await untilTold(listener, "/record", `${store.lastSeq}:${store.headHash}`);
  });
  await daemon.end();
  await untilTold(listener, "/availability", "offline");
});

/** Who rings while the house is not connected is not told later: so nobody comes before it is. */
async function startBeforeStranger(
  t: Ending,
  listener: Listener,
  mqtt: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, unknown>> = {},
): Promise<RealDaemon> {
  const site: Site = await makeWorkingSite(t);
  // So strict that nobody is like the owner but the picture that the template was made of, which is not shown.
  await writeConfig(site, { mqtt, decision: { verifiedScoreMin: 1 }, ...others });
  await record(site, await framesOf(place(3, 40, 30)));
  const daemon = RealDaemon.start(t, site);
  await untilTold(listener, "/availability", "online", 30_000);
  await record(site, (await portraits("owner", 60)).slice(40));
  return daemon;
}

test("a stranger rings the bell, without a name or a picture", { timeout: 120_000 }, async (t: Ending) => {
  const broker = await Broker.start(t);
  const listener = await broker.listen(t);
  await startBeforeStranger(t, listener, { url: `mqtt://127.0.0.1:${broker.port}` });
  await eventually(
    "the bell rings",
    async () => listener.all("/doorbell").length,
    (count) => count > 0,
    30_000,
  );
  const ring = JSON.parse(listener.newest("/doorbell")!) as Record<string, unknown>;
  assert.deepEqual(Object.keys(ring).sort(), ["event_type", "presence"]);
  assert.deepEqual(listener.all("/image"), []);
});

test("a stranger's picture comes before the bell where it is asked for, and no broker keeps it", {
  timeout: 120_000,
}, async (t: Ending) => {
  const broker = await Broker.start(t);
  const listener = await broker.listen(t);
  const mqtt = { url: `mqtt://127.0.0.1:${broker.port}`, image: true };
  const daemon = await startBeforeStranger(t, listener, mqtt, { snapshots: { for: "strangers" } });
  await eventually(
    "the bell rings",
    async () => listener.all("/doorbell").length,
    (count) => count > 0,
    60_000,
  );
  const topics = listener.heard.map(([topic]) => topic.split("/").at(-1));
  assert.ok(topics.includes("image") && topics.indexOf("image") < topics.indexOf("doorbell"));
  assert.equal(assertDiscovery(listener.newest("/config")!)["image"]?.["platform"], "image");
  const [, { payload, retain }] = listener.heard.find(([topic]) => topic.endsWith("/image"))!;
  assert.equal(retain, false);
  const rang = (await daemon.events()).filter(({ type }) => type === "doorbell.rang").at(-1)!;
  const picture = await daemon.get(`/v1/events/${rang.seq}/snapshot`);
  assert.equal(payload, Buffer.from(await picture.arrayBuffer()).toString("utf8"));
  const late = await broker.listen(t);
  await untilTold(late, "/availability", "online");
  assert.ok(late.heard.filter(([topic]) => topic.endsWith("/image")).every(([, kept]) => !kept.retain));
});

test("a command that is kept, strange or not allowed moves nothing, and the state is told again", {
  timeout: 120_000,
}, async (t: Ending) => {
  const broker = await Broker.start(t);
  const listener = await broker.listen(t);
  const { daemon } = await startDoor(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  await untilTold(listener, "/availability", "online", 30_000);
  const topic = listener.heard.find(([name]) => name.endsWith("/lock"))![0];
  const { client } = listener;
  const refusals: readonly (readonly [payload: string, retain: boolean, said: RegExp])[] = [
    ["UNLOCK", true, /one that the broker keeps/],
    ["UNLOCK", false, /a command that is allowed here.*UNLOCK/],
    ["OPEN SESAME", false, /OPEN SESAME/],
    ["U".repeat(5_000), false, /too much/],
  ];
  for (const [payload, retain, said] of refusals) {
    await client.publishAsync(`${topic}/set`, payload, { qos: 1, retain });
    await eventually(
      `it is told: ${said}`,
      async () => daemon.output,
      (output) => said.test(output),
    );
  }
  const before = listener.all("/lock").length;
  await client.publishAsync(`${topic}/set`, "LOCK", { qos: 1 });
  await eventually(
    "the state is told again",
    async () => listener.all("/lock").length,
    (count) => count > before,
  );
  // Home Assistant was started anew, and knows nothing.
  const configs = listener.all("/config").length;
  await client.publishAsync("homeassistant/status", "online", { qos: 1 });
  await eventually(
    "all is told again",
    async () => listener.all("/config").length,
    (count) => count > configs,
  );
});

test("a house that may opens the door, locks it down, switches faces off and lifts that, each recorded", {
  timeout: 120_000,
}, async (t: Ending) => {
  const broker = await Broker.start(t);
  const listener = await broker.listen(t);
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const { daemon } = await startDoor(t, { url, commands: "unlock" }, { verifiedScoreMin: 1 });
  await untilTold(listener, "/availability", "online", 30_000);
  const components = assertDiscovery(listener.newest("/config")!);
  const send = (entity: string, payload: string) =>
    listener.client.publishAsync(String(components[entity]!["command_topic"]), payload, { qos: 1 });
  await daemon.until("the store is open", ({ store, relay }) => store.state === "open" && relay.fault === null);
  await send("lock", "UNLOCK");
  await untilTold(listener, "/lock", "UNLOCKED");
  await untilTold(listener, "/lock", "LOCKED");
  await send("lockdown", "ON");
  await untilTold(listener, "/lockdown", "ON");
  await send("lock", "UNLOCK");
  await eventually(
    "it is refused",
    async () => daemon.output,
    (output) => /locked down.*DOOR_BUSY/.test(output),
  );
  await send("lockdown", "OFF");
  await untilTold(listener, "/lockdown", "OFF");
  await send("face_unlock", "OFF");
  await untilTold(listener, "/face-unlock", "OFF");
  assert.equal((await daemon.status()).faceUnlock.on, false);
  await listener.client.publishAsync(String(components["face_unlock"]!["command_topic"]), "ON", {
    qos: 1,
    retain: true,
  });
  await eventually(
    "the command that is kept counts for nothing",
    async () => daemon.output,
    (output) => /face-unlock\/set: .*one that the broker keeps/.test(output),
  );
  assert.equal((await daemon.status()).faceUnlock.on, false);
  await send("face_unlock", "ON");
  await untilTold(listener, "/face-unlock", "ON");
  const events = (await daemon.events()).filter(({ data }) => String(data["by"]).includes("MQTT"));
  assert.deepEqual(
    events.map(({ type }) => type),
    [
      ...["unlock.granted", "lockdown.set", "unlock.refused", "lockdown.cleared"],
      ...["face_unlock.off", "face_unlock.on"],
    ],
  );
  assert.equal((await daemon.status()).relay.pulses, 1);
});

test("the door opens while the broker is dead, hangs, and comes back, and all is told again", {
  timeout: 240_000,
}, async (t: Ending) => {
  const broker = await Broker.start(t);
  const { daemon } = await startDoor(t, { url: `mqtt://127.0.0.1:${broker.port}` });
  await daemon.until("the house is connected", ({ home }) => home.state === "connected");
  await broker.kill();
  const dead = await daemon.until(
    "the broker is missed",
    ({ home }) => home.state === "connecting" && home.fault !== null,
  );
  assert.deepEqual(dead.causes, []);
  for (let n = 0; n < 3; n++) await daemon.untilUnlocked("the owner is let in without a broker");
  await broker.run();
  const back = await broker.listen(t);
  await untilTold(back, "/availability", "online", backMs);
  assertDiscovery(back.newest("/config")!);
  assert.match(back.newest("/record")!, /^\d+:[0-9a-f]{64}$/);
  await daemon.until("no fault is left", ({ home }) => home.state === "connected" && home.fault === null);
  broker.pause();
  for (let n = 0; n < 3; n++) await daemon.untilUnlocked("the owner is let in before a broker that hangs");
  broker.go();
  await untilTold(back, "/availability", "online", backMs);
  // Killed: the broker itself tells that the door is gone.
  daemon.process.kill("SIGKILL");
  await untilTold(back, "/availability", "offline", 60_000);
});

test("over TLS with a name and a password; a wrong one, or a stranger's certificate, is told and costs nothing", {
  timeout: 180_000,
}, async (t: Ending) => {
  const broker = await Broker.start(t, { tls: true });
  const listener = await broker.listenSecurely(t);
  const passwordFile = join(broker.folder, "door.password");
  await writeFile(passwordFile, "something else\n");
  const mqtt = {
    url: `mqtts://localhost:${broker.port}`,
    username: "door",
    passwordFile,
    caFile: join(broker.folder, "ca.crt"),
  };
  const { daemon } = await startDoor(t, mqtt);
  const refused = await daemon.until("the password is refused", ({ home }) => home.fault !== null, 30_000);
  assert.match(refused.home.fault!, /not authori[sz]ed|bad user/i);
  await daemon.untilUnlocked("the owner is let in");
  // It is read anew: nobody has to start the daemon again.
  await writeFile(passwordFile, "let me in\n");
  await untilTold(listener, "/availability", "online", backMs);
  assert.ok(!daemon.output.includes("let me in") && !daemon.output.includes("something else"));
  const stranger = await startDoor(t, { ...mqtt, caFile: null });
  const unknown = await stranger.daemon.until("the certificate is refused", ({ home }) => home.fault !== null, 30_000);
  assert.match(unknown.home.fault!, /certificate/);
  await stranger.daemon.untilUnlocked("the owner is let in");
});
