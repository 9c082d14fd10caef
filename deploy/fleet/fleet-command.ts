// The command `fleet`: a table of what runs where, or a staged rollout to all of it.
import type { Command } from "commander";
import { FacelatchError } from "../../device/errors/errors.ts";
import { printResult } from "../../device/terminal/terminal.ts";
import type { RolledOut } from "./rollout.ts";

interface Flags {
  readonly inventory: string;
  readonly progressFile?: string;
  readonly yes: boolean;
  readonly json: boolean;
}

export function registerFleet(program: Command): void {
  program
    .command("fleet")
    .description("tell what runs where, or roll a bundle out in stages: one door, then a share, then all")
    .argument("[bundle]", "the bundle to roll out; without one, a table of what runs where")
    .requiredOption("--inventory <file>", "the doors, YAML")
    .option("--progress-file <file>", "how far the rollout is (default: the inventory's name and .progress.json)")
    .option("--yes", "go on without asking", false)
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      `
Examples:
  $ facelatch fleet --inventory doors.yaml
  $ facelatch fleet markus.tar --inventory doors.yaml

It stops at the first door that does not confirm. The same command goes on: doors that confirmed are left alone, and the
one that failed is tried again. Exit codes: 0 all confirmed, 65 stopped.`,
    )
    .action(async (bundle: string | undefined, flags: Flags) => {
      const { loadInventory } = await import("./inventory.ts");
      const inventory = loadInventory(flags.inventory);
      if (bundle === undefined) {
        const { askDoors, describeDoors } = await import("./fleet-table.ts");
        const doors = await askDoors(inventory.doors);
        printResult(flags.json, { doors }, describeDoors(doors));
        return;
      }
      const [{ openArchive }, { agreement }, { rollOut }] = await Promise.all([
        import("../flash/archive.ts"),
        import("../flash/agree.ts"),
        import("./rollout.ts"),
      ]);
      const archive = await openArchive(bundle);
      const question = `Roll "${archive.figures.name}" out to ${inventory.doors.length} doors in stages of ${inventory.stageSizes.join(", ")}?`;
      if (!(await agreement(flags.yes)(question))) {
        printResult(flags.json, { outcome: "declined" }, "Nothing was changed.");
        return;
      }
      const result = await rollOut(inventory, archive, {
        statePath: flags.progressFile ?? `${flags.inventory}.progress.json`,
        say: (line) => process.stderr.write(`${line}\n`),
        wallClock: () => new Date(),
      });
      printResult(flags.json, result, describeRollout(result));
      const [first] = result.failed;
      if (first !== undefined) throw stopped(first, result);
    });
}

function describeRollout({ confirmed, failed, pending, stages, stagesDone }: RolledOut): string {
  const list = (what: string, names: readonly string[]) => (names.length === 0 ? [] : [`${what}: ${names.join(", ")}`]);
  return [
    `${stagesDone} of ${stages} stages done.`,
    ...list("Confirmed", confirmed),
    ...list(
      "Failed",
      failed.map(({ door, code }) => `${door} (${code})`),
    ),
    ...list("Not touched", pending),
  ].join("\n");
}

function stopped(first: RolledOut["failed"][number], { pending }: RolledOut): FacelatchError {
  return new FacelatchError("ROLLOUT_STOPPED", {
    expected: "every door to confirm the bundle",
    found: `"${first.door}", which did not: ${first.message}`,
    next: `${pending.length} doors were not touched. The same command goes on once the cause is mended.`,
  });
}
