// PINs as a second step: what each is worth, the growing wait after wrong ones, and that nothing shortens it.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { pinFilePath } from "../../../device/second-step/pin-file.ts";
import { PinStep } from "../../../device/second-step/pin-step.ts";
import type { PinAnswer, StepRefusal } from "../../../device/second-step/second-step.ts";
import { waitAfterMs } from "../../../device/second-step/wrong-pins.ts";
import { readWrongPins, writeWrongPins, wrongPinsPath } from "../../../device/second-step/wrong-pins-file.ts";
import { FakeClock } from "../relay/fake-clock.ts";
import { type Ending, rightPin, setCheapPin, stateWithPin, temporaryFolder, wrongPin } from "./pins.ts";
import { describeSecondStep, statusInTime } from "./second-step-contract.ts";

describeSecondStep("a PIN", async (clock) => {
  const ends: (() => unknown)[] = [];
  const stateDir = await stateWithPin({ after: (end) => ends.push(end) });
  const step = new PinStep({ stateDir, clock });
  const away = join(stateDir, "away.json");
  return {
    step,
    // What cannot be judged is refused with an error, which is its caller's to tell.
    confirm: () =>
      step.enter(rightPin).then(
        () => {},
        () => {},
      ),
    breakIt: () => rename(pinFilePath(stateDir), away),
    mend: () => rename(away, pinFilePath(stateDir)),
    close: async () => {
      for (const end of ends) await end();
    },
  };
});

interface Keypad {
  readonly step: PinStep;
  readonly clock: FakeClock;
  readonly stateDir: string;
  readonly refusals: StepRefusal[];
  inView: boolean;
}

async function started(t: Ending, stateDir: string, clock = new FakeClock()): Promise<Keypad> {
  const step = new PinStep({ stateDir, clock });
  const keypad: Keypad = { step, clock, stateDir, refusals: [], inView: true };
  step.onConfirmed(() => keypad.inView);
  step.onRefused((reason) => keypad.refusals.push(reason));
  await step.start();
  t.after(() => step.stop());
  return keypad;
}

async function enterMany({ step }: Keypad, pin: string, times: number): Promise<PinAnswer[]> {
  const answers: PinAnswer[] = [];
  for (let i = 0; i < times; i++) answers.push(await step.enter(pin));
  return answers;
}

const wrong = (waitMs: number): PinAnswer => ({ kind: "wrong", waitMs });

describe("the wait after wrong PINs in a row", () => {
  it("begins with the fifth at 30 s, doubles with each further one, and ends at 15 minutes", () => {
    const waitsS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1_000, 1e9].map((wrongs) => waitAfterMs(wrongs) / 1_000);
    assert.deepEqual(waitsS, [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900]);
  });

  it("refuses every PIN, the right one too, without looking at it or counting it", async (t) => {
    const keypad = await started(t, await stateWithPin(t));
    assert.deepEqual(await enterMany(keypad, wrongPin, 5), [wrong(0), wrong(0), wrong(0), wrong(0), wrong(30_000)]);
    await keypad.clock.advance(10_000);
    assert.deepEqual(await keypad.step.enter(rightPin), { kind: "wait", waitMs: 20_000 });
    assert.deepEqual(await keypad.step.enter(wrongPin), { kind: "wait", waitMs: 20_000 });
    assert.equal(await readWrongPins(keypad.stateDir), 5);
    assert.deepEqual(keypad.refusals, [...Array<StepRefusal>(5).fill("pin_wrong"), "pin_wait", "pin_wait"]);
    await keypad.clock.advance(20_000);
    assert.deepEqual(await keypad.step.enter(wrongPin), wrong(60_000));
    await keypad.clock.advance(60_000);
    assert.deepEqual(await keypad.step.enter(rightPin), { kind: "confirmed" });
    assert.deepEqual(await enterMany(keypad, wrongPin, 4), Array(4).fill(wrong(0)));
  });

  it("begins again in full after a restart, from the count on disk", async (t) => {
    const stateDir = await stateWithPin(t);
    await enterMany(await started(t, stateDir), wrongPin, 5);
    const after = await started(t, stateDir);
    assert.deepEqual(await after.step.enter(rightPin), { kind: "wait", waitMs: 30_000 });
    await after.clock.advance(30_000);
    assert.deepEqual(await after.step.enter(wrongPin), wrong(60_000));
  });

  it("is kept from the PIN's own stop and start, and from a PIN that is set meanwhile", async (t) => {
    const keypad = await started(t, await stateWithPin(t));
    await enterMany(keypad, wrongPin, 5);
    await keypad.step.stop();
    await keypad.step.start();
    await setCheapPin(keypad.stateDir);
    assert.equal((await keypad.step.enter(rightPin)).kind, "wait");
  });

  it("stands whatever is tried, waited and restarted: only the right PIN ends the row", async (t) => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant("wrong" as const) },
      { weight: 1, arbitrary: fc.constant("right" as const) },
      { weight: 1, arbitrary: fc.constant("restart" as const) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 1_000_000 }) },
    );
    const stateDir = await stateWithPin(t);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (history) => {
        await writeWrongPins(stateDir, 0);
        const clock = new FakeClock();
        let keypad = await started(t, stateDir, clock);
        let row = 0;
        let waitUntilMs = 0;
        for (const what of history) {
          if (typeof what === "number") {
            clock.skip(what);
          } else if (what === "restart") {
            await keypad.step.stop();
            keypad = await started(t, stateDir, clock);
            waitUntilMs = clock.nowMs() + waitAfterMs(row);
          } else {
            const waits = clock.nowMs() < waitUntilMs;
            const { kind } = await keypad.step.enter(what === "right" ? rightPin : wrongPin);
            assert.equal(kind, waits ? "wait" : what === "right" ? "confirmed" : "wrong");
            if (!waits) row = what === "right" ? 0 : row + 1;
            if (kind === "wrong") waitUntilMs = clock.nowMs() + waitAfterMs(row);
          }
          assert.equal(await readWrongPins(stateDir), row);
        }
        await keypad.step.stop();
      }),
      { numRuns: 25 },
    );
  });
});

