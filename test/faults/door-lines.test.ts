// Lines at the door that are not there, under the real daemon: all are told, and only the tamper switch keeps anybody out.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { causesOf, makeWorkingSite, RealDaemon, writeConfig } from "../fixtures/real-daemon.ts";

/** Each its own, as one that is used twice would become an alias. */
const lineOf = (line: number) => ({ kind: "gpio", chipLabel: "no-such-chip", line });

test("contact, exit button, LED, buzzer and pairing button on a chip that is not there are told, and the owner is let in", async (t) => {
  const site = await makeWorkingSite(t);
  const wired = { contact: lineOf(1), exitButton: lineOf(2), led: lineOf(3), buzzer: lineOf(4) };
  await writeConfig(site, { door: wired, api: { pairingButton: lineOf(5) } });
  const daemon = RealDaemon.start(t, site);
  await daemon.untilUnlocked("the owner is let in all the same");
  const { door, pairingButton, causes } = await daemon.status();
  assert.deepEqual(
    door.faults.map(({ line: name, code }) => `${name} ${code}`),
    ["contact", "exitButton", "led", "buzzer"].map((name) => `${name} DOOR_LINE_UNAVAILABLE`),
  );
  assert.match(door.faults[0]!.message, /no-such-chip/);
  assert.equal(pairingButton!.fault!.code, "PAIRING_BUTTON_UNAVAILABLE");
  const headers = { "content-type": "application/json" };
  const knock = await fetch(`${await daemon.url}/v1/session/button`, { method: "POST", headers, body: "{}" });
  assert.equal(((await knock.json()) as { code: string }).code, "PAIRING_BUTTON_UNAVAILABLE");
  assert.deepEqual([door.contact, door.tamper, causes], ["unknown", null, []]);
  const told = (await daemon.events()).filter(({ type }) => type === "door.line_fault");
  assert.deepEqual(told.map(({ data }) => data["line"]).sort(), ["contact", "exitButton"]);
});

test("a tamper switch that cannot be read keeps every face out, and a hand opens the door", async (t) => {
  const site = await makeWorkingSite(t);
  await writeConfig(site, { door: { tamper: lineOf(1) } });
  const daemon = RealDaemon.start(t, site);
  const refusing = await daemon.until(
    "a face is refused",
    ({ decision }) => decision?.reason === "tamper_unknown",
    60_000,
  );
  assert.ok(causesOf(refusing).includes("DOOR_LINE_UNAVAILABLE"));
  await daemon.staysLocked("DOOR_LINE_UNAVAILABLE", 40);
  const headers = { "content-type": "application/json", "idempotency-key": randomUUID() };
  const answer = await fetch(`${await daemon.url}/v1/unlock`, { method: "POST", headers, body: "{}" });
  assert.equal(answer.status, 202, await answer.text());
  assert.equal((await daemon.status()).relay.pulses, 1);
});
