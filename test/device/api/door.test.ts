// The door over HTTP: opened once for each key and only with the scope for it, locked down, and its faces switched off.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import type { Scope } from "../../../device/access/access.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { problemSchema } from "../../../device/api/problem.ts";
import { type ErrorCode, errorCodes } from "../../../device/errors/errors.ts";
import { handled, pulseMs } from "../daemon/door/handled-door.ts";
import { memoryStore } from "../played-door.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;

const keyOf = (n: number) => `key-of-a-request-${n}`;

function openDoor(t: Ending, conditions: FakeConditions = {}, restartedFrom?: ReturnType<typeof handled>) {
  const store = restartedFrom?.door.store ?? memoryStore(t);
  const { door, handle, state } = handled(t, { store, ...(restartedFrom && { state: restartedFrom.state }) });
  const tokens = new TokenFolder(state);
  const device = fakeDevice(t, { store, door: handle, access: tokens, openOnLoopback: false, ...conditions });
  const tokenFor = async (...scopes: Scope[]) => (await tokens.make({ name: "Anna", scopes, expiresAt: null })).text;
  const ask = (method: "GET" | "POST" | "DELETE", url: string, token: string, headers: Record<string, string> = {}) =>
    device.api.inject({ method, url, headers: { authorization: `Bearer ${token}`, ...headers } });
  const put = (url: string, token: string, payload: unknown) =>
    device.api.inject({
      ...{ method: "PUT", url, payload: JSON.stringify(payload) },
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    });
  const unlock = (token: string, key?: string) =>
    ask("POST", "/v1/unlock", token, key === undefined ? {} : { "idempotency-key": key });
  return { door, handle, state, device, tokenFor, ask, put, unlock };
}

function assertProblem(answer: Answer, code: ErrorCode): void {
  assert.equal(answer.statusCode, errorCodes[code].status, answer.body);
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem));
  assert.equal(problem.code, code);
}

describe("POST /v1/unlock", () => {
  it("opens the door, is recorded with who asked, and answers while the relay is energised", async (t) => {
    const { door, tokenFor, unlock } = openDoor(t);
    const answer = await unlock(await tokenFor("unlock"), keyOf(1));
    assert.deepEqual([answer.statusCode, answer.json()], [202, { opened: true, pulseMs }]);
    assert.equal(door.relay.pulses, 1);
    const [event] = door.store.events({ limit: 1 });
    assert.equal(event!.type, "unlock.granted");
    assert.match(event!.message, /^Opened over the API by Anna \(token [0-9a-f]{12}\)\.$/);
  });

  it("needs its own scope: no other lets anybody in, admin included", async (t) => {
    const { door, tokenFor, unlock } = openDoor(t);
    for (const scope of ["read", "feedback", "update", "admin"] as const) {
      assertProblem(await unlock(await tokenFor(scope), keyOf(1)), "SCOPE_MISSING");
    }
    assert.equal(door.relay.pulses, 0);
  });

  it("needs a key that nobody guesses or repeats by chance", async (t) => {
    const { door, tokenFor, unlock } = openDoor(t);
    const token = await tokenFor("unlock");
    for (const key of [undefined, "", "short", "x".repeat(65), "with blanks in between"]) {
      assertProblem(await unlock(token, key), "REQUEST_INVALID");
    }
    assert.equal(door.relay.pulses, 0);
  });

  it("gives a repeated key the first answer, and no second pulse, also after a restart", async (t) => {
    const first = openDoor(t);
    const token = await first.tokenFor("unlock");
    const answers = await Promise.all([1, 1, 1].map((n) => first.unlock(token, keyOf(n))));
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [202, 202, 202],
    );
    const again = openDoor(t, {}, first);
    const replay = await again.unlock(token, keyOf(1));
    assert.deepEqual([replay.statusCode, replay.json()], [202, answers[0]!.json()]);
    assert.equal(replay.headers["idempotent-replayed"], "true");
    assert.deepEqual([first.door.relay.pulses, again.door.relay.pulses], [1, 0]);
  });

  it("takes a key as its sender's alone", async (t) => {
    const { door, tokenFor, unlock } = openDoor(t);
    await unlock(await tokenFor("unlock"), keyOf(1));
    await door.relay.endPulse();
    door.nowMs += 1_000;
    assert.equal((await unlock(await tokenFor("unlock"), keyOf(1))).headers["idempotent-replayed"], undefined);
    assert.equal(door.relay.pulses, 2);
  });

  it("is refused by name during a pulse, in a lockdown, and where the relay does not obey", async (t) => {
    const { door, tokenFor, unlock, ask } = openDoor(t);
    const token = await tokenFor("unlock");
    await unlock(token, keyOf(1));
    assertProblem(await unlock(token, keyOf(2)), "DOOR_BUSY");
    await door.relay.endPulse();
    assertProblem(await unlock(token, keyOf(3)), "DOOR_BUSY");
    door.nowMs += 1_000;
    await ask("POST", "/v1/lockdown", token);
    assertProblem(await unlock(token, keyOf(4)), "LOCKED_DOWN");
    await ask("DELETE", "/v1/lockdown", await tokenFor("admin"));
    assertProblem(await unlock(token, keyOf(4)), "LOCKED_DOWN");
    door.relay.obeys = false;
    const failing = unlock(token, keyOf(5));
    while (door.relay.pulses === 1) await new Promise((resolve) => setImmediate(resolve));
    await door.relay.endPulse(new Error("/sys/class/gpio: EIO"));
    const failed = await failing;
    assertProblem(failed, "RELAY_UNAVAILABLE");
    assert.doesNotMatch(failed.body, /sys|EIO/);
  });

  it("has a limit of its own, which a request that is sent again does not use up", async (t) => {
    const { door, tokenFor, unlock } = openDoor(t, { limits: { unlocksPerMinuteMax: 2 } });
    const token = await tokenFor("unlock");
    await unlock(token, keyOf(1));
    await unlock(token, keyOf(2));
    const limited = await unlock(token, keyOf(3));
    assertProblem(limited, "TOO_MANY_REQUESTS");
    assert.ok(Number(limited.headers["retry-after"]) >= 1);
    assert.equal((await unlock(token, keyOf(1))).statusCode, 202);
    assert.equal(door.relay.pulses, 1);
  });
});

