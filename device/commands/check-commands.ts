// The commands that check a board: its doctor, and its record of events.
import { statSync } from "node:fs";
import type { Command } from "commander";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import type { NotedHead } from "../store/verify-log.ts";
import { printResult } from "../terminal/terminal.ts";
import { defaultConfigPath, jsonOption, stateOption } from "./options.ts";

export function registerCheckCommands(program: Command): void {
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
could have written all of it anew. Retention moves the beginning; it leaves no gap.
The exit code is 0 once all of it was looked at; \`ok\` of --json says what was found.`,
    )
    .action(async ({ state, head, json }: { state: string; head: NotedHead[]; json: boolean }) => {
      const { describeLogVerdict, verifyLog } = await import("../store/verify-log.ts");
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
      assertFolder(root);
      const { describeDiagnosis, examine } = await import("../doctor/doctor.ts");
      const diagnosis = await examine({ configPath: config, root });
      printResult(json, diagnosis, describeDiagnosis(diagnosis));
      if (diagnosis.level === "error") process.exitCode = 1;
    });
}

function noteHead(text: string, before: readonly NotedHead[]): NotedHead[] {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (hash === undefined) {
    const next = "Take `store.lastSeq` and `store.headHash` of /v1/status, with a colon between.";
    const expected = "--head as SEQ:HASH, with the 64 digits of the hash";
    throw new FacelatchError("USAGE", { expected, found: JSON.stringify(text.slice(0, 100)), next });
  }
  return [...before, { seq: Number(seq), hash }];
}

/** Without a card every group would tell of something that is missing, and none of what is. */
function assertFolder(root: string): void {
  let found = "no folder";
  try {
    if (statSync(root).isDirectory()) return;
  } catch (error) {
    found = messageOf(error);
  }
  const next = "Mount the card's root partition, and name that folder with --root.";
  throw new FacelatchError("INPUT_MISSING", { expected: `the root folder of a mounted card at ${root}`, found, next });
}
