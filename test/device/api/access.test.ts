// Who may ask for what: every route of the description without a token, with tokens that do not count, and with the right one.
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import { type Access, allows, type Scope, scopes } from "../../../device/access/access.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { problemSchema } from "../../../device/api/problem.ts";
import { type ErrorCode, errorCodes, FacelatchError } from "../../../device/errors/errors.ts";
import { handled } from "../daemon/door/handled-door.ts";
import { scheduled } from "../daemon/door/scheduled-door.ts";
import { deliveryTo, stateFolder } from "../delivery/small-delivery.ts";
import { PlayedEnrolment } from "../enrolment/played-enrolment.ts";
import { switchedLog } from "../log/switched-log.ts";
import { openSnapshots } from "../snapshots/open-snapshots.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice, liveView, newEvent } from "./fake-device.ts";
import { openStream, type StreamClient } from "./stream-client.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;
type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

interface Guarded {
  readonly device: FakeDevice;
  readonly tokens: TokenFolder;
}

function guardedDevice(t: Ending, conditions: FakeConditions = {}): Guarded {
  const state = stateFolder(t);
  const tokens = new TokenFolder(state);
  const enterPin = async () => ({ kind: "nobody_in_view" }) as const;
  const delivery = deliveryTo(state);
  const { handle: door } = handled(t);
  const { schedule } = scheduled(t);
  const { deps: people } = new PlayedEnrolment(t);
  const { snapshots } = openSnapshots(t);
  const { logLevel } = switchedLog();
  const parts = {
    access: tokens,
    openOnLoopback: false,
    delivery,
    door,
    schedule,
    people,
    snapshots,
    enterPin,
    logLevel,
  };
  const device = fakeDevice(t, { ...parts, ...conditions });
  device.live = liveView(1);
  return { device, tokens };
}

async function tokenOf({ tokens }: Guarded, ...held: Scope[]): Promise<string> {
  return (await tokens.make({ name: "test", scopes: held, expiresAt: null })).text;
}

interface Operation {
  readonly method: Method;
  readonly url: string;
  /** Any of these is enough; none for what everybody may ask. */
  readonly demanded: readonly Scope[];
}

/** Every operation of the description, and what the page is made of. */
async function operationsOf({ device, tokens }: Guarded): Promise<Operation[]> {
  const authorization = `Bearer ${await tokenOf({ device, tokens }, "read")}`;
  const { paths } = (await device.api.inject({ url: "/openapi.json", headers: { authorization } })).json<{
    paths: Record<string, Record<string, { security: Partial<Record<"token" | "session", Scope[]>>[] }>>;
  }>();
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { security }]) => ({
      method: method.toUpperCase() as Method,
      url: path.replace("{id}", /^\/v1\/(tokens|people|passkeys)/.test(path) ? "0".repeat(12) : "0".repeat(32)),
      demanded: security.flatMap(({ token }) => token ?? []),
    })),
  );
  const page = ["/", "/page/app.js", "/page/vendor/standalone.module.js"].map((url) => ({ url, demanded: [] }));
  const others = [...page, { url: "/nothing", demanded: ["read"] as const }];
  return [...described, ...others.map((other) => ({ method: "GET" as const, ...other }))];
}

function assertProblem(answer: Answer, code: ErrorCode, what: string): void {
  assert.equal(answer.statusCode, errorCodes[code].status, `${what}: ${answer.body}`);
  // An answer to HEAD has no body.
  if (answer.raw.req.method === "HEAD") return;
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem), what);
  assert.equal(problem.code, code, what);
}

/** What everybody may ask: whether it lives, the page's files, and to be let in. */
const publicOperations = [
  "GET /",
  "GET /livez",
  "GET /page/app.js",
  "GET /page/vendor/standalone.module.js",
  "GET /v1/session/button",
  "POST /v1/session",
  "POST /v1/session/button",
  "POST /v1/session/button/withdraw",
];

/** Another token of the same form. */
function altered(text: string): string {
  return `${text.slice(0, -10)}${text.at(-10) === "A" ? "B" : "A"}${text.slice(-9)}`;
}

