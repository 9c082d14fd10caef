// Where the API may be entered: encrypted beyond this machine, by the device's own names, and told to people.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Config, defaultConfig } from "../../../../device/config/config.ts";
import { describeEntrance, namesOf, transportOf } from "../../../../device/daemon/run/api-entrance.ts";
import { deviceCertificate } from "../../../../device/tls/tls.ts";
import { stateFolder } from "../../delivery/small-delivery.ts";

const paths = { certificatePath: "x.crt", keyPath: "x.key" };

function settings(api: Partial<Config["api"]>, stateDir = "/nowhere"): Pick<Config, "api" | "stateDir"> {
  return { api: { ...defaultConfig().api, ...api }, stateDir };
}

describe("the API's entrance", () => {
  it("is encrypted beyond this machine without being told to", () => {
    const auto = { kind: "auto" } as const;
    assert.equal(defaultConfig().api.tls.kind, "auto");
    for (const host of ["127.0.0.1", "::1", "localhost"])
      assert.equal(transportOf(settings({ host, tls: auto })), "http");
    for (const host of ["0.0.0.0", "::", "192.168.1.9"])
      assert.equal(transportOf(settings({ host, tls: auto })), "https");
    assert.equal(transportOf(settings({ tls: { kind: "device" } })), "https");
    assert.equal(transportOf(settings({ tls: { kind: "files", ...paths } })), "https");
    assert.equal(transportOf(settings({ host: "0.0.0.0", tls: { kind: "proxy" } })), "proxy");
    assert.equal(transportOf(settings({ tls: { kind: "none" } })), "http");
  });

  it("answers to its own names beyond this machine, and to those that were configured", () => {
    const allowedHosts = ["Door.local"];
    assert.deepEqual(namesOf(settings({ allowedHosts })), allowedHosts);
    const names = namesOf(settings({ host: "0.0.0.0", allowedHosts }));
    assert.equal(names[0], "Door.local");
    assert.ok(names.length > 1);
  });

  it("is told with the fingerprint of what it shows", async (t) => {
    const state = stateFolder(t);
    assert.equal(await describeEntrance(settings({ port: 1 })), "http://127.0.0.1:1/");
    assert.equal(await describeEntrance(settings({ host: "::1", port: 1 })), "http://[::1]:1/");
    const beyond = settings({ host: "0.0.0.0", allowedHosts: ["door.local"] }, state);
    assert.equal(await describeEntrance(beyond), "https://door.local:8780/");
    const { fingerprint } = await deviceCertificate(state, ["door.local"]);
    const expected = `https://door.local:8780/ (its certificate's SHA-256 fingerprint: ${fingerprint})`;
    assert.equal(await describeEntrance(beyond), expected);
  });
});
