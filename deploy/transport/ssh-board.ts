// A board over SSH: the system's own ssh runs `facelatch board session` there, and both ends talk through it.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Check } from "typebox/value";
import type { DeliveryStatus } from "../../device/delivery/delivery.ts";
import { codeOf, FacelatchError } from "../../device/errors/errors.ts";
import type { Archive } from "../flash/archive.ts";
import type { Board } from "./board.ts";
import { ByteReader } from "./byte-reader.ts";
import type { DoorPlace } from "./local-board.ts";
import { answerSchema, type SessionAnswer, type SessionRequest } from "./session-messages.ts";

/** After a break the archive goes on this many times; each attempt that got further begins the count anew. */
const attemptsMax = 5;
const retryMs = 1_000;
const answerTimeoutMs = 60_000;
const endTimeoutMs = 5_000;
/** What ssh said last may arrive after its end. */
const lastWordsMs = 500;
const stderrBytesMax = 2_000;

export interface SshTarget {
  /** USER@HOST, or a name of ssh's own configuration. */
  readonly destination: string;
  /** ssh's configuration file; null for its usual ones. */
  readonly configPath: string | null;
  /** What runs Facelatch there, such as "sudo facelatch". */
  readonly boardProgram: string;
  /** The door there, by paths of that machine. */
  readonly place: DoorPlace;
}

/** The arguments of ssh. Throws USAGE for what ssh would take for an option. */
export function sshArguments({ destination, configPath, boardProgram, place }: SshTarget): string[] {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@:%[\]-]{0,255}$/.test(destination)) {
    throw new FacelatchError("USAGE", {
      expected: "--ssh with USER@HOST, or a name of ssh's configuration",
      found: JSON.stringify(destination.slice(0, 80)),
      next: "See `facelatch flash --help`.",
    });
  }
  const options = (["config", "state"] as const).flatMap((name) => {
    const path = place[name];
    return path === undefined ? [] : [`--${name} '${path.replaceAll("'", "'\\''")}'`];
  });
  const alive = ["-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"];
  const config = configPath === null ? [] : ["-F", configPath];
  return ["-T", ...config, ...alive, "--", destination, [boardProgram, "board session", ...options].join(" ")];
}

export class SshBoard implements Board {
  readonly address: string;
  readonly #arguments: readonly string[];
  #session: Session | null = null;

  constructor(target: SshTarget) {
    this.address = target.destination;
    this.#arguments = sshArguments(target);
  }

