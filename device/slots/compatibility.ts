// Whether a bundle suits this board: its kind, its architecture, its software, and the faces that it remembers.
import { readFile } from "node:fs/promises";
import type { Manifest } from "../bundle/manifest.ts";
import { type ErrorCode, FacelatchError } from "../errors/errors.ts";
import { version } from "../installation/installation.ts";

/** What a bundle must be made for. */
export interface Target {
  /** The kind of board, as the device tree names it, such as "raspberrypi,4-model-b". */
  readonly board: string;
  readonly arch: string;
  /** Facelatch's version. */
  readonly app: string;
}

/** A board that no device tree names, such as a workstation. */
const unnamedBoard = "generic";

/** This machine. */
export async function thisTarget(): Promise<Target> {
  // Names of ever wider kinds, each ended by a zero byte; the first one is the board's own.
  const compatible = await readFile("/proc/device-tree/compatible", "latin1").catch(() => "");
  const board = compatible.split("\0")[0]!.toLowerCase();
  return { board: board === "" ? unnamedBoard : board, arch: process.arch, app: version };
}

/** Throws BUNDLE_BOARD_MISMATCH, BUNDLE_ARCH_MISMATCH, BUNDLE_APP_MISMATCH. */
export function requireTarget({ compatible }: Manifest, target: Target): void {
  const { boards, archs, app } = compatible;
  if (!boards.includes("any") && !boards.includes(target.board))
    throw refused("BUNDLE_BOARD_MISMATCH", `a bundle for ${target.board}`, `one for ${boards.join(", ")}`, "--board");
  if (!archs.some((arch) => arch === target.arch))
    throw refused("BUNDLE_ARCH_MISMATCH", `a bundle for ${target.arch}`, `one for ${archs.join(", ")}`, "--arch");
  if (isBefore(target.app, app.min) || !isBefore(target.app, app.below)) {
    throw new FacelatchError("BUNDLE_APP_MISMATCH", {
      expected: `a bundle for Facelatch ${target.app}`,
      found: `one for versions from ${app.min} on, before ${app.below}`,
      next: "Bring Facelatch on this device and on the workstation to the same version.",
    });
  }
}

/** Throws BUNDLE_OWNER_MISMATCH, where it is known whose door it is. */
export function requireOwner({ ownerLabel }: Manifest, expected: string | undefined): void {
  if (expected === undefined || expected === ownerLabel) return;
  throw new FacelatchError("BUNDLE_OWNER_MISMATCH", {
    expected: `a bundle made for "${expected}"`,
    found: `one for "${ownerLabel}"`,
    next: "Bring the right bundle, or set owner.label in the configuration.",
  });
}

/** Throws BUNDLE_SEQ_TOO_OLD below the floor. */
export function requireFloor({ seq }: Manifest, floorSeq: number): void {
  if (seq >= floorSeq) return;
  throw new FacelatchError("BUNDLE_SEQ_TOO_OLD", {
    expected: `a bundle of seq ${floorSeq} or later, as this device has confirmed one`,
    found: `seq ${seq}`,
    next: "`facelatch rollback` goes back to the bundle before; an older one is made anew with `facelatch bundle make --seq`.",
  });
}

/**
 * Faces that were named at the door are remembered in the space of the bundle in use; in another one they would no
 * longer be kept out.
 *
 * @param inUse null without a bundle in use
 * @throws FacelatchError BUNDLE_SPACE_MISMATCH
 */
export function requireSpace({ compatible }: Manifest, inUse: Manifest | null): void {
  const { embeddingSpace, templatesCarried } = compatible;
  if (inUse === null || templatesCarried || inUse.compatible.embeddingSpace === embeddingSpace) return;
  throw new FacelatchError("BUNDLE_SPACE_MISMATCH", {
    expected: `a bundle of the embedding space ${inUse.compatible.embeddingSpace.slice(0, 12)}, in which this device remembers faces`,
    found: `one of ${embeddingSpace.slice(0, 12)}`,
    next: "Run `facelatch feedback export` here, train with it (`--add`), and make the bundle with --templates-carried.",
  });
}

function isBefore(a: string, b: string): boolean {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const at = left.findIndex((number, i) => number !== right[i]);
  return at >= 0 && left[at]! < right[at]!;
}

/** The three numbers of a version; what follows a dash is of no account. */
function numbersOf(version: string): number[] {
  return version.split("-")[0]!.split(".").map(Number);
}

function refused(code: ErrorCode, expected: string, found: string, option: string): FacelatchError {
  return new FacelatchError(code, { expected, found, next: `Make one for it: \`facelatch bundle make ${option}\`.` });
}
