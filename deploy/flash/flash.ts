// Flashing, from top to bottom: compare, ask, send, install, and wait until the board has confirmed or taken back.
import type { BundleSummary } from "../../device/slots/updates.ts";
import type { Progress } from "../../device/terminal/progress.ts";
import type { Board } from "../transport/board.ts";
import type { Archive } from "./archive.ts";
import { awaitOutcome } from "./await-outcome.ts";
import { compareFigures, describeFigures, type FigureRow } from "./figures-diff.ts";

export interface FlashOptions {
  readonly dryRun: boolean;
  /** Whether to wait for the end of the trial; otherwise it ends once the board has taken the bundle on trial. */
  readonly wait: boolean;
  readonly progress: Progress;
  /** Whether to go on, asked after the figures were shown. Throws CONFIRMATION_NEEDED where nobody can be asked. */
  readonly agree: (question: string) => Promise<boolean>;
}

export interface Flashed {
  readonly board: string;
  readonly outcome: "confirmed" | "on-trial" | "unchanged" | "declined" | "dry-run";
  readonly bundle: { readonly sha256: string; readonly name: string };
  /** What was in use before; null without one. */
  readonly before: BundleSummary | null;
  readonly figures: readonly FigureRow[];
  readonly bytes: number;
  /** From the first byte sent to the last one there; 0 where nothing was. */
  readonly sendMs: number;
  /** From the request to install to the confirmation, or to the trial's beginning. */
  readonly installMs: number;
}

const kibibyte = 1024;

/**
 * Brings a bundle to a board.
 *
 * @throws FacelatchError by the name of the check that refused it; UPDATE_REVERTED, with the board's reason, when the
 *   trial failed; UPDATE_UNCONFIRMED when nothing was heard of the trial for too long; what the board cannot be reached for
 */
export async function flash(board: Board, archive: Archive, options: FlashOptions): Promise<Flashed> {
  const { progress } = options;
  const status = await board.status();
  const figures = compareFigures(status.figures, archive.figures);
  const result = (outcome: Flashed["outcome"], sendMs = 0, installMs = 0): Flashed => ({
    ...{ board: board.address, outcome, before: status.current, figures, sendMs, installMs },
    bundle: { sha256: archive.bundleSha256, name: archive.figures.name },
    bytes: archive.bytes,
  });
  progress.say(headline(board, archive, status.current));
  progress.say(describeFigures(figures));
  const isThere = status.current?.sha256 === archive.bundleSha256;
  if (isThere && status.state !== "trial") return result("unchanged");
  if (options.dryRun) return result("dry-run");
  if (!(await options.agree(`Flash "${archive.figures.name}" to ${board.address}?`))) return result("declined");
  const startMs = performance.now();
  // An earlier command may have been stopped while it waited.
  const upload = isThere ? null : await send(board, archive, progress);
  const sentMs = performance.now();
  progress.step("verifying", 1);
  if (upload !== null) await board.install(upload);
  const outcome = await awaitOutcome(board, archive.bundleSha256, options);
  progress.end();
  return result(outcome, sentMs - startMs, performance.now() - sentMs);
}

async function send(board: Board, archive: Archive, progress: Progress): Promise<string> {
  const inKib = (bytes: number) => Math.ceil(bytes / kibibyte);
  progress.step("sending, KiB", inKib(archive.bytes));
  return board.send(archive, (bytes) => progress.advance(inKib(bytes)));
}

function headline({ address }: Board, { figures }: Archive, current: BundleSummary | null): string {
  if (current === null) return `${address} has no bundle yet; "${figures.name}" promises:`;
  return `${address} runs "${current.name}" (${current.sha256.slice(0, 12)}); with "${figures.name}":`;
}

/** One line on how it ended. */
export function describeFlashed({ outcome, board, bundle, before, sendMs, installMs }: Flashed): string {
  const name = `"${bundle.name}" (${bundle.sha256.slice(0, 12)})`;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  switch (outcome) {
    case "confirmed":
      return `Confirmed: ${board} runs ${name}; sent in ${seconds(sendMs)}, confirmed ${seconds(installMs)} later.`;
    case "on-trial":
      return `${board} has ${name} on trial; it keeps it, or takes it back, by itself.`;
    case "unchanged":
      return `${board} runs ${name} already.`;
    case "declined":
      return `Nothing was sent: ${board} keeps ${before === null ? "no bundle" : `"${before.name}"`}.`;
    case "dry-run":
      return `Dry run: nothing was sent to ${board}.`;
  }
}
