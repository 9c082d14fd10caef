// What a hostile network sends, tried on every operation of the description: rebound names, forged requests, slow clients,
// bodies that are too large, and paths where an id belongs.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import { Check } from "typebox/value";
import { scopes } from "../../../device/access/access.ts";
import { PairingFiles } from "../../../device/access/pairing-files.ts";
import { TokenFolder } from "../../../device/access/token-folder.ts";
import { problemSchema } from "../../../device/api/problem.ts";
import type { ErrorCode } from "../../../device/errors/errors.ts";
import { deviceCertificate } from "../../../device/tls/tls.ts";
import { type Description, type Operation, operationsOf } from "../../fuzz/malformed-request.ts";
import { handled } from "../daemon/door/handled-door.ts";
import { deliveryTo } from "../delivery/small-delivery.ts";
import { type Ending, type FakeConditions, type FakeDevice, fakeDevice, liveView } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;
type Headers = Readonly<Record<string, string>>;

const many = 1e9;

/** A whole door, whoever may do everything there, and all that the description says of it. */
async function wholeDoor(t: Ending, conditions: FakeConditions = {}) {
  const { door, handle, state } = handled(t);
  const tokens = new TokenFolder(state);
  const pairing = new PairingFiles(state);
  const device = fakeDevice(t, {
    ...{ store: door.store, door: handle, access: tokens, pairing, delivery: deliveryTo(state), openOnLoopback: false },
    ...{ enterPin: async () => ({ kind: "nobody_in_view" }) as const, ...conditions },
    limits: { requestsPerMinuteMax: many, refusalsPerMinuteMax: many, ...conditions.limits },
  });
  device.live = liveView(1);
  const { text } = await tokens.make({ name: "all", scopes, expiresAt: null });
  const session = await tokens.openSession({ name: "page", scopes, parent: null });
  const authorization = `Bearer ${text}`;
  const { api } = device;
  const operations = operationsOf(
    (await api.inject({ url: "/openapi.json", headers: { authorization } })).json<Description>(),
  );
  const ask = ({ method, path }: Operation, headers: Headers, changes: { url?: string; payload?: string } = {}) => {
    const url = path.replace("{id}", "0".repeat(path.startsWith("/v1/tokens") ? 12 : 32));
    return api.inject({ method: method as "GET", url, headers: { host: "localhost:8780", ...headers }, ...changes });
  };
  const prefix = conditions.transport === "https" ? "__Host-facelatch" : "facelatch";
  return { door, state, device, operations, ask, authorization, cookie: `${prefix}=${session.text}` };
}

function assertRefused(answer: Answer, codes: readonly ErrorCode[], what: string): void {
  assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${what}: ${answer.statusCode} ${answer.body}`);
  // An answer to HEAD has no body.
  if (answer.raw.req.method === "HEAD") return;
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem), what);
  assert.ok(codes.includes(problem.code), `${what}: ${problem.code}`);
}

const changes = ({ method }: Operation): boolean => method !== "GET" && method !== "HEAD";
const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

describe("a name that was made to point here", () => {
  it("is refused by every operation, with a token and with a session", async (t) => {
    const { operations, ask, authorization, cookie } = await wholeDoor(t, { allowedHosts: ["door.local"] });
    for (const operation of operations) {
      for (const host of [
        "evil.example",
        "evil.example:8780",
        "door.local.evil.example",
        "192.168.1.9",
        "localhost.",
      ]) {
        for (const headers of [{ authorization }, { cookie }]) {
          assertRefused(await ask(operation, { ...headers, host }), ["HOST_REFUSED"], `${nameOf(operation)} ${host}`);
        }
      }
    }
  });

  it("is refused where it is empty or missing", { timeout: 10_000 }, async (t) => {
    const { device } = await wholeDoor(t);
    const port = await listen(device);
    for (const head of ["Host:\r\n", "", "Host: evil.example\r\n"]) {
      const answer = await exchange(port, `GET /livez HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 4(00|21) /, JSON.stringify(head));
    }
  });

  it("is not an address at which the request arrived", async (t) => {
    const { device } = await wholeDoor(t);
    const port = await listen(device);
    assert.match(
      await exchange(port, `GET /livez HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`),
      / 200 /,
    );
  });
});

