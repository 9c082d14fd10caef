// The commands on weights: fetch the published ones before they are needed, for a workstation that will be offline.
import type { Command } from "commander";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { anyNumber, oneOf, printResult, wholeNumber } from "../../device/terminal/terminal.ts";
import { type BackboneName, backboneNames } from "../backbones/architectures.ts";

export function registerWeightsCommands(program: Command): void {
  program
    .command("weights")
    .description("the backbones' published ImageNet weights")
    .command("fetch")
    .description("download Keras' weights into the cache; `train --weights keras` does this by itself")
    .option("--backbone <name>", "which network", oneOf("--backbone", backboneNames), "mobilenet-v2")
    .option("--alpha <n>", "width of MobileNetV2", anyNumber("--alpha", 0.1, 2), 1)
    .option(
      "--size <px>",
      "of the input; decides which of the published files it is",
      wholeNumber("--size", 32, 1024),
      240,
    )
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExample:\n  $ facelatch weights fetch --backbone inception-resnet-v2\nXDG_CACHE_HOME moves the cache; FACELATCH_WEIGHTS_URL names a mirror.",
    )
    .action(async (flags: { backbone: BackboneName; alpha: number; size: number; json: boolean }) => {
      const [{ architectures, checkShape }, { fetchWeights }] = await Promise.all([
        import("../backbones/architectures.ts"),
        import("../weights/weights-cache.ts"),
      ]);
      const shape = { name: flags.backbone, alpha: flags.alpha, sizePx: flags.size };
      checkShape(shape);
      const result = await fetchWeights(architectures[shape.name].kerasFile(shape), { progress: terminalProgress() });
      const { path, bytes, sha256, checkedAgainst } = result;
      const trust = {
        published: "its published digest is right",
        recorded: "its digest is the recorded one",
        nothing: "no digest is published for it: recorded now, and compared from now on",
      };
      printResult(flags.json, result, `${path}\n${bytes} bytes, SHA-256 ${sha256}: ${trust[checkedAgainst]}`);
    });
}
