// The commands about what was said of presences: list, forget, export.
import type { Command } from "commander";
import { printResult } from "../terminal/terminal.ts";
import { jsonOption, stateOption } from "./options.ts";

/** Only who may read the key can do this, and a running daemon takes it up within a second or two. */
export function registerFeedbackCommands(feedback: Command): void {
  feedback
    .command("list")
    .description("what was said, the oldest first")
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ facelatch feedback list")
    .action(async ({ state, json }: { state: string; json: boolean }) => {
      const { describeFeedback, listFeedback } = await import("../feedback/board-commands.ts");
      const items = listFeedback(state);
      printResult(json, { items }, describeFeedback(items));
    });

  feedback
    .command("forget")
    .description("remove an item with its frames; a face that was kept out by it is kept out no more")
    .argument("<id>", "the item, as `facelatch feedback list` calls it")
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ facelatch feedback forget 3bc7b06a9df1")
    .action(async (id: string, { state, json }: { state: string; json: boolean }) => {
      const { forgetFeedback } = await import("../feedback/board-commands.ts");
      const item = forgetFeedback(state, id);
      printResult(json, { forgotten: item }, `Forgot ${item.id} (${item.verdict}, ${item.frames} frames).`);
    });

  feedback
    .command("export")
    .description("write the kept frames, decrypted, into owner/DATE/ and household/NAME/ for the next training")
    .requiredOption("--out <dir>", "the folder to write to")
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ facelatch feedback export --out retrain")
    .action(async ({ out, state, json }: { out: string; state: string; json: boolean }) => {
      const { describeExport, exportFeedback } = await import("../feedback/board-commands.ts");
      const result = exportFeedback(state, out);
      printResult(json, result, describeExport(result, out));
    });
}
