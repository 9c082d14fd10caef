// The PIN over HTTP: who may enter one, what each answer is, and that a PIN is in none of them and in no log.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Check } from "typebox/value";
import { problemSchema } from "../../../device/api/problem.ts";
import { type ErrorCode, errorCodes, FacelatchError } from "../../../device/errors/errors.ts";
import { PinStep } from "../../../device/second-step/pin-step.ts";
import type { PinAnswer } from "../../../device/second-step/second-step.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { rightPin, stateWithPin, wrongPin } from "../second-step/pins.ts";
import { type FakeDevice, fakeDevice } from "./fake-device.ts";

type Answer = Awaited<ReturnType<FakeDevice["api"]["inject"]>>;
type Ending = Parameters<typeof stateWithPin>[0];

const url = "/v1/second-step";

function send(device: FakeDevice, payload: string, headers: Record<string, string> = {}): Promise<Answer> {
  return device.api.inject({
    method: "POST",
    url,
    payload,
    headers: { "content-type": "application/json", host: "127.0.0.1:8780", ...headers },
  });
}

const enter = (device: FakeDevice, pin: unknown): Promise<Answer> => send(device, JSON.stringify({ pin }));

function assertProblem(answer: Answer, code: ErrorCode, status = errorCodes[code].status): void {
  assert.equal(answer.statusCode, status, answer.body);
  const problem: unknown = answer.json();
  assert.ok(Check(problemSchema, problem), answer.body);
  assert.equal(problem.code, code);
  assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
  assert.equal(answer.headers["cache-control"], "no-store");
}

function deviceThatAnswers(t: Ending, answer: PinAnswer): FakeDevice {
  return fakeDevice(t, { enterPin: async () => answer });
}

/** A device with a real PIN, and somebody in view. */
async function deviceWithPin(t: Ending) {
  const clock = new FakeClock();
  const step = new PinStep({ stateDir: await stateWithPin(t), clock });
  t.after(() => step.stop());
  await step.start();
  step.onConfirmed(() => true);
  const device = fakeDevice(t, { enterPin: (pin) => step.enter(pin) });
  return { device, clock };
}

describe("a PIN over HTTP", () => {
  it("confirms when it is right", async (t) => {
    const { device } = await deviceWithPin(t);
    const answer = await enter(device, rightPin);
    assert.deepEqual([answer.statusCode, answer.json()], [200, { confirmed: true }]);
    assert.equal(answer.headers["cache-control"], "no-store");
  });

  it("is refused when it is wrong, and then waits, with the time to wait", async (t) => {
    const { device, clock } = await deviceWithPin(t);
    for (let i = 0; i < 4; i++) {
      const answer = await enter(device, wrongPin);
      assertProblem(answer, "PIN_WRONG");
      assert.equal(answer.headers["retry-after"], undefined);
    }
    const fifth = await enter(device, wrongPin);
    assertProblem(fifth, "PIN_WRONG");
    assert.equal(fifth.headers["retry-after"], "30");
    await clock.advance(500);
    const waiting = await enter(device, rightPin);
    assertProblem(waiting, "PIN_WAIT");
    assert.equal(waiting.headers["retry-after"], "30");
    assert.match(waiting.json().detail, /Try again in 30 s/);
    await clock.advance(29_500);
    assert.equal((await enter(device, rightPin)).statusCode, 200);
  });

  it("that is right while nobody is in view, or comes while another is judged, has a code of its own", async (t) => {
    assertProblem(await enter(deviceThatAnswers(t, { kind: "nobody_in_view" }), rightPin), "NOBODY_IN_VIEW", 409);
    const busy = await enter(deviceThatAnswers(t, { kind: "busy" }), rightPin);
    assertProblem(busy, "TOO_MANY_REQUESTS", 429);
    assert.equal(busy.headers["retry-after"], "1");
  });

  it("is not asked for where the second step is none or a button", async (t) => {
    assertProblem(await enter(fakeDevice(t), rightPin), "NOT_FOUND");
  });

  it("that cannot be judged says so without telling of the inside", async (t) => {
    const device = fakeDevice(t, {
      enterPin: async () => {
        throw new FacelatchError("SECOND_STEP_UNAVAILABLE", { expected: "a", found: "/var/lib/x", next: "Do this." });
      },
    });
    const answer = await enter(device, rightPin);
    assertProblem(answer, "SECOND_STEP_UNAVAILABLE");
    assert.doesNotMatch(answer.body, /var/);
  });

  it("has a limit of its own, for all addresses together", async (t) => {
    const device = fakeDevice(t, { enterPin: async () => ({ kind: "confirmed" }), limits: { pinsPerMinuteMax: 3 } });
    for (let i = 0; i < 3; i++) assert.equal((await enter(device, rightPin)).statusCode, 200);
    const answer = await enter(device, rightPin);
    assertProblem(answer, "TOO_MANY_REQUESTS");
    const retryAfterS = Number(answer.headers["retry-after"]);
    assert.ok(retryAfterS >= 1 && retryAfterS <= 60, String(retryAfterS));
    assert.equal((await device.api.inject("/v1/status")).statusCode, 200);
  });
});

