// Malformed requests by the thousand, made from the API's own description and given to the real API: each is refused, none
// with a 5xx, none ends or hangs it, and no answer tells of the inside.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { after, type TestContext, test } from "node:test";
import type { InjectOptions } from "fastify";
import { Check } from "typebox/value";
import { scopes } from "../../device/access/access.ts";
import { PairingFiles } from "../../device/access/pairing-files.ts";
import { TokenFolder } from "../../device/access/token-folder.ts";
import { problemSchema } from "../../device/api/problem.ts";
import { type SeededRandom, seededRandom } from "../../training/seeded-random.ts";
import { PlayedButton } from "../device/access/played-button.ts";
import { type FakeDevice, fakeDevice, liveView, newEvent } from "../device/api/fake-device.ts";
import { handled } from "../device/daemon/door/handled-door.ts";
import { scheduled } from "../device/daemon/door/scheduled-door.ts";
import { deliveryTo } from "../device/delivery/small-delivery.ts";
import { PlayedEnrolment } from "../device/enrolment/played-enrolment.ts";
import { subjectFrame } from "../device/feedback/open-feedback.ts";
import { switchedLog } from "../device/log/switched-log.ts";
import { openPasskeys } from "../device/passkeys/open-passkeys.ts";
import { openSnapshots, refuse } from "../device/snapshots/open-snapshots.ts";
import { type FuzzFigures, reportFuzz } from "./fuzz-report.ts";
import { type Description, type MalformedRequest, malformedRequest, operationsOf } from "./malformed-request.ts";

/** In all; `npm run test:fuzz` takes 100,000. */
const cases = Number(process.env["FACELATCH_FUZZ_CASES"] ?? 3_000);
/** Of broken bytes on a socket, which take far longer. */
const byteCases = Math.ceil(cases / 20);
const caseTimeoutMs = 10_000;
const lanes = 16;
/** Paths, stacks, and the names of what the program is made of. */
const inside = /\/(tmp|work|home|usr|var)\/|node_modules|\.[jt]s:\d|\bat \S+ \(|SQLITE|ENOENT|EACCES|better-sqlite/;

const report: Record<string, FuzzFigures & { refusedBy: Record<string, number> }> = {};

after(() => reportFuzz(report));

interface Target {
  readonly device: FakeDevice;
  readonly credentials: readonly Readonly<Record<string, string>>[];
  /** Everything that a request could have changed. */
  readonly traces: () => Promise<string>;
}

async function openTarget(t: TestContext): Promise<Target> {
  const { door, handle, state } = handled(t);
  const { schedule } = scheduled(t);
  await schedule.start();
  const tokens = new TokenFolder(state);
  const many = 1e9;
  const played = new PlayedEnrolment(t, { limits: { householdMax: 16, templatesPerPersonMax: 28 } });
  played.people.add({ role: "owner", name: "Markus" }, "the test");
  const opened = openSnapshots(t);
  const pictured = door.store.append(newEvent({ data: { presenceId: 1 } }));
  await refuse(opened, 1, { bootId: pictured.bootId });
  const { passkeys } = openPasskeys(t, { stateDir: state });
  const { logLevel } = switchedLog();
  const { button } = await new PlayedButton(t).rested();
  const device = fakeDevice(t, {
    store: door.store,
    door: handle,
    schedule,
    access: tokens,
    pairing: new PairingFiles(state),
    buttonPairing: button,
    delivery: deliveryTo(state),
    people: played.deps,
    snapshots: opened.snapshots,
    passkeys,
    logLevel,
    enterPin: async () => ({ kind: "nobody_in_view" }),
    openOnLoopback: false,
    limits: {
      requestsPerMinuteMax: many,
      refusalsPerMinuteMax: many,
      feedbackPerMinuteMax: many,
      peoplePerMinuteMax: many,
      erasuresPerMinuteMax: many,
      passkeysPerMinuteMax: many,
      knocksPerMinuteMax: many,
      pinsPerMinuteMax: many,
      unlocksPerMinuteMax: many,
    },
  });
  device.live = liveView(1);
  device.feedback.noteFrame(subjectFrame(1));
  const { text } = await tokens.make({ name: "all", scopes, expiresAt: null });
  const session = await tokens.openSession({ name: "page", scopes, parent: null });
  const cookie = `facelatch=${session.text}`;
  const { csrfToken } = (await device.api.inject({ url: "/v1/session", headers: { cookie } })).json();
  const traces = async () => {
    const known = (await tokens.list()).map(({ lastUsedAt: _used, ...token }) => token);
    return JSON.stringify([
      door.relay.pulses,
      handle.lockdown(),
      handle.faceUnlock(),
      schedule.report(),
      logLevel.report(),
      known,
      played.people.list(),
      played.enrolment.state(),
      played.events.length,
      opened.snapshots.status(),
      await passkeys.list(),
      button.status(),
      device.feedback.items({ limit: 9 }),
      door.events(),
    ]);
  };
  return { device, credentials: [{ authorization: `Bearer ${text}` }, { cookie, "x-csrf-token": csrfToken }], traces };
}

function figuresOf(target: string): FuzzFigures & { refusedBy: Record<string, number> } {
  report[target] ??= { cases: 0, crashes: 0, accepted: 0, serverErrors: 0, refusedBy: {} };
  return report[target];
}

/** Judges one answer; a test that goes wrong tells of the request. */
function count(target: string, t: TestContext, why: string, status: number, body: string): void {
  const figures = figuresOf(target);
  figures.cases++;
  const fail = (what: "crashes" | "accepted" | "serverErrors"): void => {
    if (figures[what]++ < 20) t.diagnostic(`${what}: ${why}: ${status} ${body.slice(0, 300)}`);
  };
  if (status >= 500) fail("serverErrors");
  else if (status < 400) fail("accepted");
  else if (body !== "") {
    const problem: unknown = parsed(body);
    const code = Check(problemSchema, problem) ? problem.code : null;
    if (code === null || inside.test(withoutEcho(body))) fail("crashes");
    else figures.refusedBy[code] = (figures.refusedBy[code] ?? 0) + 1;
  }
}

/** What was sent, and is told back, is no secret. */
function withoutEcho(body: string): string {
  return body.replaceAll(/\/etc\/passwd|file:\/\/\/etc/g, "");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function ask({ device }: Target, request: MalformedRequest, credential: Readonly<Record<string, string>>) {
  const { method, url, headers, payload } = request;
  const options: InjectOptions = {
    method: method as "GET",
    url,
    headers: { host: "localhost", ...credential, ...headers },
    ...(payload === null ? {} : { payload }),
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), caseTimeoutMs);
  });
  try {
    return await Promise.race([device.api.inject(options), late]);
  } finally {
    clearTimeout(timer);
  }
}

