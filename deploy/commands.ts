// The commands that bring a bundle to a board.
import type { Command } from "commander";
import { printResult } from "../device/terminal/terminal.ts";

export function registerDeployCommands(program: Command): void {
  program
    .command("flash")
    .description("verify a bundle and install it for a daemon on this machine; a running daemon picks it up")
    .argument("<bundle>", "the bundle's file")
    .option("--state <dir>", "the daemon's state directory", "/var/lib/facelatch")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch flash markus.tar --state /var/lib/facelatch")
    .action(async (bundle: string, { state, json }: { state: string; json: boolean }) => {
      const { flash } = await import("./flash.ts");
      const { manifest, sha256 } = await flash(bundle, state);
      printResult(
        json,
        { installed: sha256, name: manifest.name },
        `Installed "${manifest.name}" (${sha256.slice(0, 12)}) in ${state}.`,
      );
    });
}