describe("a forged request", () => {
  it("changes nothing, whatever the operation and wherever the page is that makes it", async (t) => {
    const { operations, ask, cookie, authorization, door } = await wholeDoor(t);
    const seen: string[] = [];
    for (const operation of operations.filter(changes)) {
      const isWayIn = operation.path.startsWith("/v1/session") && operation.method === "POST";
      const plain = await ask(operation, { cookie });
      if (!isWayIn) assertRefused(plain, ["CSRF_REFUSED"], nameOf(operation));
      for (const origin of ["http://evil.example", "http://localhost:3000", "https://localhost:8780", "null", ""]) {
        for (const headers of [{ cookie }, { authorization }]) {
          const answer = await ask(operation, { ...headers, origin });
          assertRefused(answer, ["ORIGIN_REFUSED"], `${nameOf(operation)} from ${origin}`);
        }
      }
      for (const site of ["cross-site", "same-site", "none"]) {
        const answer = await ask(operation, { cookie, "sec-fetch-site": site });
        assertRefused(answer, ["ORIGIN_REFUSED"], `${nameOf(operation)} ${site}`);
      }
      seen.push(nameOf(operation));
    }
    assert.ok(seen.length >= 12, seen.join(", "));
    assert.deepEqual([door.relay.pulses, door.events()], [0, []]);
  });
});

describe("a path", () => {
  const paths = [
    ...[
      "../../../../etc/passwd",
      "..%2f..%2fetc%2fpasswd",
      "..%252f..%252fetc",
      "%2e%2e%2f%2e%2e",
      "..%5c..%5cwindows",
    ],
    ...[
      "%00",
      "0%00.json",
      "....%2f%2f",
      "%c0%ae%c0%ae%2f",
      "file:%2f%2f%2fetc%2fpasswd",
      ".",
      "..",
      "%2fetc%2fpasswd",
    ],
  ];

  it("in place of any parameter is refused, and nothing of the disk is touched or told", async (t) => {
    const { operations, ask, authorization, state } = await wholeDoor(t);
    const before = readdirSync(state, { recursive: true }).sort();
    let tried = 0;
    for (const operation of operations) {
      for (const { name, in: place, schema } of operation.parameters) {
        for (const path of paths) {
          const text = decodeURIComponent(path.replaceAll(/%c0%ae/g, ".").replaceAll("%25", "%"));
          if (Check(schema, text) || /[^\x20-\x7e]/.test(text)) continue;
          const url =
            place === "path" ? operation.path.replace(`{${name}}`, path) : `${operation.path}?${name}=${path}`;
          const inHeader = place === "header";
          const answer = await ask(
            operation,
            { authorization, ...(inHeader && { [name]: text }) },
            inHeader ? {} : { url: url.replace("{id}", "0".repeat(32)) },
          );
          assertRefused(answer, ["REQUEST_INVALID", "NOT_FOUND"], `${nameOf(operation)} ${name} ${path}`);
          assert.doesNotMatch(answer.body, /root:|daemon:/);
          tried++;
        }
      }
    }
    assert.ok(tried > 150, `tried ${tried}`);
    assert.deepEqual(readdirSync(state, { recursive: true }).sort(), before);
  });

  it("below the page's folder gives nothing but the page", async (t) => {
    const { device } = await wholeDoor(t);
    for (const path of paths) {
      for (const prefix of ["/page/", "/page/vendor/", "/"]) {
        const answer = await device.api.inject(`${prefix}${path}`);
        const isPage = answer.statusCode === 200 && /^text\/html/.test(String(answer.headers["content-type"]));
        assert.ok(isPage || answer.statusCode >= 400, `${prefix}${path}: ${answer.statusCode}`);
        assert.doesNotMatch(answer.body, /root:|daemon:/);
      }
    }
  });
});

