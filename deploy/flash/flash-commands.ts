// The commands `flash` and `rollback`: how a board is named, and what is asked before anything changes.
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { FacelatchError } from "../../device/errors/errors.ts";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { printResult } from "../../device/terminal/terminal.ts";
import type { BoardWords } from "../transport/open-board.ts";

interface Flags extends BoardWords {
  readonly yes: boolean;
  readonly json: boolean;
}

/** How a board is reached, for every command that asks one. */
function withBoardOptions(command: Command): Command {
  return command
    .option(
      "--config <file>",
      "the door's configuration: of this machine, or with --ssh of the board (default /etc/facelatch/facelatch.yaml)",
    )
    .option("--state <dir>", "instead: the state directory of a door without a configuration")
    .option("--token-file <file>", "a file with the board's access token; otherwise FACELATCH_TOKEN")
    .option("--fingerprint <sha256>", "the SHA-256 of the board's certificate, trusted without an authority")
    .option("--ssh <user@host>", "go through the system's ssh instead of HTTP")
    .option("--ssh-config <file>", "ssh's configuration file")
    .option("--board-program <command>", 'what runs Facelatch on the board, such as "sudo facelatch"')
    .option("--yes", "go on without asking", false)
    .option("--json", "print one JSON object", false);
}

export function registerFlash(program: Command): void {
  withBoardOptions(program.command("flash"))
    .description("bring a bundle to a board: compare, send, verify, and wait until the board has confirmed it")
    .argument("[target]", "the board's name or https address; left out with --ssh, --config or --state")
    .argument("[bundle]", "the bundle's file; where there is one .tar in this folder, it")
    .option("--no-wait", "end once the board has it on trial, which it ends by itself")
    .option("--dry-run", "check the bundle, ask the board, show the figures; send nothing", false)
    .addHelpText(
      "after",
      `
Examples:
  $ facelatch flash door.local markus.tar --token-file door.token --fingerprint 5e:2f:...
  $ facelatch flash --ssh pi@door.local --board-program "sudo facelatch" markus.tar
  $ sudo facelatch flash markus.tar --config /etc/facelatch/facelatch.yaml --yes

door.local stands for https://door.local:8780. An upload that broke off goes on where it was, also by the same command
given again. Exit codes: 0 confirmed, or in use already; 65 refused or taken back; 69 not reached; 75 not confirmed in
time; 77 not allowed: token, certificate, signature.`,
    )
    .action(
      async (
        target: string | undefined,
        bundle: string | undefined,
        flags: Flags & { dryRun: boolean; wait: boolean },
      ) => {
        const words = wordsOf(target, bundle, flags);
        const [{ onlyBundleIn, openArchive }, { openBoard }, { describeFlashed, flash }, { agreement }] =
          await Promise.all([
            import("./archive.ts"),
            import("../transport/open-board.ts"),
            import("./flash.ts"),
            import("./agree.ts"),
          ]);
        const archive = await openArchive(words.bundle ?? (await onlyBundleIn(process.cwd())));
        const board = await openBoard(words.board);
        try {
          const { dryRun, wait } = flags;
          const settings = { dryRun, wait, progress: terminalProgress(), agree: agreement(flags.yes) };
          const flashed = await flash(board, archive, settings);
          printResult(flags.json, flashed, describeFlashed(flashed));
        } finally {
          await board.close();
        }
      },
    );
}

export function registerRollback(program: Command): void {
  withBoardOptions(program.command("rollback"))
    .description("go back to the bundle before, at once")
    .argument("[target]", "the board's name or https address; left out with --ssh, --config or --state")
    .addHelpText("after", "\nExample:\n  $ facelatch rollback door.local --token-file door.token")
    .action(async (target: string | undefined, flags: Flags) => {
      const [{ openBoard }, { rollBack }, { agreement }] = await Promise.all([
        import("../transport/open-board.ts"),
        import("./roll-back.ts"),
        import("./agree.ts"),
      ]);
      const board = await openBoard({ ...flags, target });
      try {
        const result = await rollBack(board, agreement(flags.yes));
        printResult(flags.json, result, result.text);
      } finally {
        await board.close();
      }
    });
}

/** One word alone is a bundle where it is a file, or where the board is named otherwise. */
function wordsOf(
  target: string | undefined,
  bundle: string | undefined,
  flags: Flags,
): { readonly board: BoardWords; readonly bundle: string | undefined } {
  const naming = (["ssh", "config", "state"] as const).find((name) => flags[name] !== undefined);
  if (naming !== undefined && bundle !== undefined) {
    throw new FacelatchError("USAGE", {
      expected: "one board: a target, --ssh, --config or --state",
      found: `${JSON.stringify(target)} besides --${naming}`,
      next: "See `facelatch flash --help`.",
    });
  }
  const isBundle = target !== undefined && bundle === undefined && (naming !== undefined || looksLikeBundle(target));
  if (isBundle) return { board: { ...flags, target: undefined }, bundle: target };
  return { board: { ...flags, target }, bundle };
}

function looksLikeBundle(word: string): boolean {
  return word.endsWith(".tar") || existsSync(word);
}
