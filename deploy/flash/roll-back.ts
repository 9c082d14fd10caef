// Rolling back: what is left, what is gone back to, and whether somebody agrees.

import { FacelatchError } from "../../device/errors/errors.ts";
import type { BundleSummary } from "../../device/slots/updates.ts";
import type { Board } from "../transport/board.ts";

export interface RolledBack {
  readonly board: string;
  readonly outcome: "rolled-back" | "declined";
  readonly from: BundleSummary | null;
  readonly to: BundleSummary | null;
  readonly text: string;
}

/** Throws NOTHING_TO_ROLL_BACK_TO, CONFIRMATION_NEEDED, and what the board cannot be reached for. */
export async function rollBack(board: Board, agree: (question: string) => Promise<boolean>): Promise<RolledBack> {
  const { current, previous, factory } = await board.status();
  const aim = previous ?? factory;
  if (aim === null) {
    const detail = { expected: `a bundle before this one on ${board.address}`, found: "none", next: "Flash one." };
    throw new FacelatchError("NOTHING_TO_ROLL_BACK_TO", detail);
  }
  const from = current === null ? "no bundle" : named(current);
  if (!(await agree(`Go back on ${board.address} from ${from} to ${named(aim)}?`))) {
    return { board: board.address, outcome: "declined", from: current, to: current, text: "Nothing was changed." };
  }
  const { current: now } = await board.rollback();
  const text = `${board.address} runs ${now === null ? "no bundle" : named(now)} again.`;
  return { board: board.address, outcome: "rolled-back", from: current, to: now, text };
}

function named({ name, sha256 }: BundleSummary): string {
  return `"${name}" (${sha256.slice(0, 12)})`;
}
