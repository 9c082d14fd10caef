// The command that takes photos of the owner with the door's camera.
import type { Command } from "commander";
import { printResult, wholeNumber } from "../terminal/terminal.ts";
import { defaultConfigPath, jsonOption } from "./options.ts";

export function registerPhotoCommand(program: Command): void {
  program
    .command("enrol")
    .description("take photos of the owner with the door's own camera, to train with")
    .requiredOption("--camera", "from the camera of the configuration: stills of a Raspberry Pi's, frames of any other")
    .requiredOption(
      "--out <dir>",
      "the folder to write to, such as photos/owner/at-the-door; nothing in it is replaced",
    )
    .option("--photos <n>", "so many are kept", wholeNumber("--photos", 1, 1_000), 40)
    .option("--interval-ms <n>", "before each of them", wholeNumber("--interval-ms", 0, 60_000), 2_500)
    .option("--config <file>", "the configuration", defaultConfigPath)
    .option(...jsonOption)
    .addHelpText(
      "after",
      `
Example:
  $ facelatch enrol --camera --out photos/owner/at-the-door

The daemon must not run meanwhile. With a bundle in use, photos are left out that do not show one face, fit to be judged.
Housemates, and the owner's templates at the door, are enrolled on the page instead.`,
    )
    .action(async (flags: PhotoFlags) => {
      const [{ loadConfig }, { describePhotos, takePhotos }] = await Promise.all([
        import("../config/config.ts"),
        import("../photos/take-photos.ts"),
      ]);
      const say = (line: string) => process.stderr.write(`${line}\n`);
      const { out: outDir, photos, intervalMs } = flags;
      const taken = await takePhotos({ config: loadConfig(flags.config), outDir, photos, intervalMs, say });
      printResult(flags.json, taken, describePhotos(taken));
    });
}

interface PhotoFlags {
  readonly out: string;
  readonly photos: number;
  readonly intervalMs: number;
  readonly config: string;
  readonly json: boolean;
}
