// Tells systemd how the daemon is: a turn of the pipeline feeds the watchdog, a timer never does.
import { execFile } from "node:child_process";
import { messageOf } from "../errors/errors.ts";

export interface WatchdogOptions {
  /** Where NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are read; this process's own unless told. */
  readonly environment?: NodeJS.ProcessEnv;
  /** The program that sends a notification: Node.js has no unix datagram sockets. */
  readonly command?: string;
  /** The monotonic clock. */
  readonly nowMs?: () => number;
}

const commandTimeoutMs = 5_000;
const statusCharsMax = 200;

/**
 * Speaks sd_notify(3) through `systemd-notify`, which needs `NotifyAccess=all` in the unit. Without NOTIFY_SOCKET it
 * does nothing. Its methods never throw: a notification that failed shows in `fault`, and systemd draws its own
 * conclusion from the silence.
 */
export class Watchdog {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #command: string;
  readonly #nowMs: () => number;
  readonly #enabled: boolean;
  /** The least time between two feedings; null where systemd expects none. */
  readonly #intervalMs: number | null;
  #fedAtMs = Number.NEGATIVE_INFINITY;
  #feeding = false;
  #fault: string | null = null;

  constructor(options: WatchdogOptions = {}) {
    this.#environment = options.environment ?? process.env;
    this.#command = options.command ?? "systemd-notify";
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#enabled = (this.#environment["NOTIFY_SOCKET"] ?? "") !== "";
    this.#intervalMs = this.#enabled ? feedIntervalMs(this.#environment) : null;
  }

  /** Why the last notification did not reach systemd; null when it did. */
  get fault(): string | null {
    return this.#fault;
  }

  /**
   * To be called for each turn of the pipeline, from the wait for a frame to the decision: feeds the watchdog, at most
   * 4 times its period. A turn that ends in a refusal because the camera is away is progress too; a hang is not.
   */
  turnCompleted(): void {
    if (this.#intervalMs === null || this.#feeding) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#fedAtMs < this.#intervalMs) return;
    this.#fedAtMs = nowMs;
    this.#feeding = true;
    this.#notify("WATCHDOG=1").finally(() => {
      this.#feeding = false;
    });
  }

  /** The daemon is up; resolves when systemd was told. */
  ready(): Promise<void> {
    return this.#notify("READY=1");
  }

  /** One line for `systemctl status`. */
  status(text: string): Promise<void> {
    // A line break would begin another assignment.
    return this.#notify(`STATUS=${text.replace(/[\p{Cc}]+/gu, " ").slice(0, statusCharsMax)}`);
  }

  /** The daemon begins to shut down. */
  stopping(): Promise<void> {
    return this.#notify("STOPPING=1");
  }

  #notify(assignment: string): Promise<void> {
    if (!this.#enabled) return Promise.resolve();
    return new Promise((resolve) => {
      const options = { env: this.#environment, timeout: commandTimeoutMs, killSignal: "SIGKILL" } as const;
      const done = (error: unknown): void => {
        this.#fault = error === null ? null : messageOf(error);
        resolve();
      };
      try {
        execFile(this.#command, [assignment], options, done);
      } catch (error) {
        done(error);
      }
    });
  }
}

/** A quarter of the watchdog's period, so that one lost notification does no harm; null where it is not for this process. */
function feedIntervalMs(environment: NodeJS.ProcessEnv): number | null {
  const pid = environment["WATCHDOG_PID"] ?? "";
  const periodUs = Number(environment["WATCHDOG_USEC"] ?? "");
  if (pid !== "" && pid !== String(process.pid)) return null;
  return Number.isFinite(periodUs) && periodUs > 0 ? periodUs / 1000 / 4 : null;
}
