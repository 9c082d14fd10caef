// The commands about who may ask the door: pairings, access tokens, and the PIN of the second step.
import type { Command } from "commander";
import { printResult, wholeNumber } from "../terminal/terminal.ts";
import { defaultConfigPath, jsonOption, stateOption } from "./options.ts";

export function registerAccessCommands(program: Command): void {
  registerPinCommands(program.command("pin").description("the PIN of the second step"));
  registerPairCommand(program);
  registerTokenCommands(program.command("tokens").description("access tokens of the API, made on the board"));
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
        import("../second-step/pin-file.ts"),
        import("../terminal/secret-line.ts"),
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
        import("../config/config.ts"),
        import("../daemon/run/api-entrance.ts"),
        import("../access/board-commands.ts"),
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
      const { describeNewToken, makeToken } = await import("../access/board-commands.ts");
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
      const { describeTokens, listTokens } = await import("../access/board-commands.ts");
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
      const { revokeToken } = await import("../access/board-commands.ts");
      const token = await revokeToken(state, id);
      printResult(json, { revoked: token }, `Token ${token.id} ("${token.name}") counts no more.`);
    });
}
