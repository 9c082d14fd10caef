// The page's session: how a browser comes by one, what it may do with it, and what other sites' pages may not.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import { type AccessToken, type Scope, scopes } from "../../../device/access/access.ts";
import { PairingFiles } from "../../../device/access/pairing-files.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { problemSchema } from "../../../device/api/problem.ts";
import type { SessionReport } from "../../../device/api/routes/session.ts";
import { type ErrorCode, errorCodes } from "../../../device/errors/errors.ts";
import { stateFolder } from "../delivery/small-delivery.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;

interface Door {
  readonly state: string;
  readonly device: FakeDevice;
  readonly tokens: TokenFolder;
  readonly pairing: PairingFiles;
}

function closedDoor(t: Ending, conditions: FakeConditions = {}): Door {
  const state = stateFolder(t);
  const tokens = new TokenFolder(state);
  const pairing = new PairingFiles(state);
  const limits = { refusalsPerMinuteMax: 1_000 };
  const device = fakeDevice(t, { access: tokens, pairing, openOnLoopback: false, limits, ...conditions });
  return { state, device, tokens, pairing };
}

const begin = ({ device }: Door, payload: object, headers: Record<string, string> = {}): Promise<Answer> =>
  device.api.inject({ method: "POST", url: "/v1/session", payload, headers: { host: "localhost", ...headers } });

interface Browser {
  readonly cookie: string;
  readonly csrf: string;
  readonly setCookie: string;
}

function browserOf(answer: Answer): Browser {
  assert.equal(answer.statusCode, 201, answer.body);
  const setCookie = String(answer.headers["set-cookie"]);
  return { setCookie, cookie: setCookie.split(";")[0]!, csrf: answer.json<SessionReport>().csrfToken! };
}

async function paired(door: Door): Promise<Browser> {
  return browserOf(await begin(door, { code: await door.pairing.open() }));
}

async function withToken(door: Door, ...held: Scope[]): Promise<Browser & { readonly tokenId: string }> {
  const { id, text } = await door.tokens.make({ name: "phone", scopes: held, expiresAt: null });
  return { tokenId: id, ...browserOf(await begin(door, { token: text })) };
}

function assertProblem(answer: Answer, code: ErrorCode): void {
  assert.equal(answer.statusCode, errorCodes[code].status, answer.body);
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem));
  assert.equal(problem.code, code);
  assert.equal(answer.headers["set-cookie"], undefined);
}

const read = ({ device }: Door, cookie: string, url = "/v1/status") => device.api.inject({ url, headers: { cookie } });

