// Passkeys over HTTP: registered by a browser that was paired a moment ago, and asked for where the door is opened by hand.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Scope } from "../../../device/access/access.ts";
import { PairingFiles } from "../../../device/access/pairing-files.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { pairedMaxMs } from "../../../device/api/fresh-pairings.ts";
import { type ErrorCode, errorCodes } from "../../../device/errors/errors.ts";
import type { NewEvent } from "../../../device/events/events.ts";
import type { CredentialOptions } from "../../../device/passkeys/passkeys.ts";
import { handled } from "../daemon/door/handled-door.ts";
import { Authenticator } from "../passkeys/authenticator.ts";
import { openPasskeys } from "../passkeys/open-passkeys.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;

const site = { host: "localhost", origin: "http://localhost" };
const keyOf = (n: number) => `key-of-a-request-${n}`;

function openDoor(t: Ending, conditions: FakeConditions = {}) {
  const { door, handle, state } = handled(t);
  const tokens = new TokenFolder(state);
  const pairing = new PairingFiles(state);
  const record = (event: NewEvent): void => void door.store.append(event);
  const { passkeys } = openPasskeys(t, { stateDir: state, record, note: record });
  const device = fakeDevice(t, {
    ...{ store: door.store, door: handle, access: tokens, pairing, passkeys },
    ...{ openOnLoopback: false, unlockNeedsPasskey: true },
    ...conditions,
  });
  const post = (url: string, headers: Record<string, string>, payload?: object) =>
    device.api.inject({ method: "POST", url, headers: { host: "localhost", ...headers }, ...(payload && { payload }) });
  const paired = async () => {
    const begun = await post("/v1/session", {}, { code: await pairing.open(), name: "phone" });
    const cookie = String(begun.headers["set-cookie"]).split(";")[0]!;
    return { cookie, "x-csrf-token": begun.json<{ csrfToken: string }>().csrfToken };
  };
  const tokenFor = async (...scopes: Scope[]) => {
    const { text } = await tokens.make({ name: "Anna", scopes, expiresAt: null });
    return { authorization: `Bearer ${text}` };
  };
  return { door, handle, device, state, post, paired, tokenFor };
}

type Door = ReturnType<typeof openDoor>;

async function register({ post }: Door, session: Record<string, string>, key = new Authenticator()) {
  const options = (await post("/v1/passkeys/challenge", session)).json<CredentialOptions>();
  const credential = key.make(options, site);
  return { key, answer: await post("/v1/passkeys", session, { name: "my phone", credential }) };
}

function assertProblem(answer: Answer, code: ErrorCode): void {
  assert.deepEqual([answer.json().code, answer.statusCode], [code, errorCodes[code].status], answer.body);
}

