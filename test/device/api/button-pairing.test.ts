// Pairing by the board's button over HTTP: how a browser asks, what a hold lets in, and what whoever else asks is told.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import { scopes } from "../../../device/access/access.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { problemSchema } from "../../../device/api/problem.ts";
import type { SessionReport } from "../../../device/api/routes/session.ts";
import { type ErrorCode, errorCodes } from "../../../device/errors/errors.ts";
import { PlayedButton } from "../access/played-button.ts";
import { stateFolder } from "../delivery/small-delivery.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice, openStore } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;

interface Door {
  readonly state: string;
  readonly device: FakeDevice;
  readonly played: PlayedButton;
}

async function closedDoor(t: Ending, conditions: FakeConditions = {}): Promise<Door> {
  const state = stateFolder(t);
  const store = openStore(t);
  const played = await new PlayedButton(t, (event) => void store.append(event)).rested();
  const device = fakeDevice(t, {
    ...{ store, access: new TokenFolder(state), buttonPairing: played.button, openOnLoopback: false },
    ...conditions,
  });
  return { state, device, played };
}

const post = (
  { device }: Pick<Door, "device">,
  url: string,
  payload: object,
  headers: Record<string, string> = {},
  remoteAddress = "10.0.0.7",
): Promise<Answer> =>
  device.api.inject({ method: "POST", url, payload, headers: { host: "localhost", ...headers }, remoteAddress });

async function knock(door: Door, remoteAddress?: string): Promise<string> {
  const answer = await post(door, "/v1/session/button", {}, {}, remoteAddress);
  assert.equal(answer.statusCode, 201, answer.body);
  assert.equal(answer.headers["cache-control"], "no-store");
  // A hold counts for who asked before it, not in the same moment.
  await door.played.clock.advance(1);
  return answer.json<{ button: string }>().button;
}

const poll = (door: Door, button: string, name?: string) =>
  post(door, "/v1/session", { button, ...(name !== undefined && { name }) });

function assertProblem(answer: Answer, code: ErrorCode): void {
  assert.equal(answer.statusCode, errorCodes[code].status, answer.body);
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem));
  assert.equal(problem.code, code);
  assert.equal(answer.headers["set-cookie"], undefined);
}

function assertWaiting(answer: Answer): void {
  assert.deepEqual([answer.statusCode, answer.json()], [202, { kind: "waiting" }]);
  assert.equal(answer.headers["set-cookie"], undefined);
}

const eventsOf = ({ device }: Door) =>
  device.store.events({ limit: 10 }).map(({ type, message, data }) => ({ type, message, data }));