describe("a request that may not enter a PIN", () => {
  const neverAsked = (t: Ending): FakeDevice =>
    fakeDevice(t, { enterPin: () => Promise.reject(new Error("it was asked")) });

  it("is one of another site, also of another port of this device", async (t) => {
    const device = neverAsked(t);
    const body = JSON.stringify({ pin: rightPin });
    for (const origin of ["http://evil.example", "http://127.0.0.1:3000", "https://127.0.0.1:8780", "null", ""]) {
      const answer = await send(device, body, { origin });
      assert.equal(answer.statusCode, 403, origin);
      assert.equal(answer.json().code, "ORIGIN_REFUSED");
    }
    assert.equal((await send(device, body, { host: "evil.example" })).json().code, "HOST_REFUSED");
    const own = deviceThatAnswers(t, { kind: "confirmed" });
    assert.equal((await send(own, body, { origin: "http://127.0.0.1:8780" })).statusCode, 200);
  });

  it("has a body that is not JSON", async (t) => {
    const device = neverAsked(t);
    const types = ["text/plain", "application/x-www-form-urlencoded", "application/xml", "application/jsonx", ""];
    for (const type of types) {
      const answer = await send(device, JSON.stringify({ pin: rightPin }), { "content-type": type });
      assert.ok([400, 415].includes(answer.statusCode), `${type}: ${answer.statusCode}`);
      assert.equal(answer.json().code, "REQUEST_INVALID");
    }
    const formed = await device.api.inject({ method: "POST", url, headers: { host: "localhost" } });
    assert.equal(formed.json().code, "REQUEST_INVALID");
  });

  it("has a body that holds anything but a PIN, or is too large", async (t) => {
    const device = neverAsked(t);
    const pins = [1234, "123", "1234567890123", "12a4", " 1234", "1234\n", "１２３４", null, [], ["1234"], {}, true];
    for (const pin of pins) assert.equal((await enter(device, pin)).json().code, "REQUEST_INVALID", String(pin));
    for (const body of [
      "",
      "1234",
      '"1234"',
      "{}",
      "[]",
      "null",
      '{"pin":"1234"',
      '{"pin":"1234","x":1}',
      '{"pin":"1234","__proto__":{"x":1}}',
      '{"constructor":{"prototype":{"pin":"1234"}}}',
      `{"pin":"1234"${" ".repeat(300)}}`,
    ]) {
      const answer = await send(device, body);
      assert.equal(answer.json().code, "REQUEST_INVALID", body);
      assert.equal(answer.statusCode, 400, body);
    }
  });

  it("is made with another method", async (t) => {
    const device = neverAsked(t);
    for (const method of ["GET", "PUT", "PATCH", "DELETE"] as const) {
      assert.equal((await device.api.inject({ method, url })).json().code, "NOT_FOUND");
    }
  });
});

describe("a PIN that was sent", () => {
  it("is in no answer and in no line of the log, however it was sent and whatever became of it", async (t) => {
    const { device, clock } = await deviceWithPin(t);
    const answers: Answer[] = [];
    const bodies = [
      JSON.stringify({ pin: rightPin }),
      JSON.stringify({ pin: wrongPin }),
      `{"pin":"${rightPin}"`,
      `{"pin":${rightPin}x}`,
      rightPin,
      `{"${rightPin}":1}`,
      JSON.stringify({ pin: rightPin, other: rightPin }),
      JSON.stringify({ pin: `${rightPin}00000` }),
      JSON.stringify({ pin: `${rightPin}${" ".repeat(300)}` }),
      `{"__proto__":{"pin":"${rightPin}"}}`,
    ];
    for (const body of bodies) {
      answers.push(await send(device, body));
      answers.push(await send(device, body, { "content-type": "text/plain" }));
      answers.push(await send(device, body, { origin: "http://evil.example" }));
    }
    for (let i = 0; i < 6; i++) answers.push(await enter(device, wrongPin));
    await clock.advance(1_000);
    assert.ok(answers.some(({ statusCode }) => statusCode === 200));
    const broken = fakeDevice(t, {
      enterPin: async () => {
        throw new Error("a defect");
      },
    });
    answers.push(await enter(broken, rightPin));
    assert.equal(answers.at(-1)!.statusCode, 500);
    for (const { body, headers } of answers) assert.doesNotMatch(JSON.stringify([body, headers]), /9041726/);
    for (const line of [...device.logged, ...broken.logged]) assert.doesNotMatch(JSON.stringify(line), /9041726/);
    assert.deepEqual(
      device.logged.filter(({ level }) => Number(level) > 20),
      [],
    );
    assert.equal(broken.logged.length, 1);
  });
});