describe("a passkey over HTTP", () => {
  it("is registered by a paired browser, listed and removed", async (t) => {
    const door = openDoor(t);
    const session = await door.paired();
    const { answer } = await register(door, session);
    assert.equal(answer.statusCode, 201, answer.body);
    const passkey = answer.json<{ id: string; host: string; name: string }>();
    assert.deepEqual([passkey.name, passkey.host], ["my phone", "localhost"]);
    const { api } = door.device;
    const list = async () => (await api.inject({ url: "/v1/passkeys", headers: session })).json();
    assert.deepEqual(await list(), { passkeys: [passkey], unlockNeedsPasskey: true });
    const remove = () => api.inject({ method: "DELETE", url: `/v1/passkeys/${passkey.id}`, headers: session });
    assert.equal((await remove()).statusCode, 204);
    assertProblem(await remove(), "PASSKEY_UNKNOWN");
    assert.deepEqual(await list(), { passkeys: [], unlockNeedsPasskey: true });
    const types = door.door.store.events({ limit: 9 }).map(({ type }) => type);
    assert.deepEqual(types.slice(0, 2), ["passkey.removed", "passkey.registered"]);
  });

  it("is registered by no token, no session of one, and no browser that was paired long ago, whatever the wall clock says", async (t) => {
    const clock = { nowMs: 0 };
    const door = openDoor(t, { nowMs: () => clock.nowMs });
    const token = await door.tokenFor("admin", "unlock");
    assertProblem(await door.post("/v1/passkeys/challenge", token), "PAIRING_NEEDED");
    const begun = await door.post("/v1/session", {}, { token: token.authorization.slice(7) });
    const cookie = String(begun.headers["set-cookie"]).split(";")[0]!;
    const ofToken = { cookie, "x-csrf-token": begun.json<{ csrfToken: string }>().csrfToken };
    assertProblem(await door.post("/v1/passkeys/challenge", ofToken), "PAIRING_NEEDED");
    const key = new Authenticator();
    const session = await door.paired();
    const credential = key.make((await door.post("/v1/passkeys/challenge", session)).json(), site);
    clock.nowMs += pairedMaxMs - 1;
    assert.equal((await door.post("/v1/passkeys", session, { name: "x", credential })).statusCode, 201);
    const options = (await door.post("/v1/passkeys/challenge", session)).json<CredentialOptions>();
    clock.nowMs++;
    const late = new Authenticator().make(options, site);
    for (const wallMs of [Date.now(), 0]) {
      setBeginning(door, wallMs);
      assertProblem(await door.post("/v1/passkeys/challenge", session), "PAIRING_NEEDED");
      assertProblem(await door.post("/v1/passkeys", session, { name: "x", credential: late }), "PAIRING_NEEDED");
    }
  });

  it("is registered by a browser that was paired a moment ago, though the wall clock was set since", async (t) => {
    const door = openDoor(t);
    const session = await door.paired();
    setBeginning(door, 0);
    assert.equal((await register(door, session)).answer.statusCode, 201);
  });

  it("is made at a host name alone", async (t) => {
    const door = openDoor(t, { allowedHosts: ["door.local", "192.168.1.7", "fe80::1"] });
    const session = await door.paired();
    for (const host of ["127.0.0.1", "127.0.0.1:8780", "[::1]:8780", "192.168.1.7", "[fe80::1]"]) {
      assertProblem(await door.post("/v1/passkeys/challenge", { ...session, host }), "PASSKEY_HOST_UNFIT");
      const headers = { ...session, host, "idempotency-key": keyOf(1) };
      assertProblem(await door.post("/v1/unlock/challenge", headers), "PASSKEY_HOST_UNFIT");
    }
    const options = await door.post("/v1/passkeys/challenge", { ...session, host: "Door.local:8780" });
    assert.equal(options.json().rp.id, "door.local");
    assertProblem(await door.post("/v1/passkeys/challenge", { ...session, host: "evil.example" }), "HOST_REFUSED");
  });
});