describe("/v1/lockdown", () => {
  it("is set by whoever may open or looks after the device, and lifted by the latter alone", async (t) => {
    const { tokenFor, ask, handle } = openDoor(t);
    const [reader, opener, admin] = [await tokenFor("read"), await tokenFor("unlock"), await tokenFor("admin")];
    assert.deepEqual((await ask("GET", "/v1/lockdown", reader)).json(), { lockdown: null });
    assertProblem(await ask("POST", "/v1/lockdown", reader), "SCOPE_MISSING");
    const set = await ask("POST", "/v1/lockdown", opener);
    assert.equal(set.statusCode, 200);
    assert.match(set.json<{ lockdown: { by: string } }>().lockdown.by, /^Anna \(token/);
    assert.deepEqual((await ask("POST", "/v1/lockdown", admin)).json(), set.json());
    assert.deepEqual((await ask("GET", "/v1/lockdown", reader)).json(), set.json());
    for (const token of [reader, opener]) assertProblem(await ask("DELETE", "/v1/lockdown", token), "SCOPE_MISSING");
    assert.equal((await ask("DELETE", "/v1/lockdown", admin)).statusCode, 204);
    assert.equal((await ask("DELETE", "/v1/lockdown", admin)).statusCode, 204);
    assert.equal(handle.lockdown(), null);
  });
});

describe("/v1/face-unlock", () => {
  it("is switched off by whoever may open or looks after the device, and on by the latter alone", async (t) => {
    const { tokenFor, ask, put, unlock, handle } = openDoor(t);
    const [reader, opener, admin] = [await tokenFor("read"), await tokenFor("unlock"), await tokenFor("admin")];
    const url = "/v1/face-unlock";
    assert.deepEqual((await ask("GET", url, reader)).json(), { on: true, off: null });
    for (const on of [true, false]) assertProblem(await put(url, reader, { on }), "SCOPE_MISSING");
    const off = await put(url, opener, { on: false });
    assert.equal(off.statusCode, 200);
    assert.match(off.json<{ off: { by: string } }>().off.by, /^Anna \(token/);
    assert.deepEqual((await put(url, admin, { on: false })).json(), off.json());
    assert.deepEqual((await ask("GET", url, reader)).json(), off.json());
    assertProblem(await put(url, opener, { on: true }), "SCOPE_MISSING");
    assert.equal(handle.faceUnlock().on, false);
    assert.equal((await unlock(opener, keyOf(1))).statusCode, 202, "hands open it all the same");
    assert.deepEqual((await put(url, admin, { on: true })).json(), { on: true, off: null });
  });

  it("takes nothing but a yes or a no, in JSON", async (t) => {
    const { tokenFor, put, handle } = openDoor(t);
    const admin = await tokenFor("admin");
    for (const payload of [{}, { on: "false" }, { on: null }, { on: 0 }, { on: false, until: "noon" }, [], null]) {
      assertProblem(await put("/v1/face-unlock", admin, payload), "REQUEST_INVALID");
    }
    assert.equal(handle.faceUnlock().on, true);
  });
});
