// What runs where: every door of an inventory is asked, and what cannot be reached is told as such.
import { codeOf, FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { openBoard } from "../transport/open-board.ts";
import type { Door } from "./inventory.ts";

export interface DoorRow {
  readonly door: string;
  /** A state of updates; "unreachable", or "refused" where the board answers but not to this. */
  readonly state: string;
  readonly bundle: string | null;
  readonly sha256: string | null;
  readonly seq: number | null;
  /** Why the last update was taken back or refused, or why nothing is known. */
  readonly trouble: { readonly code: string; readonly message: string } | null;
}

const atOnceMax = 8;

export async function askDoors(doors: readonly Door[]): Promise<DoorRow[]> {
  const rows = new Map<string, DoorRow>();
  const waiting = [...doors];
  const worker = async (): Promise<void> => {
    for (let door = waiting.shift(); door !== undefined; door = waiting.shift()) {
      rows.set(door.name, await askDoor(door));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnceMax, doors.length) }, worker));
  return doors.map(({ name }) => rows.get(name)!);
}

async function askDoor({ name, reach }: Door): Promise<DoorRow> {
  try {
    const board = await openBoard(reach);
    try {
      const { state, current, reverted, refused } = await board.status();
      const trouble = reverted === null ? refused : { code: reverted.reasonCode, message: reverted.reason };
      const { name: bundle, sha256, seq } = current ?? { name: null, sha256: null, seq: null };
      return { door: name, state, bundle, sha256, seq, trouble };
    } finally {
      await board.close();
    }
  } catch (error) {
    if (!(error instanceof FacelatchError)) throw error;
    const state = codeOf(error) === "BOARD_UNREACHABLE" ? "unreachable" : "refused";
    const trouble = { code: codeOf(error), message: messageOf(error) };
    return { door: name, state, bundle: null, sha256: null, seq: null, trouble };
  }
}

export function describeDoors(rows: readonly DoorRow[]): string {
  const cells = rows.map(({ door, state, bundle, sha256, seq, trouble }) => [
    door,
    state,
    bundle ?? "-",
    sha256?.slice(0, 12) ?? "-",
    seq === null ? "-" : String(seq),
    trouble?.code ?? "",
  ]);
  const all = [["door", "state", "bundle", "sha256", "seq", "trouble"], ...cells];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