test("requests that differ from the description are refused, each by name", async (t) => {
  const target = await openTarget(t);
  const authorized = { url: "/openapi.json", headers: target.credentials[0]! };
  const operations = operationsOf((await target.device.api.inject(authorized)).json<Description>());
  assert.ok(operations.length > 25, `found ${operations.length}`);
  const before = await target.traces();
  const random = seededRandom(9);
  for (let i = 0; i < cases; i += lanes) {
    const requests = Array.from({ length: lanes }, (_, lane) => {
      return malformedRequest(operations[(i + lane) % operations.length]!, random);
    });
    await Promise.all(
      requests.map(async (request, lane) => {
        const answer = await ask(target, request, target.credentials[lane % 2]!);
        if (answer === null) count("api", t, `no answer to ${JSON.stringify(request)}`, 599, "");
        else count("api", t, JSON.stringify(request).slice(0, 700), answer.statusCode, answer.body);
      }),
    );
  }
  const { refusedBy, ...figures } = figuresOf("api");
  t.diagnostic(JSON.stringify({ ...figures, refusedBy, operations: operations.length }));
  assert.deepEqual([figures.accepted, figures.crashes, figures.serverErrors], [0, 0, 0]);
  // What a handler would have said is not among them: none was reached.
  const codes = ["HOST_REFUSED", "NOT_FOUND", "ORIGIN_REFUSED", "REQUEST_INVALID"];
  assert.deepEqual(Object.keys(refusedBy).sort(), codes);
  assert.equal(await target.traces(), before, "something was done");
  assert.equal((await target.device.api.inject(authorized)).statusCode, 200);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
});

/** Bytes that begin as a request and are spoilt in one place or several. */
function brokenBytes(random: SeededRandom): Buffer {
  const line = ["GET /v1/status HTTP/1.1", "POST /v1/unlock HTTP/1.1", "GET /livez HTTP/1.1"][random.below(3)]!;
  const heads = ["Host: localhost", "Content-Length: 5", "Transfer-Encoding: chunked", "Connection: keep-alive"];
  const chosen = heads.filter(() => random.below(2) === 0);
  const text = `${[line, ...chosen].join("\r\n")}\r\n\r\n${random.below(2) === 0 ? "hello" : ""}`;
  const bytes = Buffer.from(text);
  for (let i = 1 + random.below(4); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
  return random.below(3) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
}

test("broken bytes are refused, or waited for within limits, and the next client is served", async (t) => {
  const { device } = await openTarget(t);
  await device.api.listen({ host: "127.0.0.1", port: 0 });
  const { port } = device.api.server.address() as AddressInfo;
  const random = seededRandom(99);
  for (let i = 0; i < byteCases; i += lanes) {
    const answers = Array.from({ length: lanes }, () => exchange(port, brokenBytes(random)));
    for (const text of await Promise.all(answers)) {
      // Spoilt bytes can be a sound request all the same: nothing but liveness may then be answered well.
      const [, status = "0", body = ""] = /^HTTP\/1\.1 (\d+)[\s\S]*?\r\n\r\n([\s\S]*)$/.exec(text) ?? [];
      const isLive = body.includes('"live"');
      count("bytes", t, JSON.stringify(text.slice(0, 200)), status === "0" || isLive ? 400 : Number(status), "");
      assert.doesNotMatch(text, inside);
    }
  }
  assert.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200);
  const { cases: made, accepted, crashes, serverErrors } = figuresOf("bytes");
  assert.ok(made >= byteCases);
  assert.deepEqual([accepted, crashes, serverErrors], [0, 0, 0]);
});

/** What came back until the other side closed, or there was silence after the end of ours. */
async function exchange(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => undefined);
  socket.end(bytes);
  await once(socket, "close");
  return text;
}
