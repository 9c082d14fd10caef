// The commands that a board runs: the daemon, its configuration and record, its doctor, its PIN, what was said of presences, and the benchmark.
import type { Command } from "commander";
import { registerBenchCommands } from "./bench/bench-commands.ts";
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
        import("./daemon/run/turn-relay-off.ts"),
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

  registerPhotoCommand(program);
  registerBenchCommands(program);
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

function registerPhotoCommand(program: Command): void {
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
        import("./config/config.ts"),
        import("./photos/take-photos.ts"),
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
        import("./daemon/run/api-entrance.ts"),
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
    .option(
      "--scopes <list>",
      "of read, feedback, update, people, snapshots, unlock, admin (all but people, snapshots and unlock)",
      "read",
    )
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
