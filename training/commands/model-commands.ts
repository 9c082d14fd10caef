// The commands on model files: convert one, look into one, change its batch size.
import type { Command } from "commander";
import { anyNumber, oneOf, printResult, wholeNumber } from "../../device/terminal/terminal.ts";

export function registerModelCommands(program: Command): void {
  registerConvert(program);
  registerInspect(program);
  registerRebatch(program);
}

function registerConvert(program: Command): void {
  program
    .command("convert")
    .description("convert a TensorFlow.js layers model (model.json) to .tflite, and compare the two")
    .argument("<model>", "model.json, with its weight files beside it")
    .requiredOption("--out <file>", "the .tflite file")
    .option(
      "--quantize <kind>",
      "float32, float16, dynamic (int8 weights), int8, or auto: int8 where the accuracy gate allows it",
      oneOf("--quantize", ["float32", "float16", "dynamic", "int8", "auto"]),
      "float32",
    )
    .option("--calibration <dir>", "photos for int8, as the model will see them: half calibrate, half judge")
    .option("--io <type>", "what an int8 file takes and gives", oneOf("--io", ["float32", "int8"]), "float32")
    .option("--mean <n>", "the model takes (value - mean) / scale of 8-bit values", anyNumber("--mean", 0, 255), 127.5)
    .option("--scale <n>", "see --mean", anyNumber("--scale", 1e-3, 255), 127.5)
    .option("--labels <names>", "of the classes, separated by commas: stored in the file with --mean and --scale")
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ facelatch convert model/model.json --out model.tflite\n  $ facelatch convert model/model.json --out model.tflite --quantize auto --calibration photos",
    )
    .action(
      async (
        model: string,
        flags: {
          out: string;
          quantize: "float32" | "float16" | "dynamic" | "int8" | "auto";
          calibration?: string;
          io: "float32" | "int8";
          mean: number;
          scale: number;
          labels?: string;
          json: boolean;
        },
      ) => {
        const { convertFile } = await import("../model-files/convert-file.ts");
        const { describeConversion } = await import("./describe.ts");
        const result = await convertFile({
          modelPath: model,
          outPath: flags.out,
          quantize: flags.quantize,
          calibrationDir: flags.calibration ?? null,
          io: flags.io,
          pixels: { mean: flags.mean, scale: flags.scale },
          labels: flags.labels?.split(",") ?? null,
        });
        printResult(flags.json, result, describeConversion(flags.out, result));
      },
    );
}

function registerInspect(program: Command): void {
  program
    .command("inspect")
    .description("show a .tflite file: operations, shapes, quantization, sizes, metadata, and what XNNPACK will take")
    .argument("<file>", "the .tflite file")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch inspect classifier.tflite")
    .action(async (path: string, { json }: { json: boolean }) => {
      const { inspectFile, describeInspection } = await import("../model-files/inspect-file.ts");
      const inspection = await inspectFile(path);
      printResult(json, inspection, describeInspection(inspection));
    });
}

function registerRebatch(program: Command): void {
  program
    .command("rebatch")
    .description("rewrite a .tflite file for another batch size")
    .argument("<file>", "the .tflite file")
    .requiredOption("--out <file>", "the new file")
    .option("--batch <n>", "pictures at once", wholeNumber("--batch", 1, 1024), 1)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch rebatch MobileFaceNet.tflite --out face.tflite --batch 1")
    .action(async (path: string, flags: { out: string; batch: number; json: boolean }) => {
      const { rebatchFile } = await import("../model-files/inspect-file.ts");
      const result = await rebatchFile(path, flags.out, flags.batch);
      printResult(flags.json, result, `${flags.out}: batch ${result.before} to ${result.after}, ${result.bytes} bytes`);
    });
}
