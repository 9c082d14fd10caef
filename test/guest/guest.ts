// A guest that runs: QEMU with plain emulation, its console as lines, and one deadline for all of it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface GuestOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** Each line that the guest's test wrote. */
  readonly onMessage: (message: GuestMessage) => void;
}

/** What a guest's program says, as JSON after "@@" on a line of its console. */
export interface GuestMessage {
  readonly type: string;
  readonly [key: string]: unknown;
}

const linesKept = 120;

export class Guest {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];

  constructor({ program, args, timeoutMs, onMessage }: GuestOptions) {
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", "pipe"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    this.#child = child;
    // A guest that has ended reads nothing.
    child.stdin.on("error", () => undefined);
    const startMs = performance.now();
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        this.#lines.push(line);
        if (this.#lines.length > linesKept) this.#lines.shift();
        if (process.env["FACELATCH_GUEST_LOG"] === "1") console.error(`${elapsedS(startMs)} ${line}`);
        const message = messageOf(line);
        if (message !== null) onMessage(message);
      });
    }
  }

  /** The last lines of its console. */
  get console(): string {
    return this.#lines.join("\n");
  }

  get process(): ChildProcess {
    return this.#child;
  }

  /** Resolves when the guest has switched itself off; rejects, with its console, when it had to be ended. */
  async ended(): Promise<void> {
    const [code, signal] = (await once(this.#child, "close")) as [number | null, string | null];
    if (code !== 0) throw new Error(`the guest ended with ${signal ?? code}:\n${this.console}`);
  }

  /** Writes a line to its console. */
  send(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}

function elapsedS(startMs: number): string {
  return ((performance.now() - startMs) / 1000).toFixed(1).padStart(7);
}

function messageOf(line: string): GuestMessage | null {
  const json = /@@ (\{.*\})/.exec(line)?.[1];
  if (json === undefined) return null;
  try {
    return JSON.parse(json) as GuestMessage;
  } catch {
    return null;
  }
}