describe("opening by hand with a passkey", () => {
  async function opened(t: Ending, conditions: FakeConditions = {}) {
    const door = openDoor(t, conditions);
    const session = await door.paired();
    const { key } = await register(door, session);
    const unlock = (n: number, assertion?: object, headers = session) =>
      door.post("/v1/unlock", { ...headers, "idempotency-key": keyOf(n) }, assertion && { assertion });
    const show = async (n: number, headers = session) => {
      const options = await door.post("/v1/unlock/challenge", { ...headers, "idempotency-key": keyOf(n) });
      return key.show(options.json(), site);
    };
    return { door, session, key, unlock, show, pulses: () => door.door.relay.pulses };
  }

  it("opens once, tells with which, and answers the same to the same key", async (t) => {
    const { door, unlock, show, pulses } = await opened(t);
    const assertion = await show(1);
    assert.equal((await unlock(1, assertion)).statusCode, 202);
    const again = await unlock(1, assertion);
    assert.deepEqual([again.statusCode, again.headers["idempotent-replayed"], pulses()], [202, "true", 1]);
    const [event] = door.door.store.events({ limit: 1 });
    assert.match(
      event!.message,
      /^Opened over the API by phone \(session [0-9a-f]{12}\) with the passkey "my phone"\.$/,
    );
  });

  it("is refused without one, with one of before, of another key, of another browser, or spoilt", async (t) => {
    const { door, key, unlock, show, pulses } = await opened(t);
    assertProblem(await unlock(1), "PASSKEY_NEEDED");
    assertProblem(await unlock(1, {}), "REQUEST_INVALID");
    const used = await show(1);
    assert.equal((await unlock(1, used)).statusCode, 202);
    assertProblem(await unlock(2, used), "PASSKEY_STALE");
    const other = await show(3);
    assertProblem(await unlock(4, other), "PASSKEY_STALE");
    assertProblem(await unlock(3, other), "PASSKEY_STALE");
    const second = await door.paired();
    assertProblem(await unlock(5, await show(5), second), "PASSKEY_STALE");
    const strange = new Authenticator();
    const options = await door.post("/v1/unlock/challenge", { ...second, "idempotency-key": keyOf(6) });
    assertProblem(await unlock(6, strange.show(options.json(), site), second), "PASSKEY_REFUSED");
    for (const [n, faults] of [{ flags: 1 }, { origin: "http://evil.example" }, { counter: 0 }].entries()) {
      const made = await door.post("/v1/unlock/challenge", { ...second, "idempotency-key": keyOf(10 + n) });
      assertProblem(await unlock(10 + n, key.show(made.json(), site, faults), second), "PASSKEY_REFUSED");
    }
    assert.equal(pulses(), 1);
  });

  it("opens nothing for the key of before, which needs no passkey, when its answer is forgotten meanwhile", async (t) => {
    const { door, unlock, show, pulses } = await opened(t);
    assert.equal((await unlock(1, await show(1))).statusCode, 202);
    await door.door.relay.endPulse();
    const { answerTo } = door.handle;
    // The day is over between the two.
    door.handle.answerTo = (id) => {
      const answer = answerTo.call(door.handle, id);
      door.door.nowMs += 86_400_001;
      return answer;
    };
    assert.equal((await unlock(1)).headers["idempotent-replayed"], "true");
    assert.equal(pulses(), 1);
    assertProblem(await unlock(1), "PASSKEY_NEEDED");
  });

  it("stays possible while somebody without one asks again and again", async (t) => {
    const { door, session, key, unlock, show } = await opened(t, { limits: { unlocksPerMinuteMax: 1 } });
    const second = await door.paired();
    for (let n = 10; n < 13; n++) {
      assertProblem(await unlock(n, undefined, second), "PASSKEY_NEEDED");
      const spoilt = { ...(await show(n, second)), signature: "AAAA" };
      assertProblem(await unlock(n, spoilt, second), "PASSKEY_REFUSED");
    }
    assert.equal((await unlock(1, await show(1))).statusCode, 202);
    const headers = { ...session, "idempotency-key": keyOf(2) };
    const assertion = key.show((await door.post("/v1/unlock/challenge", headers)).json(), site);
    assertProblem(await unlock(2, assertion), "TOO_MANY_REQUESTS");
  });

  it("needs the scope, and what it says it needs", async (t) => {
    const { door, unlock, show, pulses } = await opened(t);
    const admin = await door.tokenFor("admin");
    assertProblem(await unlock(1, undefined, admin as never), "SCOPE_MISSING");
    const anna = await door.tokenFor("unlock");
    assertProblem(await unlock(2, undefined, anna as never), "PASSKEY_NEEDED");
    assert.equal(
      (await unlock(3, await show(3, anna as never), anna as never)).statusCode,
      202,
      "a token may show one too",
    );
    assert.equal(pulses(), 1);
  });

  it("works without where it is not asked for; one that is shown is checked all the same", async (t) => {
    const { door, unlock, show } = await opened(t, { unlockNeedsPasskey: false });
    assertProblem(await unlock(1, { ...(await show(1)), signature: "AAAA" }), "PASSKEY_REFUSED");
    assert.equal((await unlock(2)).statusCode, 202);
    assert.equal(door.door.relay.pulses, 1);
  });

  it("opens for nobody while no passkey is known or can be read", async (t) => {
    const { door, session, unlock, show } = await opened(t);
    const assertion = await show(1);
    const folder = join(door.state, "passkeys");
    const [name] = readdirSync(folder);
    const text = readFileSync(join(folder, name!), "utf8");
    writeFileSync(join(folder, name!), "damaged");
    assertProblem(await unlock(1, assertion), "PASSKEYS_UNAVAILABLE");
    rmSync(join(folder, name!));
    const headers = { ...session, "idempotency-key": keyOf(2) };
    assertProblem(await door.post("/v1/unlock/challenge", headers), "PASSKEY_MISSING");
    assertProblem(await unlock(2), "PASSKEY_NEEDED");
    writeFileSync(join(folder, name!), text);
    assert.equal((await unlock(3, await show(3))).statusCode, 202);
  });

  it("is told of by the session", async (t) => {
    const { door, session } = await opened(t);
    const report = (await door.device.api.inject({ url: "/v1/session", headers: session })).json();
    assert.equal(report.unlockNeedsPasskey, true);
  });
});

/** As if the wall clock had been set since, all the sessions that were paired began at another time by it. */
function setBeginning({ state }: Door, wallMs: number): void {
  const folder = join(state, "access");
  const paired = readdirSync(folder)
    .filter((name) => name.endsWith(".session"))
    .map((name) => ({ path: join(folder, name), record: JSON.parse(readFileSync(join(folder, name), "utf8")) }))
    .filter(({ record }) => record.parentId === undefined);
  const createdAt = new Date(wallMs).toISOString();
  for (const { path, record } of paired) writeFileSync(path, JSON.stringify({ ...record, createdAt }));
}
