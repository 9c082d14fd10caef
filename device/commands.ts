// The commands that a board runs: the daemon, its configuration and record, its doctor, its PIN, what was said of presences, and the benchmark.
import type { Command } from "commander";
import { registerBenchCommands } from "./bench/bench-commands.ts";
import { registerAccessCommands } from "./commands/access-commands.ts";
import { registerCheckCommands } from "./commands/check-commands.ts";
import { registerFeedbackCommands } from "./commands/feedback-commands.ts";
import { defaultConfigPath, jsonOption } from "./commands/options.ts";
import { registerPhotoCommand } from "./commands/photo-command.ts";
import { printResult } from "./terminal/terminal.ts";

export function registerDeviceCommands(program: Command): void {
  program
    .command("daemon")
    .description("run the door: camera, recognition, relay and API")
    .option("--config <file>", "the configuration", defaultConfigPath)
    .addHelpText("after", "\nExample:\n  $ facelatch daemon --config /etc/facelatch/facelatch.yaml")
    .action(async ({ config }: { config: string }) => {
      const { runDaemon } = await import("./main.ts");
      await runDaemon(config);
    });

  program
    .command("relay-off")
    .description("drive the relay's line inactive; fails where that cannot be, or a running daemon's guard owns it")
    .option("--config <file>", "the configuration", defaultConfigPath)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ facelatch relay-off --config /etc/facelatch/facelatch.yaml")
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      const [{ loadConfig }, { turnRelayOff }] = await Promise.all([
        import("./config/config.ts"),
        import("./adapters/turn-relay-off.ts"),
      ]);
      const done = await turnRelayOff(loadConfig(config).relay);
      printResult(json, { inactive: true }, done);
    });

  program
    .command("config")
    .description("check a configuration file and print it with all defaults filled in")
    .option("--config <file>", "the configuration", defaultConfigPath)
    .option("--example", "print every setting instead, with what it means, its limits and its default", false)
    .addHelpText("after", "\nExamples:\n  $ facelatch config --config door.yaml\n  $ facelatch config --example")
    .action(async ({ config, example }: { config: string; example: boolean }) => {
      const [{ exampleYaml, loadConfig }, { stringify }] = await Promise.all([
        import("./config/config.ts"),
        import("yaml"),
      ]);
      process.stdout.write(example ? exampleYaml() : stringify(loadConfig(config)));
    });

  registerCheckCommands(program);
  registerFeedbackCommands(program.command("feedback").description("what was said of presences, on this board"));
  registerAccessCommands(program);
  registerPhotoCommand(program);
  registerBenchCommands(program);
}
