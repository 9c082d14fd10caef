// A command line from its commands: help, version, exit codes and errors, the same for every program made of them.
import { Command, CommanderError } from "commander";
import { errorCodes } from "../errors/errors.ts";
import { version } from "../installation/installation.ts";
import { reportFailure } from "./terminal.ts";

export interface ProgramText {
  readonly description: string;
  /** Stands below the list of commands. */
  readonly after: string;
}

/** Adds commands to a program. */
export type Register = (program: Command) => void;

const exitCodesText =
  "Exit codes: 0 done, 1 a check found something wrong, 64 wrong usage, 65 bad input, 66 input missing, 69 hardware,\n" +
  "engine or server away, 70 defect, 73 output cannot be written, 74 disk, 75 try again later, 77 not allowed, 78 bad\n" +
  "configuration.";

/** Runs the command that this process was started with, and sets the process's exit code. Never throws. */
export async function runProgram({ description, after }: ProgramText, register: readonly Register[]): Promise<void> {
  const program = new Command("facelatch")
    // Subcommands inherit it: wrong usage then ends with the exit code of the table, not with commander's own.
    .exitOverride()
    .description(description)
    .version(version)
    .showHelpAfterError("(see facelatch --help)")
    .addHelpText("after", `\n${after}\n\n${exitCodesText}`);
  for (const add of register) add(program);
  // Whoever read the output, such as `head`, has enough of it; what was begun is finished all the same.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = error instanceof CommanderError ? usageExitCode(error) : reportFailure(error);
  }
}

/** Help and version are reported as errors too, with exit code 0. */
function usageExitCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? 0 : errorCodes.USAGE.exitCode;
}
