// The commands that bring a bundle to a board.
import type { Command } from "commander";
import { printResult } from "../device/terminal/terminal.ts";
import { registerKeysCommands } from "./keys/keys-commands.ts";

export function registerDeployCommands(program: Command): void {
  registerKeysCommands(program);
  program
    .command("flash")
    .description("verify a bundle and put it on trial for a daemon on this machine; a running daemon picks it up")
    .argument("<bundle>", "the bundle's file")
    .option("--state <dir>", "the daemon's state directory", "/var/lib/facelatch")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch flash markus.tar --state /var/lib/facelatch")
    .action(async (bundle: string, { state, json }: { state: string; json: boolean }) => {
      const { flash } = await import("./flash.ts");
      const status = await flash(bundle, state);
      const { name, sha256 } = status.current!;
      const installed = status.state === "trial" ? "on trial" : "in use";
      printResult(
        json,
        { installed: sha256, ...status },
        `"${name}" (${sha256.slice(0, 12)}) is ${installed} in ${state}.`,
      );
    });
}
