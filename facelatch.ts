#!/usr/bin/env node
// The command line: one program, a subcommand for each step from photos to the door.
import { registerDeployCommands } from "./deploy/commands.ts";
import { registerProvisionCommand } from "./deploy/provision/provision-command.ts";
import { registerReleaseCommand } from "./deploy/release/release-command.ts";
import { registerDeviceCommands } from "./device/commands.ts";
import { runProgram } from "./device/terminal/run-program.ts";
import { registerBenchCommands } from "./training/commands/bench-commands.ts";
import { registerTrainingCommands } from "./training/commands.ts";

const text = {
  description: "A face-recognition door lock: train on a workstation, flash to a board, open the door for its owner.",
  after: `From photos to the door:
  $ facelatch train --data photos --owner Markus --out run
  $ facelatch keys make
  $ facelatch bundle make --run run --out markus.tar
  $ facelatch release --arch arm64 --out releases
  $ facelatch provision --boot /media/bootfs --hostname door --user door --ssh-key ~/.ssh/id_ed25519.pub
  $ facelatch flash door.local markus.tar --token-file door.token
  $ facelatch daemon --config /etc/facelatch/facelatch.yaml`,
};

await runProgram(text, [
  registerTrainingCommands,
  registerDeployCommands,
  registerReleaseCommand,
  registerProvisionCommand,
  registerDeviceCommands,
  registerBenchCommands,
]);
