// What schemas mark as secret: found wherever it stands, and nothing else.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Type from "typebox";
import { secretBodies } from "../../../device/api/secret-bodies.ts";
import { configSchema, parseConfig } from "../../../device/config/config.ts";
import { secretPathsOf, secretTextsOf } from "../../../device/log/secret-marks.ts";
import { fakeDevice } from "../api/fake-device.ts";
import { handled } from "../daemon/door/handled-door.ts";
import { deliveryTo, stateFolder } from "../delivery/small-delivery.ts";
import { PlayedEnrolment } from "../enrolment/played-enrolment.ts";

describe("the marks of a schema", () => {
  it("are found in sections, lists, choices and what may be null", () => {
    const secret = Type.String({ secret: true });
    const schema = Type.Object({
      name: Type.String(),
      door: Type.Union([Type.Object({ pin: secret }), Type.Object({ key: Type.Union([secret, Type.Null()]) })]),
      told: Type.Array(Type.Object({ url: secret, at: Type.String() })),
      either: Type.Union([Type.String(), Type.Null()], { secret: true }),
    });
    assert.deepEqual(secretPathsOf(schema), ["door.pin", "door.key", "told[*].url", "either"]);
    const value = {
      name: "public",
      door: { key: "key-1" },
      told: [{ url: "first", at: "now" }, { url: "second-one" }],
    };
    assert.deepEqual(secretTextsOf(schema, value), ["second-one", "key-1", "first"]);
  });

  it("are those of the configuration's addresses: other secrets are only named by files", () => {
    assert.deepEqual(secretPathsOf(configSchema), ["camera.url", "mqtt.url", "webhooks[*].url"]);
  });

  it("leave an address its host, and take its password, a long path and its query, also as they are decoded", () => {
    const config = parseConfig(
      `camera: { kind: rtsp, url: "rtsp://door:p%40ss%2Fword@camera.local:554/live?channel=secret1" }\n` +
        `webhooks: [{ url: "https://example.org/hooks/T0123/B4567", secretFile: /etc/hook }]\n`,
      "the test",
    );
    assert.deepEqual(secretTextsOf(configSchema, config).sort(), [
      "/hooks/T0123/B4567",
      "/live?channel=secret1",
      "channel=secret1",
      "p%40ss%2Fword",
      "p@ss/word",
    ]);
  });

  it("take a password also as JSON writes it", () => {
    const config = parseConfig(`camera: { kind: rtsp, url: "rtsp://door:p%22ss%5Cword@camera.local" }\n`, "the test");
    const texts = secretTextsOf(configSchema, config);
    assert.deepEqual(texts.sort(), ["p%22ss%5Cword", 'p"ss\\word', 'p\\"ss\\\\word'].sort());
    assert.ok(texts.some((text) => JSON.stringify({ text: 'by p"ss\\word' }).includes(text)));
  });

  it("are none of a password so short that it would blank out other words", () => {
    const url = "rtsp://door:abc@camera.local/a";
    const config = parseConfig(`camera: { kind: rtsp, url: "${url}" }\n`, "the test");
    assert.deepEqual(secretTextsOf(configSchema, config), []);
  });

  it("that the API's description has are all known to the logger", async (t) => {
    const conditions = {
      door: handled(t).handle,
      people: new PlayedEnrolment(t).deps,
      delivery: deliveryTo(stateFolder(t)),
    };
    const { api } = fakeDevice(t, { ...conditions, enterPin: async () => ({ kind: "busy" }) });
    const description: unknown = (await api.inject("/openapi.json")).json();
    const marked = new Set(markedNames(description));
    const known = secretBodies.flatMap((schema) => secretPathsOf(schema)).map((path) => path.split(".").at(-1)!);
    assert.deepEqual([...marked].sort(), [...new Set(known)].sort());
    assert.deepEqual([...marked].sort(), ["button", "code", "csrfToken", "pin", "text", "token", "values"]);
  });
});

/** The names of the properties, anywhere in a description, that are marked. */
function markedNames(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([name, child]) => [
    ...((child as { secret?: unknown } | null)?.secret === true ? [name] : []),
    ...markedNames(child),
  ]);
}
