// The API as a whole: what every answer has, and every refusal.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import { problemSchema } from "../../../device/api/problem.ts";
import { type ErrorCode, errorCodes, FacelatchError } from "../../../device/errors/errors.ts";
import { type FakeDevice, fakeDevice, statusReport } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;

function assertProblem(answer: Answer, code: ErrorCode): void {
  assert.equal(answer.statusCode, errorCodes[code].status, answer.body);
  assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem), answer.body);
  assert.equal(problem.code, code);
  assert.equal(problem.type, `urn:facelatch:error:${code}`);
  assert.equal(problem.title, errorCodes[code].title);
  assert.equal(problem.status, errorCodes[code].status);
}

describe("status and health", () => {
  it("say how the device is", async (t) => {
    const { api } = fakeDevice(t);
    const answer = await api.inject("/v1/status");
    assert.equal(answer.statusCode, 200);
    assert.deepEqual(answer.json(), statusReport());
    assert.equal(answer.headers["cache-control"], "no-store");
  });

  it("carry causes when the device is degraded, and parts that are missing", async (t) => {
    const device = fakeDevice(t);
    const report = statusReport({
      state: "degraded",
      causes: [
        { code: "CAMERA_UNAVAILABLE", message: "The camera delivers no frames.", sinceMs: 5_000 },
        { code: "BUNDLE_MISSING", message: "No bundle is installed." },
      ],
      bundle: null,
      ownerLabel: null,
      decision: null,
    });
    device.status = () => report;
    assert.deepEqual((await device.api.inject("/v1/status")).json(), report);
  });

  it("answer live always, with nothing else", async (t) => {
    const device = fakeDevice(t);
    device.status = () => {
      throw new Error("broken");
    };
    const answer = await device.api.inject("/livez");
    assert.equal(answer.statusCode, 200);
    assert.equal(answer.body, '{"status":"live"}');
  });

  it("answer ready only while the device can do its work", async (t) => {
    const device = fakeDevice(t);
    for (const state of ["ready", "locked_down"] as const) {
      device.status = () => statusReport({ state });
      const answer = await device.api.inject("/readyz");
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.body, '{"status":"ready"}');
    }
    for (const state of ["starting", "degraded"] as const) {
      device.status = () => statusReport({ state });
      assertProblem(await device.api.inject("/readyz"), "NOT_READY");
    }
    assert.deepEqual(
      device.logged.filter((line) => Number(line["level"]) >= 40),
      [],
    );
  });
});

describe("problems", () => {
  it("have the status, type and title of their code, for every code", async (t) => {
    const device = fakeDevice(t);
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      device.status = () => {
        throw new FacelatchError(code, { expected: "one thing", found: "another", next: "Do this." });
      };
      assertProblem(await device.api.inject("/v1/status"), code);
    }
  });

  it("tell nothing of the inside: neither paths nor stacks", async (t) => {
    const device = fakeDevice(t);
    const secret = "/var/lib/facelatch/secret.db";
    const errors = [
      new FacelatchError("STORE_UNAVAILABLE", { expected: "a store", found: secret, next: `Look at ${secret}.` }),
      new Error(`ENOENT: ${secret}`),
      Object.assign(new Error(secret), { statusCode: 400 }),
      Object.assign(new Error(secret), { statusCode: 200 }),
    ];
    for (const error of errors) {
      device.status = () => {
        throw error;
      };
      const answer = await device.api.inject("/v1/status");
      assertProblem(answer, error instanceof FacelatchError ? error.code : "INTERNAL");
      assert.doesNotMatch(answer.body, /secret|\.ts|\.js|at /);
    }
    const logged = device.logged.filter((line) => line["level"] === 50);
    assert.equal(logged.length, errors.length);
    assert.ok(logged.every((line) => JSON.stringify(line).includes(secret)));
  });

  it("answer addresses and methods that do not exist", async (t) => {
    const { api } = fakeDevice(t);
    for (const url of ["/nothing", "/v1", "/v1/unlock", "/page/nothing.js", "/v1/events/1"]) {
      assertProblem(await api.inject(url), "NOT_FOUND");
    }
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const) {
      assertProblem(await api.inject({ method, url: "/v1/status" }), "NOT_FOUND");
    }
    const withBody = { method: "POST", url: "/v1/status", headers: { "content-type": "application/json" } } as const;
    assertProblem(await api.inject({ ...withBody, payload: "{}" }), "NOT_FOUND");
    assertProblem(await api.inject({ ...withBody, payload: "x".repeat(9_999) }), "REQUEST_INVALID");
    const xml = {
      method: "POST",
      url: "/v1/status",
      headers: { "content-type": "text/xml" },
      payload: "<a/>",
    } as const;
    assertProblem(await api.inject(xml), "NOT_FOUND");
  });

  it("answer malformed URLs", async (t) => {
    const { api } = fakeDevice(t);
    assertProblem(await api.inject("/%zz"), "REQUEST_INVALID");
    assertProblem(await api.inject(`/page/${"x".repeat(500)}`), "NOT_FOUND");
  });

  it("answer bytes that are no HTTP", { timeout: 10_000 }, async (t) => {
    const { api } = fakeDevice(t);
    await api.listen({ host: "127.0.0.1", port: 0 });
    const { port } = api.server.address() as AddressInfo;
    const requests = ["nonsense\r\n\r\n", `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`];
    for (const bytes of requests) {
      const socket = connect(port, "127.0.0.1");
      t.after(() => socket.destroy());
      let text = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      socket.write(bytes);
      await once(socket, "close");
      assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/);
      const problem: unknown = JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));
      assert.ok(Check(problemSchema, problem));
      assert.equal(problem.code, "REQUEST_INVALID");
    }
  });
});

