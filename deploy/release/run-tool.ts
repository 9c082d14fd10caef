// Runs a program of the build to its end, within a time, and tells what it said when it fails.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";

export interface ToolOptions {
  readonly cwd?: string;
  /** Added to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** What to do where the program is missing, such as which package holds it. */
  readonly next?: string;
}

const outputTailChars = 3_000;

/**
 * What the program wrote to stdout. It gets no input, and its messages are not translated.
 *
 * @throws FacelatchError TOOL_MISSING where there is no such program, TOOL_FAILED when it fails or takes too long
 */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<string> {
  const env = { ...process.env, ...options.env, LC_ALL: "C" };
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env,
    timeout: options.timeoutMs,
    killSignal: "SIGKILL",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const ended = once(child, "close").catch((error: unknown) => {
    throw missing(command, options, error);
  });
  const [stdout, stderr, [exitCode, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (exitCode === 0) return stdout;
  throw new FacelatchError("TOOL_FAILED", {
    expected: `${command} ${args.join(" ")} to succeed within ${options.timeoutMs / 1000} s`,
    found: `${signal ?? `exit code ${exitCode}`}:\n${`${stdout}${stderr}`.slice(-outputTailChars)}`,
    next: "Mend what it says, and run the command again.",
  });
}

function missing(command: string, { next }: ToolOptions, cause: unknown): FacelatchError {
  return new FacelatchError("TOOL_MISSING", {
    expected: `the program ${command}`,
    found: messageOf(cause),
    next: next ?? "Install it, and run the command again.",
    cause,
  });
}
