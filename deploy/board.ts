#!/usr/bin/env node
// The command line of a board: all that runs at the door, and nothing of the workstation.
import { registerDeviceCommands } from "../device/commands.ts";
import { runProgram } from "../device/terminal/run-program.ts";
import { registerDeployCommands } from "./commands.ts";

const text = {
  description: "A face-recognition door lock: the part that runs at the door.",
  after: `At the door:
  $ facelatch config --config /etc/facelatch/facelatch.yaml
  $ sudo facelatch flash markus.tar
  $ sudo systemctl start facelatch`,
};

await runProgram(text, [registerDeployCommands, registerDeviceCommands]);