describe("a browser that asks for the button", () => {
  it("waits, and is let in once the button was held, once, as with a code", async (t) => {
    const door = await closedDoor(t);
    const secret = await knock(door);
    assert.match(secret, /^[\w-]{43}$/);
    assertWaiting(await poll(door, secret, "phone"));
    await door.played.hold();
    const answer = await poll(door, secret, "phone");
    assert.equal(answer.statusCode, 201, answer.body);
    const setCookie = String(answer.headers["set-cookie"]);
    assert.match(setCookie, /^facelatch=fs_[0-9a-f]{12}_[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/);
    const report = answer.json<SessionReport>();
    assert.deepEqual([report.kind, report.name, report.scopes], ["session", "phone", scopes]);
    const cookie = setCookie.split(";")[0]!;
    const status = await door.device.api.inject({ url: "/v1/status", headers: { cookie } });
    assert.equal(status.statusCode, 200);
    assertProblem(await poll(door, secret, "phone"), "PAIRING_CLOSED");
    assert.deepEqual(eventsOf(door), [
      {
        type: "access.paired",
        message: '"phone" was paired by the button on the board.',
        data: { session: cookie.slice(13, 25), way: "button" },
      },
    ]);
    assert.doesNotMatch(JSON.stringify([door.device.logged, eventsOf(door)]), new RegExp(secret));
  });

  it("is let in once, however often it asks at the same time", async (t) => {
    const door = await closedDoor(t);
    const secret = await knock(door);
    await door.played.hold();
    const answers = await Promise.all(Array.from({ length: 20 }, () => poll(door, secret)));
    const codes = answers.map(({ statusCode }) => statusCode).sort();
    assert.deepEqual(codes, [201, ...Array.from({ length: 19 }, () => 409)]);
    assert.equal((await new TokenFolder(door.state).list()).length, 1);
  });

  it("may register a passkey as one that was paired a moment ago", async (t) => {
    const door = await closedDoor(t);
    const secret = await knock(door);
    await door.played.hold();
    const begun = await poll(door, secret);
    const headers = {
      cookie: String(begun.headers["set-cookie"]).split(";")[0]!,
      "x-csrf-token": begun.json<SessionReport>().csrfToken!,
    };
    assert.equal((await post(door, "/v1/passkeys/challenge", {}, headers)).statusCode, 200);
  });

  it("is told where others ask too, is not let in, and it is on record", async (t) => {
    const door = await closedDoor(t);
    const [phone, attacker] = [await knock(door), await knock(door, "10.0.0.66")];
    assertWaiting(await poll(door, phone));
    await door.played.hold();
    for (const secret of [phone, attacker]) assertProblem(await poll(door, secret), "PAIRING_CONTESTED");
    assertProblem(await post(door, "/v1/session/button", {}), "PAIRING_CONTESTED");
    assert.deepEqual(
      eventsOf(door).map(({ type }) => type),
      ["access.contested"],
    );
  });

  it("takes that back, and is not let in then", async (t) => {
    const door = await closedDoor(t);
    const secret = await knock(door);
    for (const button of [secret, secret, "made up"]) {
      assert.equal((await post(door, "/v1/session/button/withdraw", { button })).statusCode, 204);
    }
    await door.played.hold();
    assertProblem(await poll(door, secret), "PAIRING_CLOSED");
    const next = await knock(door);
    await door.played.hold();
    assert.equal((await poll(door, next)).statusCode, 201);
  });

  it("is told whether there is a button, before it is let in, and is refused where there is none or it fails", async (t) => {
    const door = await closedDoor(t);
    const isThere = ({ device }: Pick<Door, "device">) => device.api.inject("/v1/session/button");
    assert.deepEqual((await isThere(door)).json(), { available: true });
    door.played.chips.unplug();
    await door.played.clock.advance(1_000);
    assertProblem(await post(door, "/v1/session/button", {}), "PAIRING_BUTTON_UNAVAILABLE");
    const without = { device: fakeDevice(t, { openOnLoopback: false }) };
    assert.deepEqual((await isThere(without)).json(), { available: false });
    assertProblem(await post(without, "/v1/session/button", {}), "NOT_FOUND");
    assertProblem(await post(without, "/v1/session", { button: "x" }), "PAIRING_CLOSED");
    assert.equal((await post(without, "/v1/session/button/withdraw", { button: "x" })).statusCode, 204);
  });

  it("asks from this device's own page alone, whole and in JSON", async (t) => {
    const door = await closedDoor(t);
    const url = "/v1/session/button";
    assertProblem(await post(door, url, {}, { origin: "http://evil.example" }), "ORIGIN_REFUSED");
    assertProblem(await post(door, url, {}, { "sec-fetch-site": "cross-site" }), "ORIGIN_REFUSED");
    assertProblem(await post(door, url, {}, { host: "evil.example" }), "HOST_REFUSED");
    assertProblem(await post(door, url, {}, { "content-type": "text/plain" }), "REQUEST_INVALID");
    for (const body of [{ x: 1 }, []]) assertProblem(await post(door, url, body), "REQUEST_INVALID");
    for (const body of [{ button: 1 }, { button: "" }, { button: "x".repeat(65) }, { button: "x", code: "y" }]) {
      assertProblem(await post(door, "/v1/session", body), "REQUEST_INVALID");
      assertProblem(await post(door, `${url}/withdraw`, body), "REQUEST_INVALID");
    }
    assert.equal(door.played.button.status().knocks, 0, "none of these stands in anybody's way");
    const secret = await knock(door);
    await door.played.hold();
    assertProblem(
      await post(door, "/v1/session", { button: secret }, { origin: "http://evil.example" }),
      "ORIGIN_REFUSED",
    );
    assert.equal((await poll(door, secret)).statusCode, 201);
  });
});

describe("whoever asks too often", () => {
  it("is limited by address, and lets in nobody by that, so that nobody becomes the only one", async (t) => {
    const door = await closedDoor(t, { limits: { knocksPerMinuteMax: 2 } });
    const attacker = await knock(door);
    for (let i = 0; i < 2; i++) {
      const answer = await post(door, "/v1/session/button", {});
      if (i === 0) assert.equal(answer.statusCode, 201);
      else {
        assertProblem(answer, "TOO_MANY_REQUESTS");
        assert.ok(Number(answer.headers["retry-after"]) >= 1);
      }
    }
    await door.played.hold();
    assertProblem(await poll(door, attacker), "PAIRING_CONTESTED");
  });

  it("lets in nobody who asked while the button worked, once another was told that it does not", async (t) => {
    const door = await closedDoor(t);
    const attacker = await knock(door, "10.0.0.66");
    door.played.set(true);
    await door.played.clock.advance(12_000);
    assertProblem(await post(door, "/v1/session/button", {}), "PAIRING_BUTTON_UNAVAILABLE");
    door.played.set(false);
    await door.played.clock.advance(1_000);
    await door.played.hold();
    assertProblem(await post(door, "/v1/session", { button: attacker }, {}, "10.0.0.66"), "PAIRING_CONTESTED");
  });

  it("counts also where the limit of all requests refuses it before it is read", async (t) => {
    const door = await closedDoor(t, { limits: { requestsPerMinuteMax: 5 } });
    const attacker = await knock(door, "10.0.0.66");
    for (let i = 0; i < 5; i++) await post(door, "/v1/session", { token: "wrong" });
    assertProblem(await post(door, "/v1/session/button", {}), "TOO_MANY_REQUESTS");
    await door.played.hold();
    assertProblem(await post(door, "/v1/session", { button: attacker }, {}, "10.0.0.66"), "PAIRING_CONTESTED");
  });

  it("guesses secrets no oftener than codes and tokens", async (t) => {
    const door = await closedDoor(t, { limits: { refusalsPerMinuteMax: 3 } });
    const secret = await knock(door);
    for (let i = 0; i < 3; i++) assertProblem(await poll(door, "made up"), "PAIRING_CLOSED");
    assertProblem(await poll(door, "made up"), "TOO_MANY_REQUESTS");
    assertWaiting(await poll(door, secret));
  });
});
