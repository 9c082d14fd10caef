// Runs the programs that build and run guests: each with a deadline, and with a clear word on what is missing.
import { spawn, spawnSync } from "node:child_process";

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
}

const tailChars = 2_000;

/** Its standard output; rejects with the end of what it said when it fails or takes too long. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], ...options, timeout: options.timeoutMs });
    let stdout = "";
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      said = (said + text).slice(-tailChars);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-tailChars);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${file} ended with ${signal ?? code}: ${said.trim()}`));
    });
  });
}

/** Throws, naming the Debian packages, when one of the programs is missing. */
export function requirePrograms(packages: Readonly<Record<string, string>>): void {
  const missing = Object.entries(packages).filter(([program]) => spawnSync("which", [program]).status !== 0);
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(([, name]) => name))].join(" ");
  throw new Error(`missing: ${missing.map(([program]) => program).join(", ")}. Run: apt-get install ${names}`);
}