describe("the Host header", () => {
  it("must name this device, on every route", async (t) => {
    const { api } = fakeDevice(t, { allowedHosts: ["door.local"] });
    for (const host of ["evil.example", "evil.example:8080", "door.local.evil.example", "192.168.1.9"]) {
      for (const url of ["/", "/livez", "/v1/status", "/v1/live/frame.jpg", "/openapi.json", "/nothing"]) {
        assertProblem(await api.inject({ url, headers: { host } }), "HOST_REFUSED");
      }
    }
    for (const host of ["door.local", "DOOR.local:8080", "localhost", "127.0.0.1:80", "[::1]:8080"]) {
      assert.equal((await api.inject({ url: "/livez", headers: { host } })).statusCode, 200);
    }
  });
});

describe("the rate limit", () => {
  it("answers 429 with the time to wait, also for addresses that do not exist, but never for health", async (t) => {
    const { api } = fakeDevice(t, { limits: { requestsPerMinuteMax: 5 } });
    for (let i = 0; i < 3; i++) assert.equal((await api.inject("/v1/status")).statusCode, 200);
    for (let i = 0; i < 2; i++) assert.equal((await api.inject("/nothing")).statusCode, 404);
    for (const url of ["/v1/status", "/nothing", "/v1/events", "/"]) {
      const answer = await api.inject(url);
      assertProblem(answer, "TOO_MANY_REQUESTS");
      const retryAfterS = Number(answer.headers["retry-after"]);
      assert.ok(retryAfterS >= 1 && retryAfterS <= 60, String(retryAfterS));
    }
    assert.equal((await api.inject("/livez")).statusCode, 200);
    assertProblem(await api.inject({ url: "/v1/status", remoteAddress: "10.0.0.7" }), "TOKEN_MISSING");
  });
});

describe("every answer", () => {
  it("has headers that keep other sites and scripts out", async (t) => {
    const { api } = fakeDevice(t);
    for (const url of ["/", "/v1/status", "/nothing", "/openapi.json"]) {
      const { headers } = await api.inject(url);
      const policy = String(headers["content-security-policy"]);
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'self'/);
      assert.doesNotMatch(policy, /unsafe|data:|https?:|upgrade-insecure/);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["cross-origin-resource-policy"], "same-origin");
      assert.equal(headers["referrer-policy"], "no-referrer");
      assert.equal(headers["x-frame-options"], "DENY");
      assert.equal(headers["access-control-allow-origin"], undefined);
    }
  });

  it("leaves no line in the log while all is well, and one of each refusal only at debug", async (t) => {
    const { api, logged } = fakeDevice(t);
    for (const url of ["/", "/v1/status", "/nothing?token=x", "/v1/events?limit=0"]) await api.inject(url);
    const lines = logged.map(({ level, msg }) => `${level} ${msg}`);
    assert.deepEqual(lines, ["20 GET elsewhere: NOT_FOUND", "20 GET /v1/events: REQUEST_INVALID"]);
  });
});
