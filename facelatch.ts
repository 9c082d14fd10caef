#!/usr/bin/env node
// The command line: one program, a subcommand for each step from photos to the door.
import { Command, CommanderError } from "commander";
import { registerDeployCommands } from "./deploy/commands.ts";
import { registerDeviceCommands } from "./device/commands.ts";
import { errorCodes } from "./device/errors/errors.ts";
import { version } from "./device/installation/installation.ts";
import { reportFailure } from "./device/terminal/terminal.ts";
import { registerBenchCommands } from "./training/commands/bench-commands.ts";
import { registerTrainingCommands } from "./training/commands.ts";

const program = new Command("facelatch")
  // Subcommands inherit it: wrong usage then ends with the exit code of the table, not with commander's own.
  .exitOverride()
  .description("A face-recognition door lock: train on a workstation, flash to a board, open the door for its owner.")
  .version(version)
  .showHelpAfterError("(see facelatch --help)")
  .addHelpText(
    "after",
    `
From photos to the door:
  $ facelatch train --data photos --owner Markus --out run
  $ facelatch keys make
  $ facelatch bundle make --run run --out markus.tar
  $ facelatch flash door.local markus.tar --token-file door.token
  $ facelatch daemon --config /etc/facelatch/facelatch.yaml

Exit codes: 0 done, 64 wrong usage, 65 bad input, 66 input missing, 69 hardware, engine or server away, 70 defect,
73 output cannot be written, 74 disk, 75 try again later, 77 not allowed, 78 bad configuration.`,
  );

registerTrainingCommands(program);
registerDeployCommands(program);
registerDeviceCommands(program);
registerBenchCommands(program);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? usageExitCode(error) : reportFailure(error);
}

/** Help and version are reported as errors too, with exit code 0. */
function usageExitCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? 0 : errorCodes.USAGE.exitCode;
}
