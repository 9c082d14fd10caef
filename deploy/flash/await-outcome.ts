// Waits for what becomes of a bundle on a board: confirmed, or taken back and why.
import { setTimeout as delay } from "node:timers/promises";
import type { DeliveryStatus } from "../../device/delivery/delivery.ts";
import { codeOf, type ErrorCode, errorCodes, FacelatchError } from "../../device/errors/errors.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { Board } from "../transport/board.ts";

const pollMs = 200;
/** Neither a word of the board nor any progress for so long, and it is given up; a board may restart meanwhile. */
const silenceMaxMs = 90_000;
/** Only the daemon knows how far a trial is; whoever asks its state folder waits as long as a trial may take. */
const unknownTrialMaxMs = 20 * 60_000;

export interface Waiting {
  readonly progress: Progress;
  /** Whether to wait for the end of the trial. */
  readonly wait: boolean;
}

/**
 * Resolves once the board has confirmed the bundle, or has it on trial where that is enough.
 *
 * @throws FacelatchError the code of the check that refused it, UPDATE_REVERTED, UPDATE_UNCONFIRMED
 */
export async function awaitOutcome(
  board: Board,
  bundleSha256: string,
  { progress, wait }: Waiting,
): Promise<"confirmed" | "on-trial"> {
  const watch = new ProgressWatch();
  let isOnTrial = false;
  for (;;) {
    const status = await statusOrNull(board, watch);
    if (status !== null) {
      watch.note(status);
      if (hasSettled(status, bundleSha256, board.address)) return "confirmed";
      if (status.state === "trial") {
        if (!wait) return "on-trial";
        if (!isOnTrial) beginTrial(status, progress);
        isOnTrial = true;
        tellTrial(status, progress);
      }
    }
    watch.assertAlive(board.address);
    await delay(pollMs);
  }
}

/** Whether it is confirmed; throws where it was refused or taken back. */
function hasSettled(status: DeliveryStatus, bundleSha256: string, address: string): boolean {
  const { state, current, refused, reverted } = status;
  if (state === "verifying" || state === "downloading" || state === "trial") return false;
  if (refused !== null) {
    const code: ErrorCode = refused.code in errorCodes ? (refused.code as ErrorCode) : "INTERNAL";
    const next = "The bundle in use stays.";
    throw new FacelatchError(code, { expected: `${address} to accept the bundle`, found: refused.message, next });
  }
  if (reverted !== null && reverted.bundle.sha256 === bundleSha256) {
    throw new FacelatchError("UPDATE_REVERTED", {
      expected: `the bundle to pass its trial on ${address}`,
      found: `${reverted.reasonCode}: ${reverted.reason}`,
      next: `It runs ${current === null ? "no bundle" : `"${current.name}"`} again.`,
    });
  }
  if (current?.sha256 === bundleSha256) return true;
  throw new FacelatchError("UPDATE_UNCONFIRMED", {
    expected: `${address} to take the bundle up`,
    found: `it in state "${state}" with ${current === null ? "no bundle" : `"${current.name}"`}`,
    next: "Flash it again; what has arrived is kept.",
  });
}

async function statusOrNull(board: Board, watch: ProgressWatch): Promise<DeliveryStatus | null> {
  try {
    return await board.status();
  } catch (error) {
    if (codeOf(error) !== "BOARD_UNREACHABLE" || watch.isOver()) throw error;
    return null;
  }
}

function beginTrial({ trial }: DeliveryStatus, progress: Progress): void {
  const frames = trial?.freshFramesNeeded ?? 0;
  if (frames === 0)
    progress.say("It is on trial: the daemon there keeps it, or takes it back (--no-wait does not wait).");
  progress.step("on trial", Math.max(1, frames));
}

function tellTrial({ trial }: DeliveryStatus, progress: Progress): void {
  if (trial === null || trial.freshFramesNeeded === 0) return;
  const left = Math.ceil(trial.remainingMs / 1000);
  progress.advance(Math.min(trial.freshFrames, trial.freshFramesNeeded), `frames; ${left} s left`);
}

/** Notices when nothing moves any more, such as where no daemon runs that could confirm. */
class ProgressWatch {
  #seen = "";
  #limitMs = silenceMaxMs;
  #movedMs = performance.now();

  note({ state, trial }: DeliveryStatus): void {
    const mark = JSON.stringify([state, trial]);
    if (mark === this.#seen) return;
    this.#seen = mark;
    this.#limitMs = trial?.freshFramesNeeded === 0 ? unknownTrialMaxMs : silenceMaxMs;
    this.#movedMs = performance.now();
  }

  isOver(): boolean {
    return performance.now() - this.#movedMs > this.#limitMs;
  }

  assertAlive(address: string): void {
    if (!this.isOver()) return;
    throw new FacelatchError("UPDATE_UNCONFIRMED", {
      expected: `the trial on ${address} to get on`,
      found: `no progress for ${this.#limitMs / 1000} s`,
      next: "See whether the daemon runs there: it confirms the bundle, or takes it back, by itself.",
    });
  }
}
