// What every second step promises, run against each adapter.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SecondStep, SecondStepStatus } from "../../../device/second-step/second-step.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { FakeClock } from "../relay/fake-clock.ts";

export interface SecondStepRig {
  readonly step: SecondStep;
  /** Does what a person does to confirm, and waits until it was judged. */
  confirm(): Promise<void>;
  /** From now on, nothing can be judged. */
  breakIt(): void | Promise<void>;
  /** Undoes that. */
  mend(): void | Promise<void>;
  close(): void | Promise<void>;
}

/** Lets time pass until the status suits: what is done at its steps takes the disk's own time. */
export function statusInTime(
  { step, clock }: { readonly step: SecondStep; readonly clock: FakeClock },
  what: string,
  suits: (status: SecondStepStatus) => boolean,
): Promise<SecondStepStatus> {
  return eventually(
    what,
    async () => {
      await clock.advance(1_000);
      return step.status();
    },
    suits,
  );
}

export function describeSecondStep(name: string, make: (clock: FakeClock) => Promise<SecondStepRig>): void {
  describe(`${name} keeps the second step's contract`, () => {
    const withStep = (behaviour: string, run: (rig: SecondStepRig, clock: FakeClock) => Promise<void>): void => {
      test(behaviour, async () => {
        const clock = new FakeClock();
        const rig = await make(clock);
        try {
          await run(rig, clock);
        } finally {
          await rig.step.stop();
          await rig.close();
        }
      });
    };

    withStep("one that was not started confirms nothing", async ({ step, confirm }) => {
      let told = 0;
      step.onConfirmed(() => ++told > 0);
      const { adapter, ...status } = step.status();
      assert.notEqual(adapter, "");
      assert.deepEqual(status, { fault: null, confirmations: 0 });
      await confirm();
      await step.stop();
      assert.deepEqual([told, step.status().confirmations], [0, 0]);
    });

    withStep("each confirmation is told once, and counted where it counts", async ({ step, confirm }) => {
      let inView = true;
      let told = 0;
      step.onConfirmed(() => {
        told++;
        return inView;
      });
      await step.start();
      await step.start();
      assert.equal(step.status().fault, null);
      await confirm();
      await confirm();
      assert.deepEqual([told, step.status().confirmations], [2, 2]);
      inView = false;
      await confirm();
      assert.deepEqual([told, step.status().confirmations], [3, 2]);
    });

    withStep("without a listener nothing counts", async ({ step, confirm }) => {
      await step.start();
      await confirm();
      assert.equal(step.status().confirmations, 0);
    });

    withStep("a stop ends it until the next start", async ({ step, confirm }) => {
      step.onConfirmed(() => true);
      await step.start();
      await Promise.all([step.stop(), step.stop()]);
      await confirm();
      assert.deepEqual([step.status().confirmations, step.status().fault], [0, null]);
      await step.start();
      await confirm();
      assert.equal(step.status().confirmations, 1);
    });

    withStep("one that cannot work is a fault and confirms nothing, until it can again", async (rig, clock) => {
      const { step, confirm } = rig;
      step.onConfirmed(() => true);
      await rig.breakIt();
      await step.start();
      assert.equal(step.status().fault?.code, "SECOND_STEP_UNAVAILABLE");
      await confirm();
      assert.equal(step.status().confirmations, 0);
      await rig.mend();
      await statusInTime({ step, clock }, "it works again", ({ fault }) => fault === null);
      await confirm();
      assert.equal(step.status().confirmations, 1);
      await rig.breakIt();
      await confirm();
      await statusInTime({ step, clock }, "it tells the next fault", ({ fault }) => fault !== null);
      assert.equal(step.status().confirmations, 1);
    });
  });
}