  async status(): Promise<DeliveryStatus> {
    const answer = await (await this.#open()).ask({ ask: "status" });
    return answer.is === "status" ? answer.status : unexpected(answer);
  }

  async send(archive: Archive, onSent: (bytes: number) => void): Promise<string> {
    let attempts = 0;
    let furthest = 0;
    for (;;) {
      try {
        return await this.#sendOnce(archive, (bytes) => {
          if (bytes > furthest) attempts = 0;
          furthest = Math.max(furthest, bytes);
          onSent(bytes);
        });
      } catch (error) {
        attempts++;
        if (codeOf(error) !== "BOARD_UNREACHABLE" || attempts >= attemptsMax || furthest === 0) throw error;
        await this.close();
        await delay(retryMs);
      }
    }
  }

  async install(upload: string): Promise<void> {
    const answer = await (await this.#open()).ask({ ask: "install", upload });
    if (answer.is !== "installing") unexpected(answer);
  }

  async rollback(): Promise<DeliveryStatus> {
    const answer = await (await this.#open()).ask({ ask: "rollback" });
    return answer.is === "status" ? answer.status : unexpected(answer);
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  async #open(): Promise<Session> {
    if (this.#session?.hasEnded === false) return this.#session;
    const session = new Session(this.address, this.#arguments);
    this.#session = session;
    const answer = await session.next();
    if (answer.is !== "ready") unexpected(answer);
    return session;
  }

  async #sendOnce({ path, bytes, sha256 }: Archive, onSent: (bytes: number) => void): Promise<string> {
    const session = await this.#open();
    const start = await session.ask({ ask: "send", lengthBytes: bytes, sha256 });
    if (start.is !== "upload") return unexpected(start);
    let sent = start.offsetBytes;
    onSent(sent);
    for await (const chunk of createReadStream(path, { start: sent })) {
      await session.write(chunk as Buffer);
      sent += (chunk as Buffer).byteLength;
      onSent(sent);
    }
    const end = await session.next();
    if (end.is !== "upload") return unexpected(end);
    if (end.offsetBytes < bytes) throw brokenOff(this.address, `${end.offsetBytes} of ${bytes} bytes arrived`);
    return end.upload;
  }
}

/** One run of ssh. */
class Session {
  readonly #address: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #reader: ByteReader;
  /** Not its "close", which comes only when all that it said was read. */
  readonly #ended: Promise<void>;
  readonly #silent: Promise<void>;
  #stderr = "";
  #failure: Error | null = null;
  hasEnded = false;

  constructor(address: string, args: readonly string[]) {
    this.#address = address;
    // What ssh asks, such as for a passphrase, it asks the terminal itself.
    const child = spawn("ssh", args, { stdio: "pipe" });
    this.#child = child;
    this.#reader = new ByteReader(child.stdout);
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = `${this.#stderr}${text}`.slice(-stderrBytesMax);
    });
    this.#silent = new Promise((resolve) => child.stderr.once("close", resolve));
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.hasEnded = true;
        resolve();
      };
      child.once("exit", end);
      child.on("error", (error) => {
        this.#failure = error;
        end();
      });
    });
    // A closed pipe is told by the answer that does not come.
    child.stdin.on("error", () => undefined);
  }

  async ask(request: SessionRequest): Promise<SessionAnswer> {
    await this.write(`${JSON.stringify(request)}\n`);
    return this.next();
  }

  /** The board's next answer. Throws its error, or BOARD_UNREACHABLE where none comes. */
  async next(): Promise<SessionAnswer> {
    const timer = setTimeout(() => this.#child.kill(), answerTimeoutMs);
    try {
      const line = await this.#reader.line();
      if (line === null) throw brokenOff(this.#address, await this.#endText());
      return answerIn(line, this.#address);
    } finally {
      clearTimeout(timer);
    }
  }

  async write(data: string | Buffer): Promise<void> {
    const { stdin } = this.#child;
    if (this.hasEnded || stdin.destroyed) throw brokenOff(this.#address, await this.#endText());
    if (stdin.write(data)) return;
    // A pipe that breaks while it is waited for is told by the answer that does not come.
    await Promise.race([once(stdin, "drain"), this.#ended]).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill(), endTimeoutMs);
    await this.#ended;
    clearTimeout(timer);
  }

  async #endText(): Promise<string> {
    await this.#ended;
    await Promise.race([this.#silent, delay(lastWordsMs)]);
    const words = this.#failure?.message ?? this.#stderr.trim().split("\n").slice(-3).join("; ");
    return words === "" ? `ssh ended (${this.#child.exitCode ?? this.#child.signalCode})` : words;
  }
}

function answerIn(line: string, address: string): SessionAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(line);
  } catch {
    throw brokenOff(address, `${JSON.stringify(line.slice(0, 80))} instead of an answer`);
  }
  if (!Check(answerSchema, answer)) throw brokenOff(address, "an answer of another version");
  if (answer.is !== "error") return answer;
  const { code, expected, found, next } = answer;
  throw new FacelatchError(code, { expected, found, next });
}

function unexpected(answer: SessionAnswer): never {
  throw new Error(`the board answered "${answer.is}" out of turn`);
}

function brokenOff(address: string, found: string): FacelatchError {
  return new FacelatchError("BOARD_UNREACHABLE", {
    expected: `a session with ${address} through ssh`,
    found,
    next: "Try `ssh` by itself, and whether Facelatch is installed there (--board-program).",
  });
}