describe("a number that has no end", () => {
  it("is no number of a query", async (t) => {
    const { operations, ask, authorization } = await wholeDoor(t);
    for (const operation of operations) {
      for (const { name, in: place, schema } of operation.parameters) {
        if (place !== "query" || schema.type !== "integer") continue;
        for (const text of ["Infinity", "-Infinity", "NaN", "1e309", "9".repeat(400)]) {
          const answer = await ask(operation, { authorization }, { url: `${operation.path}?${name}=${text}` });
          assertRefused(answer, ["REQUEST_INVALID"], `${nameOf(operation)} ${name} ${text}`);
        }
      }
    }
  });
});

describe("a body that is too large", () => {
  it("is refused by every operation that takes one, announced or not", { timeout: 30_000 }, async (t) => {
    const { device, operations, ask, authorization } = await wholeDoor(t, { limits: { requestTimeoutMs: 1_000 } });
    const port = await listen(device);
    for (const operation of operations.filter(({ body }) => body !== null)) {
      const payload = JSON.stringify({ x: "x".repeat(100_000) });
      const answer = await ask(operation, { authorization, "content-type": "application/json" }, { payload });
      assertRefused(answer, ["REQUEST_INVALID"], nameOf(operation));
      const head = `POST ${operation.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nConnection: close\r\n`;
      const chunk = `400\r\n${"x".repeat(0x400)}\r\n`;
      const chunked = await exchange(port, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(8)}0\r\n\r\n`);
      assert.match(chunked, /^HTTP\/1\.1 4\d\d /, nameOf(operation));
    }
  });
});

describe("a slow client", () => {
  const requestTimeoutMs = 400;

  it("is dropped in its head, in its body and before a word, and others are served meanwhile", {
    timeout: 20_000,
  }, async (t) => {
    const { device, authorization } = await wholeDoor(t, { limits: { requestTimeoutMs, connectionsMax: 8 } });
    const port = await listen(device);
    const head = `POST /v1/feedback HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\n`;
    const beginnings = [
      "GET /livez HTT",
      "GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
      `${head}Content-Length: 500\r\n\r\n{`,
    ];
    const slow = beginnings.map(async (bytes) => {
      const startedMs = performance.now();
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined).resume();
      socket.write(bytes);
      // A byte now and then keeps it no longer.
      const drip = setInterval(() => socket.writable && socket.write("x"), requestTimeoutMs / 8);
      await once(socket, "close");
      clearInterval(drip);
      return performance.now() - startedMs;
    });
    assert.match(await exchange(port, "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), / 200 /);
    for (const lastedMs of await Promise.all(slow)) assert.ok(lastedMs < 5_000, `${lastedMs} ms`);
  });

  it("is dropped where it does not finish its handshake", { timeout: 20_000 }, async (t) => {
    const { device, state } = await wholeDoor(t, { transport: "https", limits: { requestTimeoutMs } });
    const { pem } = await deviceCertificate(state, ["localhost"]);
    const server = device.api.server as unknown as { setSecureContext: (context: object) => void };
    server.setSecureContext({ cert: pem, key: pem });
    const port = await listen(device);
    const silent = connect(port, "127.0.0.1");
    silent.on("error", () => undefined).resume();
    await once(silent, "close");
    const socket = connectTls({ host: "127.0.0.1", port, ca: pem, servername: "localhost" });
    await once(socket, "secureConnect");
    socket.write("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const [first] = (await once(socket, "data")) as [Buffer];
    assert.match(first.toString(), /^HTTP\/1\.1 200 /);
    socket.destroy();
  });
});

async function listen({ api }: FakeDevice): Promise<number> {
  await api.listen({ host: "127.0.0.1", port: 0 });
  return (api.server.address() as AddressInfo).port;
}

/** What comes back until the other side closes. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => undefined);
  // Not ended here: a server may drop whoever says that nothing more will come.
  socket.write(bytes);
  await once(socket, "close");
  return text;
}
