// The commands that a board runs: the daemon, its configuration and record, its doctor, its PIN, what was said of presences, and the benchmark.
import type { Command } from "commander";
import { FacelatchError } from "./errors/errors.ts";
import type { NotedHead } from "./store/verify-log.ts";
import { printResult, wholeNumber } from "./terminal/terminal.ts";

const defaultConfigPath = "/etc/facelatch/facelatch.yaml";

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
        import("./turn-relay-off.ts"),
      ]);
      const done = await turnRelayOff(loadConfig(config).relay);
      printResult(json, { inactive: true }, done);
    });

  program
    .command("config")
    .description("check a configuration file and print it with all defaults filled in")
    .option("--config <file>", "the configuration", defaultConfigPath)
    .addHelpText("after", "\nExample:\n  $ facelatch config --config door.yaml")
    .action(async ({ config }: { config: string }) => {
      const [{ loadConfig }, { stringify }] = await Promise.all([import("./config/config.ts"), import("yaml")]);
      process.stdout.write(stringify(loadConfig(config)));
    });

  program
    .command("verify-log")
    .description("check that no event was changed, removed or moved since it was written, and tell the first that was")
    .option(...stateOption)
    .option(
      "--head <seq:hash>",
      "a head noted earlier, which must be part of it; may be given several times",
      noteHead,
      [],
    )
    .option(...jsonOption)
    .addHelpText(
      "after",
      `
Examples:
  $ sudo facelatch verify-log
  $ sudo facelatch verify-log --head 1204:9f86d081884c7d65...

Without a head that was noted elsewhere (\`store.lastSeq\` and \`store.headHash\` of /v1/status), whoever can write the file
could have written all of it anew. Retention moves the beginning; it leaves no gap.`,
    )
    .action(async ({ state, head, json }: { state: string; head: NotedHead[]; json: boolean }) => {
      const { describeLogVerdict, verifyLog } = await import("./store/verify-log.ts");
      const verdict = verifyLog(state, head);
      printResult(json, verdict, describeLogVerdict(verdict));
    });

  program
    .command("doctor")
    .description(
      "check this board: kernel, GPIO, camera, rights, clock, disk, watchdog, heat, memory, keys, bundle, store",
    )
    .option("--config <file>", "the configuration", defaultConfigPath)
    .option("--root <dir>", "examine a card that is mounted there; its devices and programs are not asked", "/")
    .option(...jsonOption)
    .addHelpText(
      "after",
      `
Examples:
  $ sudo facelatch doctor
  $ sudo facelatch doctor --json

It mends nothing by itself, and leaves the relay's line alone. While the daemon runs, the camera is left to it.
The exit code is 1 where something is an error, and 0 where all is well or merely a warning.`,
    )
    .action(async ({ config, root, json }: { config: string; root: string; json: boolean }) => {
      const { describeDiagnosis, examine } = await import("./doctor/doctor.ts");
      const diagnosis = await examine({ configPath: config, root });
      printResult(json, diagnosis, describeDiagnosis(diagnosis));
      if (diagnosis.level === "error") process.exitCode = 1;
    });

  registerFeedbackCommands(program.command("feedback").description("what was said of presences, on this board"));
  registerPinCommands(program.command("pin").description("the PIN of the second step"));
  registerPairCommand(program);
  registerTokenCommands(program.command("tokens").description("access tokens of the API, made on the board"));

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
      const { bench, describeBench } = await import("./bench/bench.ts");
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
      const { benchIdle, describeIdle } = await import("./bench/idle.ts");
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
      const { benchStore, describeStoreBench } = await import("./bench/store.ts");
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
      "then so many in a row, between two looks at the memory",
      wholeNumber("--requests", 0, 10_000_000),
      0,
    )
    .option("--state <dir>", "where the demo left its bundle and scene", "state")
    .option("--json", "print one JSON object", false)
    .addHelpText("after", "\nExample:\n  $ facelatch bench load --requests 1000000 --json")
    .action(async (_flags: unknown, command: Command) => {
      const { state, json, ...times } = command.optsWithGlobals<LoadFlags>();
      const { benchLoad, describeLoad } = await import("./bench/load.ts");
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

const stateOption = ["--state <dir>", "the daemon's state directory", "/var/lib/facelatch"] as const;
const jsonOption = ["--json", "print one JSON object", false] as const;

function noteHead(text: string, before: readonly NotedHead[]): NotedHead[] {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (hash === undefined) {
    const next = "Take `store.lastSeq` and `store.headHash` of /v1/status, with a colon between.";
    const expected = "--head as SEQ:HASH, with the 64 digits of the hash";
    throw new FacelatchError("USAGE", { expected, found: JSON.stringify(text.slice(0, 100)), next });
  }
  return [...before, { seq: Number(seq), hash }];
}

/** Only who may read the key can do this, and a running daemon takes it up within a second or two. */
function registerFeedbackCommands(feedback: Command): void {
  feedback
    .command("list")
    .description("what was said, the oldest first")
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ facelatch feedback list")
    .action(async ({ state, json }: { state: string; json: boolean }) => {
      const { describeFeedback, listFeedback } = await import("./feedback/board-commands.ts");
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
      const { forgetFeedback } = await import("./feedback/board-commands.ts");
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
      const { describeExport, exportFeedback } = await import("./feedback/board-commands.ts");
      const result = exportFeedback(state, out);
      printResult(json, result, describeExport(result, out));
    });
}

function registerPinCommands(pin: Command): void {
  pin
    .command("set")
    .description("set the PIN: typed unseen, or piped in as one line; only a hash of it is kept")
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ sudo facelatch pin set --state /var/lib/facelatch")
    .action(async ({ state, json }: { state: string; json: boolean }) => {
      const [{ setPin }, { readSecret }] = await Promise.all([
        import("./second-step/pin-file.ts"),
        import("./terminal/secret-line.ts"),
      ]);
      await setPin(state, await readSecret("New PIN"));
      printResult(json, { pinSet: true }, "The PIN is set; a running daemon knows it from the next attempt on.");
    });
}

function registerPairCommand(program: Command): void {
  program
    .command("pair")
    .description(
      "show a code that lets one browser in, within two minutes, and how to know that it is this door's page",
    )
    .option("--config <file>", "the configuration", defaultConfigPath)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ sudo facelatch pair")
    .action(async ({ config, json }: { config: string; json: boolean }) => {
      const [{ loadConfig }, { describeEntrance }, { describePairing, openPairing }] = await Promise.all([
        import("./config/config.ts"),
        import("./api-entrance.ts"),
        import("./access/board-commands.ts"),
      ]);
      const settings = loadConfig(config);
      const address = await describeEntrance(settings);
      const pairing = await openPairing(settings.stateDir);
      printResult(json, { ...pairing, address }, describePairing(pairing, address));
    });
}

/** A running daemon knows what was made or revoked at once. */
function registerTokenCommands(tokens: Command): void {
  tokens
    .command("make")
    .description("make a token of 256 random bits and show it, this once; only a hash of it is kept")
    .requiredOption("--name <name>", "what it is called, such as the machine that will use it")
    .option("--scopes <list>", "of read, feedback, update, people, unlock, admin (all but unlock and people)", "read")
    .option("--expires-days <n>", "it counts for so many days", wholeNumber("--expires-days", 1, 3_650))
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ sudo facelatch tokens make --name workstation --scopes update")
    .action(async (flags: { name: string; scopes: string; expiresDays?: number; state: string; json: boolean }) => {
      const { describeNewToken, makeToken } = await import("./access/board-commands.ts");
      const token = await makeToken(flags.state, { ...flags, expiresDays: flags.expiresDays ?? null });
      printResult(flags.json, token, describeNewToken(token));
    });

  tokens
    .command("list")
    .description(
      "every token that was made, and the browsers' sessions: what each may do, until when, and when it was last used",
    )
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ sudo facelatch tokens list")
    .action(async ({ state, json }: { state: string; json: boolean }) => {
      const { describeTokens, listTokens } = await import("./access/board-commands.ts");
      const found = await listTokens(state);
      printResult(json, { tokens: found }, describeTokens(found));
    });

  tokens
    .command("revoke")
    .description("make a token or a session count no more")
    .argument("<id>", "the token, as `facelatch tokens list` calls it")
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ sudo facelatch tokens revoke 3bc7b06a9df1")
    .action(async (id: string, { state, json }: { state: string; json: boolean }) => {
      const { revokeToken } = await import("./access/board-commands.ts");
      const token = await revokeToken(state, id);
      printResult(json, { revoked: token }, `Token ${token.id} ("${token.name}") counts no more.`);
    });
}
