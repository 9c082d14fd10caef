// The log's level over HTTP: told to whoever may read, changed with the scope admin, and counting for requests at once.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Scope } from "../../../device/access/access.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { stateFolder } from "../delivery/small-delivery.ts";
import { switchedLog } from "../log/switched-log.ts";
import { type Ending, fakeDevice } from "./fake-device.ts";

async function openDevice(t: Ending) {
  const tokens = new TokenFolder(stateFolder(t));
  const log = switchedLog();
  const device = fakeDevice(t, { ...log, access: tokens, openOnLoopback: false });
  const tokenFor = async (...scopes: Scope[]) => (await tokens.make({ name: "Anna", scopes, expiresAt: null })).text;
  const ask = (method: "GET" | "PUT" | "DELETE", token: string, payload?: unknown) =>
    device.api.inject({
      ...{ method, url: "/v1/log-level" },
      headers: {
        authorization: `Bearer ${token}`,
        ...(payload === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    });
  return { ...log, device, tokenFor, ask };
}

describe("/v1/log-level", () => {
  it("is told of, set for an hour unless told otherwise, and given back, noted with who did it", async (t) => {
    const { tokenFor, ask, events } = await openDevice(t);
    const [reader, admin] = [await tokenFor("read"), await tokenFor("admin")];
    const first = await ask("GET", reader);
    assert.deepEqual(first.json(), { level: "info", configured: "info", until: null });
    const set = await ask("PUT", admin, { level: "debug" });
    assert.deepEqual([set.statusCode, set.headers["cache-control"]], [200, "no-store"]);
    assert.deepEqual(set.json(), { level: "debug", configured: "info", until: "2026-11-23T11:00:00.000Z" });
    assert.deepEqual((await ask("GET", reader)).json(), set.json());
    assert.match(
      events[0]!.message,
      /^The log level was set to debug for 60 minutes by Anna \(token [0-9a-f]{12}\)\.$/,
    );
    assert.equal((await ask("DELETE", admin)).statusCode, 204);
    assert.deepEqual((await ask("GET", reader)).json(), first.json());
    assert.equal(events.length, 2);
  });

  it("is changed with the scope admin alone", async (t) => {
    const { tokenFor, ask, logger } = await openDevice(t);
    for (const scope of ["read", "feedback", "update", "people", "unlock", "snapshots"] as const) {
      const token = await tokenFor(scope);
      assert.equal((await ask("PUT", token, { level: "trace" })).statusCode, 403, scope);
      assert.equal((await ask("DELETE", token)).statusCode, 403, scope);
    }
    assert.equal(logger.level, "info");
  });

  it("refuses levels and times that make no sense, and changes nothing", async (t) => {
    const { tokenFor, ask, logger, events } = await openDevice(t);
    const admin = await tokenFor("admin");
    const debug = { level: "debug" };
    for (const body of [
      ...[{}, null, [], "debug", { level: "silent" }, { level: 20 }, { forMinutes: 5 }, { ...debug, silent: true }],
      ...[0, -1, 1.5, 1_441, "60", null].map((forMinutes) => ({ ...debug, forMinutes })),
    ]) {
      assert.equal((await ask("PUT", admin, body)).statusCode, 400, JSON.stringify(body));
    }
    assert.match((await ask("PUT", admin, { level: "loud" })).body, /\/level must be one of trace, debug, info, warn/);
    assert.match((await ask("PUT", admin, { ...debug, forHours: 1 })).body, /\/forHours is not known here/);
    assert.deepEqual([logger.level, events], ["info", []]);
    assert.equal((await ask("PUT", admin, { ...debug, forMinutes: 1_440 })).statusCode, 200);
  });

  it("counts for the lines of requests from the next one on", async (t) => {
    const { tokenFor, ask, lines } = await openDevice(t);
    const admin = await tokenFor("admin");
    const refused = () => ask("PUT", admin, {});
    await refused();
    assert.deepEqual(lines, []);
    await ask("PUT", admin, { level: "debug" });
    await refused();
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
      ["PUT /v1/log-level: REQUEST_INVALID"],
    );
    await ask("DELETE", admin);
    await refused();
    assert.equal(lines.length, 1);
  });
});
