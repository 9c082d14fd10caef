// What every input line of a character device promises: run against a stand-in beside the sources, and against gpio-sim in a guest.
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { type Bias, type CdevInput, type CdevSource, requestCdevInput } from "../../../device/gpio/gpio.ts";

/** A line that nobody owns, and what is wired to it. */
export interface InputRig {
  readonly chipLabel: string;
  readonly line: number;
  readonly source: CdevSource;
  /** From now on it has this voltage. */
  setHigh(high: boolean): void;
}

interface Taken extends CdevInput {
  readonly edges: () => number;
}

function take(rig: InputRig, options: { readonly activeLow?: boolean; readonly bias?: Bias } = {}): Taken {
  const { chipLabel, line, source } = rig;
  const { activeLow = false, bias = "pull_down" } = options;
  let edges = 0;
  const onEdge = () => {
    edges++;
  };
  const own = { user: "DOOR_LINE_UNAVAILABLE", consumer: "facelatch-test", activeLow, bias, onEdge } as const;
  return { ...requestCdevInput({ chipLabel, line, ...source, ...own }), edges: () => edges };
}

const deadlineMs = 10_000;

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const startMs = performance.now(); !holds(); await wait(5)) {
    assert.ok(performance.now() - startMs < deadlineMs, `it never came: ${what}`);
  }
}

export const inputContract: readonly { readonly behaviour: string; readonly run: (rig: InputRig) => Promise<void> }[] =
  [
    {
      behaviour: "it has the level of its pull resistor until something else gives it one",
      run: async (rig) => {
        for (const bias of ["pull_up", "pull_down"] as const) {
          const line = take(rig, { bias });
          assert.equal(line.read(), bias === "pull_up" ? 1 : 0);
          rig.setHigh(bias === "pull_down");
          assert.equal(line.read(), bias === "pull_up" ? 0 : 1);
          line.release();
        }
      },
    },
    {
      behaviour: "active low, the low level is the active one",
      run: async (rig) => {
        const line = take(rig, { activeLow: true });
        assert.equal(line.read(), 1);
        rig.setHigh(true);
        assert.equal(line.read(), 0);
        line.release();
      },
    },
    {
      behaviour: "edges in both directions are told, again and again",
      run: async (rig) => {
        const line = take(rig);
        for (let turn = 0; turn < 20; turn++) {
          const before = line.edges();
          rig.setHigh(turn % 2 === 0);
          await until(`edge ${turn}`, () => line.edges() > before);
          assert.equal(line.read(), turn % 2 === 0 ? 1 : 0);
        }
        line.release();
      },
    },
    {
      behaviour: "it has one owner, and another one after its release",
      run: async (rig) => {
        const line = take(rig);
        assert.throws(() => take(rig), /EBUSY.*gpioinfo/s);
        line.release();
        take(rig).release();
      },
    },
    {
      behaviour: "released, it tells nothing more",
      run: async (rig) => {
        const line = take(rig);
        line.release();
        const other = take(rig);
        rig.setHigh(true);
        await until("the other one's edge", () => other.edges() > 0);
        assert.equal(line.edges(), 0);
        // Its file's number may be the other one's by now.
        assert.throws(() => line.read(), /EBADF/);
        line.release();
        assert.equal(other.read(), 1);
        other.release();
        rig.setHigh(false);
      },
    },
  ];