describe("a browser", () => {
  it("is let in by the code, with a cookie that no script and no other site gets", async (t) => {
    const door = closedDoor(t);
    assertProblem(await begin(door, { code: "2222-2222" }), "PAIRING_CLOSED");
    const { cookie, setCookie } = await paired(door);
    assert.match(setCookie, /^facelatch=fs_[0-9a-f]{12}_[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/);
    assert.ok(Math.abs(Number(/Max-Age=(\d+)/.exec(setCookie)![1]) - 30 * 86_400) < 60);
    assert.equal((await read(door, cookie)).statusCode, 200);
    const session = (await read(door, cookie, "/v1/session")).json<SessionReport>();
    assert.deepEqual([session.kind, session.scopes], ["session", scopes]);
    assert.equal((await read(door, `other=1; ${cookie}; more=2`)).statusCode, 200);
    const [event] = door.device.store.events({ limit: 1 });
    const data = { session: cookie.slice(13, 25), way: "code" };
    assert.deepEqual([event!.type, event!.data], ["access.paired", data]);
  });

  it("gets a cookie for the encrypted way alone, where there is one", async (t) => {
    for (const transport of ["https", "proxy"] as const) {
      const door = closedDoor(t, { transport });
      const { setCookie } = await paired(door);
      assert.match(setCookie, /^__Host-facelatch=fs_\S+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    }
  });

  it("is refused with a wrong code, five times in all", async (t) => {
    const door = closedDoor(t);
    const code = await door.pairing.open();
    for (let i = 0; i < 4; i++) assertProblem(await begin(door, { code: "2222-2222" }), "PAIRING_REFUSED");
    assertProblem(await begin(door, { code: "2222-2222" }), "PAIRING_CLOSED");
    assertProblem(await begin(door, { code }), "PAIRING_CLOSED");
  });

  it("may do with a token's session what the token may, as long as the token counts", async (t) => {
    const door = closedDoor(t);
    const { cookie, csrf, tokenId } = await withToken(door, "read");
    assert.deepEqual((await read(door, cookie, "/v1/session")).json<SessionReport>().scopes, ["read"]);
    const headers = { cookie, "x-csrf-token": csrf };
    const asked = await door.device.api.inject({ method: "POST", url: "/v1/feedback", headers, payload: {} });
    assertProblem(asked, "SCOPE_MISSING");
    await door.tokens.revoke(tokenId);
    assertProblem(await read(door, cookie), "TOKEN_INVALID");
  });

  it("is refused with a token that does not count, and with another session", async (t) => {
    const door = closedDoor(t);
    const { cookie } = await paired(door);
    const { id, text } = await door.tokens.make({ name: "old", scopes: ["read"], expiresAt: null });
    await door.tokens.revoke(id);
    for (const token of ["x", text, cookie.slice("facelatch=".length)]) {
      assertProblem(await begin(door, { token }), "TOKEN_INVALID");
    }
  });

  it("is asked for one of the two, whole and in JSON", async (t) => {
    const door = closedDoor(t);
    for (const body of [{}, { code: 1 }, { code: "" }, { code: "x".repeat(33) }, { token: "x", code: "y" }, { x: 1 }]) {
      assertProblem(await begin(door, body), "REQUEST_INVALID");
    }
    assertProblem(await begin(door, { code: "22222222" }, { "content-type": "text/plain" }), "REQUEST_INVALID");
  });

  it("that tries too often waits, like whoever shows a wrong token", async (t) => {
    const door = closedDoor(t, { limits: { refusalsPerMinuteMax: 3 } });
    for (let i = 0; i < 3; i++) assertProblem(await begin(door, { token: "wrong" }), "TOKEN_INVALID");
    const limited = await begin(door, { token: "wrong" });
    assertProblem(limited, "TOO_MANY_REQUESTS");
    assert.ok(Number(limited.headers["retry-after"]) >= 1);
    assertProblem(await read(door, ""), "TOO_MANY_REQUESTS");
  });

  it("leaves when it says so, or when its session is revoked", async (t) => {
    const door = closedDoor(t);
    const { cookie, csrf } = await paired(door);
    const headers = { cookie, "x-csrf-token": csrf };
    const left = await door.device.api.inject({ method: "DELETE", url: "/v1/session", headers });
    assert.equal(left.statusCode, 204);
    assert.match(String(left.headers["set-cookie"]), /^facelatch=; Max-Age=0;/);
    assertProblem(await read(door, cookie), "TOKEN_INVALID");
    const next = await paired(door);
    const [session] = await door.tokens.list();
    assert.deepEqual([session!.kind, session!.state], ["session", "valid"]);
    await new TokenFolder(door.state).revoke(session!.id);
    assertProblem(await read(door, next.cookie), "TOKEN_INVALID");
    assert.deepEqual(await door.tokens.list(), []);
  });
});

describe("a session", () => {
  it("is kept as a hash, and ends by itself", async (t) => {
    const state = stateFolder(t);
    const tokens = new TokenFolder(state, { sessionDays: 1 });
    const { text, expiresAt } = await tokens.openSession({ name: "phone", scopes: ["read"], parent: null });
    assert.ok(Math.abs(Date.parse(expiresAt!) - Date.now() - 86_400_000) < 60_000);
    const secret = text.slice(-43);
    const folder = join(state, "access");
    for (const name of readdirSync(folder)) assert.ok(!readFileSync(join(folder, name), "utf8").includes(secret));
    const ended = await new TokenFolder(state, { sessionDays: -1 }).openSession({
      name: "old",
      scopes: ["read"],
      parent: null,
    });
    assert.equal(await tokens.tokenOf(ended.text), null);
    assert.equal((await tokens.tokenOf(text))?.kind, "session");
  });

  it("makes room for later ones, so that nobody can fill the disk", async (t) => {
    const tokens = new TokenFolder(stateFolder(t));
    const open = (name: string, parent: AccessToken | null) => tokens.openSession({ name, scopes: ["read"], parent });
    const token = await tokens.make({ name: "hall", scopes: ["read"], expiresAt: null });
    const [paired, shown] = [await open("paired", null), await open("first", token)];
    for (let i = 0; i < 20; i++) await open(`${i}`, token);
    assert.equal((await tokens.list()).filter(({ kind }) => kind === "session").length, 16 + 1);
    assert.equal(await tokens.tokenOf(shown.text), null);
    assert.equal((await tokens.tokenOf(paired.text))?.id, paired.id, "a token's sessions put out no others");
  });

  it("counts as a cookie alone, and a token never does", async (t) => {
    const door = closedDoor(t);
    const { cookie } = await paired(door);
    const authorization = `Bearer ${cookie.slice("facelatch=".length)}`;
    assertProblem(await door.device.api.inject({ url: "/v1/status", headers: { authorization } }), "TOKEN_INVALID");
    const { text } = await door.tokens.make({ name: "phone", scopes: ["read"], expiresAt: null });
    assertProblem(await read(door, `facelatch=${text}`), "TOKEN_INVALID");
    for (const wrong of ["facelatch=", "facelatch=x", `facelatch=${"x".repeat(9_000)}`, "facelatch=%00", "=;;=,"]) {
      assert.equal((await read(door, wrong)).statusCode, 401, wrong);
    }
  });
});

describe("another site's page", () => {
  const writes = [
    ["DELETE", "/v1/session"],
    ["POST", "/v1/feedback"],
    ["POST", "/v1/second-step"],
    ["POST", "/v1/tokens"],
    ["DELETE", `/v1/tokens/${"0".repeat(12)}`],
  ] as const;

  it("changes nothing with a cookie that the browser adds by itself", async (t) => {
    const door = closedDoor(t);
    const { cookie } = await paired(door);
    const other = (await withToken(door, "read")).csrf;
    for (const [method, url] of writes) {
      for (const headers of [{}, { "x-csrf-token": "" }, { "x-csrf-token": "x" }, { "x-csrf-token": other }]) {
        const answer = await door.device.api.inject({
          method,
          url,
          headers: { cookie, ...headers } as Record<string, string>,
          payload: {},
        });
        assertProblem(answer, "CSRF_REFUSED");
      }
      const foreign = { cookie, origin: "http://evil.example", "sec-fetch-site": "cross-site" };
      assertProblem(await door.device.api.inject({ method, url, headers: foreign, payload: {} }), "ORIGIN_REFUSED");
    }
    assert.equal((await read(door, cookie)).statusCode, 200);
  });

  it("lets no browser in under its own session", async (t) => {
    const door = closedDoor(t);
    const code = await door.pairing.open();
    assertProblem(await begin(door, { code }, { origin: "http://evil.example" }), "ORIGIN_REFUSED");
    assertProblem(await begin(door, { code }, { "sec-fetch-site": "same-site" }), "ORIGIN_REFUSED");
    assertProblem(await begin(door, { code }, { host: "evil.example" }), "HOST_REFUSED");
    assert.deepEqual(await door.pairing.enter(code), { kind: "paired" });
  });
});

describe("tokens over HTTP", () => {
  it("are listed, made and revoked by whoever looks after the device", async (t) => {
    const door = closedDoor(t);
    const { cookie, csrf } = await paired(door);
    const headers = { cookie, "x-csrf-token": csrf };
    const { api } = door.device;
    const payload = { name: "hall", scopes: ["read"], expiresDays: 2 };
    const made = await api.inject({ method: "POST", url: "/v1/tokens", headers, payload });
    assert.equal(made.statusCode, 201, made.body);
    const { id, text } = made.json<{ id: string; text: string }>();
    assert.equal((await door.tokens.tokenOf(text))?.id, id);
    const list = await api.inject({ url: "/v1/tokens", headers });
    assert.doesNotMatch(list.body, new RegExp(`${text.slice(-43)}|secret`));
    assert.deepEqual(
      list.json<{ tokens: { kind: string; name: string }[] }>().tokens.map(({ kind, name }) => `${kind} ${name}`),
      ["session a paired browser", "token hall"],
    );
    const revoke = () => api.inject({ method: "DELETE", url: `/v1/tokens/${id}`, headers });
    assert.equal((await revoke()).statusCode, 204);
    assert.equal(await door.tokens.tokenOf(text), null);
    assertProblem(await revoke(), "NOT_FOUND");
  });

  it("never allow more than whoever makes them may", async (t) => {
    const door = closedDoor(t);
    const { cookie, csrf } = await withToken(door, "admin");
    const make = (asked: Scope[]) =>
      door.device.api.inject({
        method: "POST",
        url: "/v1/tokens",
        headers: { cookie, "x-csrf-token": csrf },
        payload: { name: "x", scopes: asked },
      });
    assertProblem(await make(["unlock"]), "SCOPE_MISSING");
    assertProblem(await make(["read", "unlock"]), "SCOPE_MISSING");
    assert.equal((await make(["read", "update", "admin"])).statusCode, 201);
  });
});

describe("this machine, where nothing is asked of it", () => {
  it("is told so", async (t) => {
    const answer = await fakeDevice(t).api.inject("/v1/session");
    const expected = { kind: "open", name: null, scopes, expiresAt: null, unlockNeedsPasskey: false, csrfToken: null };
    assert.deepEqual(answer.json(), expected);
  });
});
