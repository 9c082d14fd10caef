// The benchmark's commands.
import type { Command } from "commander";
import { printResult, wholeNumber } from "../terminal/terminal.ts";

export function registerBenchCommands(program: Command): void {
  const bench = program.command("bench");
  registerIdleBench(bench);
  registerStoreBench(bench);
  registerLoadBench(bench);
  bench
    .description("measure frame to decision, its parts, the engines, the event loop's lag and memory")
    .option("--state <dir>", "where the demo left its bundle and scene", "state")
    .option("--frames <n>", "frames in all", wholeNumber("--frames", 400, 1_000_000), 20_000)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExample:\n  $ facelatch bench --json\nIt takes about five minutes; --frames 2000 takes one.",
    )
    .action(async ({ state, frames, json }: { state: string; frames: number; json: boolean }) => {
      const { bench, describeBench } = await import("./bench.ts");
      const result = await bench({ stateDir: state, frames });
      printResult(json, result, describeBench(result));
    });
}

function registerIdleBench(bench: Command): void {
  bench
    .command("idle")
    .description("measure the processor time of the whole daemon before an empty room, 1280x720 at 10 frames/s")
    .option("--seconds <n>", "how long to measure", wholeNumber("--seconds", 5, 3_600), 30)
    // Both belong to `bench` as well, which takes them wherever they stand.
    .option("--state <dir>", "where the demo left its bundle", "state")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch bench idle --json")
    .action(async (_flags: unknown, command: Command) => {
      const { state, seconds, json } = command.optsWithGlobals<{ state: string; seconds: number; json: boolean }>();
      const { benchIdle, describeIdle } = await import("./idle.ts");
      const result = await benchIdle({ stateDir: state, seconds });
      printResult(json, result, describeIdle(result));
    });
}

function registerStoreBench(bench: Command): void {
  bench
    .command("store")
    .description("measure a full store of events: opening, first page, one more event, retention, verify-log")
    .option("--events <n>", "events in it", wholeNumber("--events", 1_000, 10_000_000), 1_000_000)
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch bench store --json\nIt takes about two minutes.")
    .action(async (_flags: unknown, command: Command) => {
      const { events, json } = command.optsWithGlobals<{ events: number; json: boolean }>();
      const { benchStore, describeStoreBench } = await import("./store.ts");
      const result = await benchStore({ events });
      printResult(json, result, describeStoreBench(result));
    });
}

function registerLoadBench(bench: Command): void {
  bench
    .command("load")
    .description("measure the daemon under 50 requests a second and 20 streams, beside quiet times in turn")
    .option("--rounds <n>", "turns of a quiet and a busy time", wholeNumber("--rounds", 1, 100), 6)
    .option("--seconds <n>", "how long each of them is", wholeNumber("--seconds", 5, 600), 15)
    .option(
      "--requests <n>",
      "then so many in a row; the memory that they leave in use is looked at",
      wholeNumber("--requests", 0, 10_000_000),
      0,
    )
    .option("--state <dir>", "where the demo left its bundle and scene", "state")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch bench load --requests 1000000 --json")
    .action(async (_flags: unknown, command: Command) => {
      const { state, json, ...times } = command.optsWithGlobals<LoadFlags>();
      const { benchLoad, describeLoad } = await import("./load.ts");
      const result = await benchLoad({ ...times, stateDir: state });
      printResult(json, result, describeLoad(result));
    });
}

interface LoadFlags {
  readonly rounds: number;
  readonly seconds: number;
  readonly requests: number;
  readonly state: string;
  readonly json: boolean;
}
