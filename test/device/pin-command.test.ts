// `facelatch pin set`: the PIN comes from a terminal that does not show it, or through a pipe, and never as an argument.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { errorCodes } from "../../device/errors/errors.ts";
import { packageRoot } from "../../device/installation/installation.ts";
import { isPin, readStoredPin } from "../../device/second-step/pin-file.ts";
import { rightPin, setCheapPin, temporaryFolder, wrongPin } from "./second-step/pins.ts";

const command = [process.execPath, join(packageRoot, "dist/facelatch.js"), "pin", "set"];
/** Runs a program on a terminal of its own, whose keys and picture are this process's pipes. */
const onTerminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

class Run {
  readonly process: ChildProcess;
  output = "";
  readonly #ended: Promise<unknown[]>;
  #wake: () => void = () => {};

  constructor([program, ...args]: readonly string[]) {
    this.process = spawn(program!, args, { stdio: "pipe" });
    this.#ended = once(this.process, "close");
    for (const stream of [this.process.stdout!, this.process.stderr!]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
    this.process.once("close", () => this.#wake());
  }

  async sees(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      assert.equal(this.process.exitCode, null, `it ended before "${text}": ${this.output}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  type(keys: string): void {
    this.process.stdin!.write(keys);
  }

  async exitCode(): Promise<unknown> {
    return (await this.#ended)[0];
  }
}

function piped(stateDir: string, text: string): Run {
  const run = new Run([...command, "--state", stateDir]);
  run.process.stdin!.end(text);
  return run;
}

function typed(stateDir: string): Run {
  return new Run(["python3", "-c", onTerminal, ...command, "--state", stateDir]);
}

async function knows(stateDir: string, pin: string): Promise<boolean> {
  return isPin(pin, await readStoredPin(stateDir));
}

describe("a PIN that is piped in", { timeout: 300_000 }, () => {
  it("is set, with or without the end of its line, and not shown", async (t) => {
    const folder = await temporaryFolder(t);
    for (const [pin, end] of [
      [rightPin, "\n"],
      [wrongPin, ""],
      ["0123", "\r\n"],
    ] as const) {
      const run = piped(folder, `${pin}${end}`);
      assert.equal(await run.exitCode(), 0, run.output);
      assert.ok(!run.output.includes(pin));
      assert.equal(await knows(folder, pin), true);
    }
  });

  it("is refused, not shown and not set, where it is none, or more than one line", async (t) => {
    const folder = await temporaryFolder(t);
    for (const text of ["", `${rightPin}\n${rightPin}\n`, `${rightPin}x`, "9".repeat(2_000)]) {
      const run = piped(folder, text);
      assert.equal(await run.exitCode(), errorCodes.INPUT_INVALID.exitCode, run.output);
      assert.doesNotMatch(run.output, /9041726|9999/);
    }
    assert.deepEqual(await readdir(folder), []);
  });
});

describe("a PIN that is an argument", { timeout: 300_000 }, () => {
  it("is refused and not repeated", async (t) => {
    const folder = await temporaryFolder(t);
    for (const args of [[rightPin], ["--pin", rightPin]]) {
      const run = new Run([...command, "--state", folder, ...args]);
      run.process.stdin!.end();
      assert.equal(await run.exitCode(), errorCodes.USAGE.exitCode, run.output);
      assert.ok(!run.output.includes(rightPin), run.output);
    }
    assert.deepEqual(await readdir(folder), []);
  });
});

describe("a PIN that is typed", { timeout: 300_000 }, () => {
  it("is asked for twice, is not shown, and may be corrected", async (t) => {
    const folder = await temporaryFolder(t);
    const run = typed(folder);
    await run.sees("New PIN: ");
    run.type(`${rightPin}5\u007f\r`);
    await run.sees("New PIN again: ");
    run.type(`${rightPin}\r`);
    assert.equal(await run.exitCode(), 0, run.output);
    assert.doesNotMatch(run.output, /\d/);
    assert.equal(await knows(folder, rightPin), true);
  });

  it("is not set where the second differs, or where Ctrl-C ends it", async (t) => {
    const folder = await temporaryFolder(t);
    await setCheapPin(folder, "4711");
    for (const second of [`${wrongPin}\r`, `${rightPin}\u0003`]) {
      const run = typed(folder);
      await run.sees("New PIN: ");
      run.type(`${rightPin}\r`);
      await run.sees("New PIN again: ");
      run.type(second);
      assert.equal(await run.exitCode(), errorCodes.INPUT_INVALID.exitCode, run.output);
      assert.doesNotMatch(run.output, /9041726/);
    }
    assert.equal(await knows(folder, "4711"), true);
  });
});
