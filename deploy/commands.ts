// The commands that bring a bundle to a board, or to many, and tell what is there.
import type { Command } from "commander";
import { printResult } from "../device/terminal/terminal.ts";
import { registerFlash, registerRollback } from "./flash/flash-commands.ts";
import { registerFleet } from "./fleet/fleet-command.ts";
import { registerKeysCommands } from "./keys/keys-commands.ts";
import type { DoorPlace } from "./transport/local-board.ts";

export function registerDeployCommands(program: Command): void {
  registerKeysCommands(program);
  registerFlash(program);
  registerRollback(program);
  registerFleet(program);
  registerFigures(bundleCommandOf(program));
  registerSession(program);
}

/** The workstation's own, where `make` and `verify` stand already; a board has none. */
function bundleCommandOf(program: Command): Command {
  const bundle = program.commands.find((command) => command.name() === "bundle");
  return bundle ?? program.command("bundle").description("look at bundles");
}

function registerFigures(bundle: Command): void {
  bundle
    .command("show")
    .description("print what a bundle promises, after checking its structure and checksums")
    .argument("<bundle>", "the bundle's file")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch bundle show markus.tar")
    .action(async (path: string, { json }: { json: boolean }) => {
      const [{ openArchive }, { compareFigures, describeFigures }] = await figureModules();
      const { figures, bundleSha256, bytes } = await openArchive(path);
      const text = `${path}: ${bundleSha256}\n${describeFigures(compareFigures(null, figures))}`;
      printResult(json, { sha256: bundleSha256, archiveBytes: bytes, figures }, text);
    });

  bundle
    .command("diff")
    .description("compare what two bundles promise")
    .argument("<old>", "the older bundle's file")
    .argument("<new>", "the newer bundle's file")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch bundle diff markus.tar retrained.tar")
    .action(async (oldPath: string, newPath: string, { json }: { json: boolean }) => {
      const [{ openArchive }, { compareFigures, describeFigures }] = await figureModules();
      const [before, after] = [await openArchive(oldPath), await openArchive(newPath)];
      const figures = compareFigures(before.figures, after.figures);
      const isSame = before.bundleSha256 === after.bundleSha256;
      printResult(
        json,
        { old: before.bundleSha256, new: after.bundleSha256, isSame, figures },
        describeFigures(figures),
      );
    });
}

const figureModules = () => Promise.all([import("./flash/archive.ts"), import("./flash/figures-diff.ts")]);

function registerSession(program: Command): void {
  const board = program.command("board", { hidden: true }).description("what `flash --ssh` runs on the board");
  board
    .command("session")
    .description("answer requests on stdin, one line of JSON each, until it ends")
    .option("--config <file>", "the daemon's configuration")
    .option("--state <dir>", "or its state directory")
    .action(async (place: DoorPlace) => {
      const [{ openLocalDelivery }, { serveSession }] = await Promise.all([
        import("./transport/local-board.ts"),
        import("./transport/board-session.ts"),
      ]);
      // Whoever asked may be gone; what is being verified goes on.
      process.stdout.on("error", () => undefined);
      await serveSession(await openLocalDelivery(place), process.stdin, (line) => process.stdout.write(line));
    });
}