describe("every route", () => {
  it("but liveness, the page's files and the way in demands a token, one that counts, with its scope", async (t) => {
    const guarded = guardedDevice(t, { limits: { refusalsPerMinuteMax: 100_000 } });
    const { device, tokens } = guarded;
    const operations = await operationsOf(guarded);
    assert.ok(operations.length > 20, `found ${operations.length}`);
    const revoked = await tokens.make({ name: "old", scopes: [...scopes], expiresAt: null });
    await tokens.revoke(revoked.id);
    const expired = await tokens.make({ name: "past", scopes: [...scopes], expiresAt: new Date(0) });
    const held = new Map<Scope, string>();
    const open: string[] = [];
    for (const scope of scopes) held.set(scope, await tokenOf(guarded, scope));
    for (const { method, url, demanded } of operations) {
      const ask = (authorization?: string) =>
        device.api.inject({ method, url, headers: authorization === undefined ? {} : { authorization } });
      const what = `${method} ${url}`;
      if (demanded.length === 0) {
        open.push(what);
        if (method === "GET") assert.equal((await ask()).statusCode, 200, what);
        if (url === "/livez") assert.equal((await ask()).headers["cache-control"], "no-store");
        continue;
      }
      assertProblem(await ask(), "TOKEN_MISSING", what);
      for (const text of ["Bearer", "Bearer ", "Digest x", `Token ${held.get("admin")}`, `Bearer ${"x".repeat(600)}`]) {
        assertProblem(await ask(text), "TOKEN_MISSING", `${what} with ${text}`);
      }
      for (const text of ["x", revoked.text, expired.text, altered(held.get("admin")!)]) {
        assertProblem(await ask(`Bearer ${text}`), "TOKEN_INVALID", `${what} with ${text}`);
      }
      for (const [scope, text] of held) {
        const isEnough = allows({ scopes: [scope] }, demanded);
        if (!isEnough) assertProblem(await ask(`Bearer ${text}`), "SCOPE_MISSING", `${what} with ${scope}`);
        else if (!url.endsWith("/stream")) {
          const answer = await ask(`Bearer ${text}`);
          assert.equal(answer.headers["cache-control"], "no-store", what);
          const code = answer.statusCode >= 400 && method !== "HEAD" ? answer.json<{ code: string }>().code : "";
          assert.ok(!/^(TOKEN|SCOPE)_/.test(code) && answer.statusCode < 500, `${what} with ${scope}: ${code}`);
        }
      }
    }
    assert.deepEqual(open.sort(), publicOperations);
  });

  it("that changes something demands more than to read", async (t) => {
    for (const { method, url, demanded } of await operationsOf(guardedDevice(t))) {
      // Whoever began a session may end it.
      if (method === "GET" || `${method} ${url}` === "DELETE /v1/session") continue;
      assert.ok(!demanded.includes("read"), `${method} ${url}`);
    }
  });

  it("counts a token no more from the moment it is revoked", async (t) => {
    const { device, tokens } = guardedDevice(t);
    const { id, text } = await tokens.make({ name: "phone", scopes: ["read"], expiresAt: null });
    const ask = () => device.api.inject({ url: "/v1/status", headers: { authorization: `Bearer ${text}` } });
    assert.equal((await ask()).statusCode, 200);
    await tokens.revoke(id);
    assertProblem(await ask(), "TOKEN_INVALID", "after it was revoked");
  });
});

const streamUrls = ["/v1/events/stream", "/v1/logs/stream", "/v1/live/stream"];

async function openStreams(t: Ending, { device }: Guarded, headers: Record<string, string>): Promise<StreamClient[]> {
  const origin = await originOf(device);
  const streams = await Promise.all(streamUrls.map((url) => openStream(t, `${origin}${url}`, headers)));
  for (const { response } of streams) assert.equal(response.status, 200);
  return streams;
}

async function originOf({ api }: FakeDevice): Promise<string> {
  const address = api.server.address() as AddressInfo | null;
  return address === null ? api.listen({ host: "127.0.0.1", port: 0 }) : `http://127.0.0.1:${address.port}`;
}

/** Resolves when the device ends the streams. */
async function ended(streams: readonly StreamClient[]): Promise<void> {
  for (const stream of streams) while ((await stream.next()) !== undefined);
}

