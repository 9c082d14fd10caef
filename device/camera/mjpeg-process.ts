// One run of a process that writes JPEGs to its standard output: always drained, ended when no picture comes.
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { messageOf } from "../errors/errors.ts";
import type { CameraCommand } from "./camera-commands.ts";
import type { JpegStream } from "./jpeg-stream.ts";
import { TextTail } from "./text-tail.ts";

export interface MjpegProcessLimits {
  /** How long the first frame may take. */
  readonly startTimeoutMs: number;
  /** How long any further frame may take. */
  readonly stallTimeoutMs: number;
  /** Between SIGTERM and SIGKILL, and again between SIGKILL and giving up on a process that the kernel holds. */
  readonly killAfterMs: number;
}

export interface MjpegProcessEnd {
  /** "missing": there is no such program. */
  readonly reason: "ended" | "stalled" | "missing" | "stopped";
  /** What happened, in words, without credentials, at most 300 characters. */
  readonly words: string;
}

/** What may still lie in the pipe of a process that has ended is read for this long: its children may hold it open. */
const drainMs = 200;
const tailCharsMax = 180;

/**
 * Runs the command until it ends, stalls or the signal aborts; resolves when the process is gone. Never rejects.
 *
 * @param onFrame receives each whole JPEG as soon as its last byte was read
 */
export function runMjpegProcess(
  command: CameraCommand,
  stream: JpegStream,
  limits: MjpegProcessLimits,
  onFrame: (jpeg: Uint8Array) => void,
  signal: AbortSignal,
): Promise<MjpegProcessEnd> {
  return new Promise((resolve) => new MjpegProcess(command, stream, limits, onFrame, signal, resolve).run());
}

class MjpegProcess {
  readonly #command: CameraCommand;
  readonly #name: string;
  readonly #stream: JpegStream;
  readonly #limits: MjpegProcessLimits;
  readonly #onFrame: (jpeg: Uint8Array) => void;
  readonly #signal: AbortSignal;
  readonly #resolve: (end: MjpegProcessEnd) => void;
  readonly #tail = new TextTail();
  #child: ChildProcessByStdio<null, Readable, Readable> | null = null;
  #stallTimer: NodeJS.Timeout | undefined;
  #killTimer: NodeJS.Timeout | undefined;
  #drainTimer: NodeJS.Timeout | undefined;
  /** Why it is being ended, when it is us who end it. */
  #ending: { readonly reason: "stalled" | "stopped"; readonly words: string } | null = null;
  #finished = false;

  constructor(
    command: CameraCommand,
    stream: JpegStream,
    limits: MjpegProcessLimits,
    onFrame: (jpeg: Uint8Array) => void,
    signal: AbortSignal,
    resolve: (end: MjpegProcessEnd) => void,
  ) {
    this.#command = command;
    this.#name = basename(command.file);
    this.#stream = stream;
    this.#limits = limits;
    this.#onFrame = onFrame;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  run(): void {
    try {
      this.#spawn();
    } catch (error) {
      // Most failures are reported by an event; being out of file descriptors, for one, is thrown.
      this.#finish("ended", `${this.#name} could not be started (${messageOf(error)})`);
      return;
    }
    this.#armStall(this.#limits.startTimeoutMs);
    this.#signal.addEventListener("abort", this.#onAbort, { once: true });
    if (this.#signal.aborted) this.#onAbort();
  }

  #spawn(): void {
    const child = spawn(this.#command.file, [...this.#command.args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    child.on("error", (error: NodeJS.ErrnoException) => {
      // Without a pid it never ran; a failed kill of a process that runs is answered by the kill timer.
      if (child.pid !== undefined) return;
      if (error.code === "ENOENT") this.#finish("missing", `no program named ${this.#name}`);
      else this.#finish("ended", `${this.#name} could not be started (${error.code})`);
    });
    child.stdout.on("data", (chunk: Buffer) => this.#read(chunk));
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => this.#tail.push(text));
    child.on("exit", (code, signal) => this.#exited(code, signal));
    child.on("close", (code, signal) => this.#closed(code, signal));
  }

  #onAbort = (): void => this.#end("stopped", "stopped");

  #read(chunk: Buffer): void {
    for (const jpeg of this.#stream.push(chunk)) {
      if (this.#ending !== null) return;
      this.#armStall(this.#limits.stallTimeoutMs);
      this.#onFrame(jpeg);
    }
  }

  #armStall(timeoutMs: number): void {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = setTimeout(
      () => this.#end("stalled", `no frame from ${this.#name} for ${timeoutMs} ms`),
      timeoutMs,
    );
  }

  #end(reason: "stalled" | "stopped", words: string): void {
    if (this.#ending !== null) return;
    this.#ending = { reason, words };
    clearTimeout(this.#stallTimer);
    this.#child?.kill("SIGTERM");
    this.#killTimer = setTimeout(() => {
      this.#child?.kill("SIGKILL");
      this.#killTimer = setTimeout(() => this.#finish(reason, `${words}; it did not end`), this.#limits.killAfterMs);
    }, this.#limits.killAfterMs);
  }

  #exited(code: number | null, signal: string | null): void {
    clearTimeout(this.#stallTimer);
    clearTimeout(this.#killTimer);
    this.#drainTimer = setTimeout(() => this.#closed(code, signal), drainMs);
  }

  #closed(code: number | null, signal: string | null): void {
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    if (this.#ending === null) this.#finish("ended", `${this.#name} ended with ${how}`);
    else this.#finish(this.#ending.reason, this.#ending.words);
  }

  #finish(reason: MjpegProcessEnd["reason"], words: string): void {
    if (this.#finished) return;
    this.#finished = true;
    for (const timer of [this.#stallTimer, this.#killTimer, this.#drainTimer]) clearTimeout(timer);
    this.#signal.removeEventListener("abort", this.#onAbort);
    for (const pipe of [this.#child?.stdout, this.#child?.stderr]) pipe?.removeAllListeners("data").destroy();
    this.#child?.unref();
    this.#stream.end();
    const said = this.#tail.words(tailCharsMax);
    this.#resolve({ reason, words: said === "" ? words : `${words}: ${said}` });
  }
}
