// The schedule over HTTP: read by everybody who may read, changed by those who look after the device, and validated.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import type { Scope } from "../../../device/access/access.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { problemSchema } from "../../../device/api/problem.ts";
import { type ErrorCode, errorCodes } from "../../../device/errors/errors.ts";
import { scheduled } from "../daemon/door/scheduled-door.ts";
import { type Ending, type FakeDevice, fakeDevice } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;

const windows = [{ days: ["mon", "fri"], from: "07:00", to: "22:00" }];

async function openDoor(t: Ending) {
  const { door, schedule, state } = scheduled(t);
  await schedule.start();
  const tokens = new TokenFolder(state);
  const device = fakeDevice(t, { store: door.store, schedule, access: tokens, openOnLoopback: false });
  const tokenFor = async (...scopes: Scope[]) => (await tokens.make({ name: "Anna", scopes, expiresAt: null })).text;
  const ask = (method: "GET" | "PUT" | "DELETE", token: string, payload?: unknown) =>
    device.api.inject({
      ...{ method, url: "/v1/schedule" },
      headers: {
        authorization: `Bearer ${token}`,
        ...(payload === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
    });
  return { door, schedule, tokenFor, ask };
}

function assertProblem(answer: Answer, code: ErrorCode, detail = /./): void {
  assert.equal(answer.statusCode, errorCodes[code].status, answer.body);
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem));
  assert.equal(problem.code, code);
  assert.match(problem.detail, detail);
}

describe("/v1/schedule", () => {
  it("is told of, set and given back, recorded with who did it", async (t) => {
    const { door, tokenFor, ask } = await openDoor(t);
    const [reader, admin] = [await tokenFor("read"), await tokenFor("admin")];
    const { source, allowsNow } = (await ask("GET", reader)).json<{ source: string; allowsNow: boolean }>();
    assert.deepEqual([source, allowsNow], ["config", true]);
    const set = await ask("PUT", admin, { windows });
    assert.equal(set.statusCode, 200, set.body);
    assert.deepEqual((await ask("GET", reader)).json(), set.json());
    assert.deepEqual(set.json<{ windows: unknown }>().windows, windows);
    const [event] = door.store.events({ limit: 1 });
    assert.match(event!.message, /^The schedule was set to 1 window by Anna \(token [0-9a-f]{12}\)\.$/);
    assert.equal((await ask("DELETE", admin)).statusCode, 204);
    assert.equal((await ask("GET", reader)).json<{ source: string }>().source, "config");
  });

  it("is changed with the scope admin alone", async (t) => {
    const { tokenFor, ask, schedule } = await openDoor(t);
    for (const scope of ["read", "feedback", "update", "people", "unlock"] as const) {
      const token = await tokenFor(scope);
      assertProblem(await ask("PUT", token, { windows }), "SCOPE_MISSING");
      assertProblem(await ask("DELETE", token), "SCOPE_MISSING");
    }
    assert.equal(schedule.report().source, "config");
  });

  it("takes as many windows as the configuration, with all their days", async (t) => {
    const { tokenFor, ask } = await openDoor(t);
    const whole = { days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "24:00" };
    const full = Array.from({ length: 50 }, () => whole);
    assert.equal((await ask("PUT", await tokenFor("admin"), { windows: full })).statusCode, 200);
  });

  it("refuses what the configuration would refuse, and changes nothing", async (t) => {
    const { door, tokenFor, ask } = await openDoor(t);
    const admin = await tokenFor("admin");
    const [window] = windows;
    const refused: unknown[] = [
      ...[{}, null, [], { windows: null }, { windows: [null] }, { windows, always: true }],
      ...[
        { ...window, days: [] },
        { ...window, days: ["Freitag"] },
        { ...window, days: ["mon", "mon"] },
      ].map((each) => ({
        windows: [each],
      })),
      ...[
        { ...window, from: "7:00" },
        { ...window, from: "24:00" },
        { ...window, to: "24:01" },
        { ...window, note: "x" },
      ].map((each) => ({ windows: [each] })),
      { windows: [{ from: "07:00", to: "22:00" }] },
      { windows: Array.from({ length: 51 }, () => window) },
    ];
    for (const payload of refused) assertProblem(await ask("PUT", admin, payload), "REQUEST_INVALID");
    const empty = { ...window, to: "07:00" };
    assertProblem(await ask("PUT", admin, { windows: [empty] }), "REQUEST_INVALID", /windows\[0\]\.to equals from/);
    assert.deepEqual(door.events(), []);
  });
});