describe("an open stream", { timeout: 30_000 }, () => {
  it("ends once its token is revoked over the API, and no other does", async (t) => {
    const guarded = guardedDevice(t, { limits: { heartbeatMs: 600_000 } });
    const { device, tokens } = guarded;
    const kept = await openStreams(t, guarded, { authorization: `Bearer ${await tokenOf(guarded, "read")}` });
    const { id, text } = await tokens.make({ name: "phone", scopes: ["read"], expiresAt: null });
    const streams = await openStreams(t, guarded, { authorization: `Bearer ${text}` });
    const authorization = `Bearer ${await tokenOf(guarded, "admin")}`;
    const revoked = await device.api.inject({ method: "DELETE", url: `/v1/tokens/${id}`, headers: { authorization } });
    assert.equal(revoked.statusCode, 204);
    await ended(streams);
    device.store.append(newEvent({}));
    assert.equal((await kept[0]!.next())?.event, "unlock.refused");
  });

  it("ends with the session that is signed out", async (t) => {
    const guarded = guardedDevice(t, { limits: { heartbeatMs: 600_000 } });
    const { text } = await guarded.tokens.openSession({ name: "page", scopes, parent: null });
    const cookie = `facelatch=${text}`;
    const streams = await openStreams(t, guarded, { cookie });
    const { csrfToken } = (await guarded.device.api.inject({ url: "/v1/session", headers: { cookie } })).json();
    const headers = { cookie, "x-csrf-token": csrfToken };
    assert.equal((await guarded.device.api.inject({ method: "DELETE", url: "/v1/session", headers })).statusCode, 204);
    await ended(streams);
  });

  it("ends by itself once its token was revoked on the board, or can no longer be judged", async (t) => {
    for (const take of [
      ({ tokens }: Guarded, id: string) => tokens.revoke(id),
      async ({ access }: { access: Access }) => {
        access.tokenOf = async () => {
          throw new FacelatchError("ACCESS_UNAVAILABLE", { expected: "tokens", found: "none", next: "Mend the disk." });
        };
      },
    ]) {
      const guarded = guardedDevice(t, { limits: { heartbeatMs: 20 } });
      const { id, text } = await guarded.tokens.make({ name: "phone", scopes: ["read"], expiresAt: null });
      const streams = await openStreams(t, guarded, { authorization: `Bearer ${text}` });
      await take({ ...guarded, access: guarded.tokens }, id);
      await ended(streams);
    }
  });

  it("asks the disk once at a time whether its token counts", async (t) => {
    const guarded = guardedDevice(t, { limits: { heartbeatMs: 10 } });
    const [events] = await openStreams(t, guarded, { authorization: `Bearer ${await tokenOf(guarded, "read")}` });
    let asked = 0;
    guarded.tokens.tokenOf = () => {
      asked++;
      return new Promise(() => undefined);
    };
    for (let beats = 0; beats < 5; beats++) assert.equal((await events!.next())?.comment, "heartbeat");
    assert.ok(asked <= streamUrls.length, `${asked} times`);
  });

  it("goes on while its token counts", async (t) => {
    const guarded = guardedDevice(t, { limits: { heartbeatMs: 20 } });
    const [events] = await openStreams(t, guarded, { authorization: `Bearer ${await tokenOf(guarded, "read")}` });
    for (let beats = 0; beats < 5; beats++) assert.ok(await events!.next());
  });
});

describe("this machine", () => {
  it("needs no token where the configuration says so, and only itself", async (t) => {
    const { api } = guardedDevice(t, { openOnLoopback: true, allowedHosts: ["door.local"] }).device;
    for (const remoteAddress of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) {
      assert.equal((await api.inject({ url: "/v1/status", remoteAddress })).statusCode, 200, remoteAddress);
    }
    for (const remoteAddress of ["10.0.0.7", "192.168.1.2", "fe80::1", "::ffff:10.0.0.7", "1.127.0.0"]) {
      const answer = await api.inject({ url: "/v1/status", remoteAddress });
      assertProblem(answer, "TOKEN_MISSING", remoteAddress);
    }
    for (const headers of [
      { "x-forwarded-for": "127.0.0.1" },
      { forwarded: "for=127.0.0.1" },
      { via: "1.1 proxy" },
      { host: "door.local" },
    ]) {
      const answer = await api.inject({ url: "/v1/status", headers: headers as Record<string, string> });
      assertProblem(answer, "TOKEN_MISSING", JSON.stringify(headers));
    }
  });
});

describe("refusals", () => {
  it("are limited by address, and keep out nobody whose token counts", async (t) => {
    const guarded = guardedDevice(t, { limits: { refusalsPerMinuteMax: 5 } });
    const { api } = guarded.device;
    const wrong = { authorization: "Bearer wrong" };
    for (let i = 0; i < 5; i++) {
      assertProblem(await api.inject({ url: "/v1/status", headers: wrong }), "TOKEN_INVALID", String(i));
    }
    const limited = await api.inject({ url: "/v1/status", headers: wrong });
    assertProblem(limited, "TOO_MANY_REQUESTS", "the sixth");
    assert.ok(Number(limited.headers["retry-after"]) >= 1);
    const authorization = `Bearer ${await tokenOf(guarded, "read")}`;
    assert.equal((await api.inject({ url: "/v1/status", headers: { authorization } })).statusCode, 200);
    const elsewhere = await api.inject({ url: "/v1/status", headers: wrong, remoteAddress: "10.0.0.7" });
    assertProblem(elsewhere, "TOKEN_INVALID", "another address");
  });
});