describe("a PIN", () => {
  it("that is right counts for nobody where nobody is in view, and ends the row all the same", async (t) => {
    const keypad = await started(t, await stateWithPin(t));
    keypad.inView = false;
    await enterMany(keypad, wrongPin, 4);
    assert.deepEqual(await keypad.step.enter(rightPin), { kind: "nobody_in_view" });
    assert.equal(keypad.step.status().confirmations, 0);
    assert.deepEqual(await keypad.step.enter(wrongPin), wrong(0));
  });

  it("is judged alone: others meanwhile are not looked at, and not counted", async (t) => {
    const keypad = await started(t, await stateWithPin(t));
    const answers = await Promise.all([wrongPin, rightPin, wrongPin].map((pin) => keypad.step.enter(pin)));
    assert.deepEqual(answers, [wrong(0), { kind: "busy" }, { kind: "busy" }]);
    assert.equal(await readWrongPins(keypad.stateDir), 1);
    assert.deepEqual(keypad.refusals, ["pin_wrong"]);
  });

  it("that was set while the daemon runs is known at the next attempt, and the old one is not", async (t) => {
    const stateDir = await temporaryFolder(t);
    const keypad = await started(t, stateDir);
    await assert.rejects(keypad.step.enter(rightPin), { code: "SECOND_STEP_UNAVAILABLE" });
    await setCheapPin(stateDir);
    await statusInTime(keypad, "the fault is gone", ({ fault }) => fault === null);
    assert.equal((await keypad.step.enter(rightPin)).kind, "confirmed");
    await setCheapPin(stateDir, "4711");
    assert.equal((await keypad.step.enter(rightPin)).kind, "wrong");
    assert.equal((await keypad.step.enter("4711")).kind, "confirmed");
  });

  it("is not judged where it cannot be counted first, and the fault shows until it can", async (t) => {
    const keypad = await started(t, await stateWithPin(t));
    const blocked = join(keypad.stateDir, "keys", ".wrong-pins.json.next");
    await mkdir(blocked);
    for (const pin of [rightPin, wrongPin]) {
      await assert.rejects(keypad.step.enter(pin), { code: "SECOND_STEP_UNAVAILABLE" });
    }
    assert.match(String(keypad.step.status().fault?.message), /count of wrong PINs/);
    assert.deepEqual([keypad.refusals, keypad.step.status().confirmations], [[], 0]);
    await rm(blocked, { recursive: true });
    assert.equal((await keypad.step.enter(rightPin)).kind, "confirmed");
    assert.equal(keypad.step.status().fault, null);
  });

  it("is not judged where the count is damaged, until a PIN is set", async (t) => {
    const stateDir = await stateWithPin(t);
    await writeFile(wrongPinsPath(stateDir), "{");
    const keypad = await started(t, stateDir);
    assert.match(String(keypad.step.status().fault?.message), /begins the count anew/);
    await assert.rejects(keypad.step.enter(rightPin), { code: "SECOND_STEP_UNAVAILABLE" });
    await setCheapPin(stateDir);
    await statusInTime(keypad, "the count is there", ({ fault }) => fault === null);
    assert.equal((await keypad.step.enter(rightPin)).kind, "confirmed");
  });

  it("is in no message and no status, whatever goes wrong", async (t) => {
    const keypad = await started(t, await stateWithPin(t));
    const told: string[] = [];
    const note = async () => {
      for (const pin of [rightPin, wrongPin]) {
        const answer: unknown = await keypad.step.enter(pin).catch((error: unknown) => error);
        told.push(JSON.stringify(answer), String(answer instanceof Error ? answer.stack : ""));
        told.push(JSON.stringify(keypad.step.status()));
      }
    };
    await note();
    await chmod(pinFilePath(keypad.stateDir), 0o000);
    await note();
    await writeFile(pinFilePath(keypad.stateDir), "damaged");
    await note();
    await rm(join(keypad.stateDir, "keys"), { recursive: true });
    await note();
    assert.equal(told.length, 24);
    for (const text of told) assert.doesNotMatch(text, /9041726/);
  });
});

describe("a daemon that is killed between wrong PINs", () => {
  it("gives no further ones: five in all were looked at, then it waits", { timeout: 120_000 }, async (t) => {
    const stateDir = await stateWithPin(t);
    const answers: string[] = [];
    for (let run = 0; run < 8 && answers.at(-1) !== "wait"; run++) {
      const child = fork(join(import.meta.dirname, "enter-pins-until-killed.js"), [stateDir]);
      child.on("message", (kind) => answers.push(String(kind)));
      await once(child, "message");
      // The next attempt is under way: it may be counted or not, but never judged without being counted.
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    const looked = answers.filter((kind) => kind === "wrong").length;
    assert.equal(answers.at(-1), "wait");
    assert.ok(looked >= 1 && looked <= 5, answers.join(" "));
    assert.ok((await readWrongPins(stateDir)) >= 5);
  });
});
