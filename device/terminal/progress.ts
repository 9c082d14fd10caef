// Progress for people, on stderr: a bar on a terminal, a line at the end of each step elsewhere.
import { SingleBar } from "cli-progress";

export interface Progress {
  /** Begins a step of `total` parts; ends the step before it. */
  step(name: string, total: number): void;
  /** Reports parts done in the current step; `note` stands behind the bar. */
  advance(done: number, note?: string): void;
  /** One line between the steps. */
  say(line: string): void;
  end(): void;
}

interface Step {
  readonly name: string;
  readonly startMs: number;
  readonly bar: SingleBar | null;
  done: number;
  note: string;
}

export function terminalProgress(): Progress {
  let current: Step | null = null;
  const finish = () => {
    if (current === null) return;
    const { bar, name, startMs, done, note } = current;
    if (bar === null) {
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      process.stderr.write(`  ${name}: ${done} in ${seconds} s${note === "" ? "" : `, ${note}`}\n`);
    } else {
      bar.stop();
    }
    current = null;
  };
  return {
    step(name, total) {
      finish();
      const bar = process.stderr.isTTY ? openBar(name, total) : null;
      current = { name, startMs: performance.now(), bar, done: 0, note: "" };
    },
    advance(done, note = "") {
      if (current === null) throw new Error("advance() before step()");
      current.done = done;
      current.note = note;
      current.bar?.update(done, { note });
    },
    say(line) {
      finish();
      process.stderr.write(`${line}\n`);
    },
    end: finish,
  };
}

function openBar(name: string, total: number): SingleBar {
  const bar = new SingleBar({
    format: `  ${name.padEnd(30)} {bar} {value}/{total} {note}`,
    barsize: 30,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: false,
  });
  bar.start(total, 0, { note: "" });
  return bar;
}
