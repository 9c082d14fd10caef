// The program as a guest has it: the board's own commands, without the workstation's packages.
import { Command } from "commander";
import { registerDeviceCommands } from "../../../device/commands.ts";
import { reportFailure } from "../../../device/terminal/terminal.ts";

const program = new Command("facelatch");
registerDeviceCommands(program);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
