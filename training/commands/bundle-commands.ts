// The commands of bundles: packing a run, signed, and checking a bundle's file.
import type { Command } from "commander";
import { defaultKeysFolder, ringTrustFolder, signingKeys } from "../../deploy/keys/keyring.ts";
import { trustedKeysFolder } from "../../device/slots/trusted-keys.ts";
import { terminalProgress } from "../../device/terminal/progress.ts";
import { readSecret } from "../../device/terminal/secret-line.ts";
import { oneOf, printResult, wholeNumber } from "../../device/terminal/terminal.ts";

const keysOption = ["--keys <dir>", "the workstation's keys (default: ~/.config/facelatch/keys)"] as const;

interface MakeFlags {
  readonly run: string;
  readonly out: string;
  readonly keys?: string;
  readonly seq?: number;
  readonly board?: string[];
  readonly arch?: "arm64" | "x64";
  readonly household?: string;
  readonly templatesCarried: boolean;
  readonly acceptRisk: boolean;
  readonly force: boolean;
}

export function registerBundleCommands(bundle: Command): void {
  bundle
    .command("make")
    .description("pack a finished training with its golden images, and sign it with every key that signs here")
    .requiredOption("--run <dir>", "the run's folder")
    .requiredOption("--out <file>", "the bundle's file")
    .option(...keysOption)
    .option(
      "--seq <n>",
      "boards accept none lower than the last they confirmed (default: the second in which the training ended)",
      wholeNumber("--seq", 1, Number.MAX_SAFE_INTEGER),
    )
    .option("--board <name...>", "kinds of board, as the device tree names them; any where it is left out")
    .option("--arch <name>", "arm64 or x64; both where it is left out", oneOf("--arch", ["arm64", "x64"]))
    .option("--templates-carried", "everybody who was named at the door is enrolled in this run", false)
    .option("--household <dir>", "a subfolder of photos for each household member, to try at the door first")
    .option("--accept-risk", "pack it although a household member comes too near to opening the door", false)
    .option("--force", "pack a retrained run although it is worse than the one before", false)
    .addHelpText(
      "after",
      "\nExamples:\n  $ facelatch bundle make --run run --out markus.tar\n  $ facelatch bundle make --run run --out markus.tar --household family",
    )
    .action(async ({ board, arch, keys, ...flags }: MakeFlags) => {
      const { packBundle } = await import("../bundle/pack-bundle.ts");
      const { manifest, bytes } = await packBundle({
        ...flags,
        ...(board === undefined ? {} : { boards: board }),
        ...(arch === undefined ? {} : { archs: [arch] }),
        keys: () => signingKeys(keys ?? defaultKeysFolder(), (keyId) => readSecret(`Passphrase of ${keyId}`, "once")),
        progress: terminalProgress(),
      });
      printResult(false, null, `${flags.out}: "${manifest.name}", seq ${manifest.seq}, ${bytes} bytes`);
    });
  bundle
    .command("verify")
    .description("check a bundle as a device would: archive, signature, manifest, checksums, golden images")
    .argument("<bundle>", "the bundle's file")
    .option(...keysOption)
    .option("--state <dir>", "a daemon's state directory, whose trusted keys are taken instead")
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      "\nExample:\n  $ facelatch bundle verify markus.tar --json\n\nThe exit code is 0 once it was looked at; ok and refusedBy of --json say what was found.",
    )
    .action(async (path: string, { keys, state, json }: { keys?: string; state?: string; json: boolean }) => {
      const { verifyBundle } = await import("../bundle/verify-bundle.ts");
      const trusted = state === undefined ? ringTrustFolder(keys ?? defaultKeysFolder()) : trustedKeysFolder(state);
      const verdict = await verifyBundle(path, [trusted]);
      printResult(
        json,
        verdict,
        verdict.ok ? `${path} is good.` : `${path} is refused: ${verdict.message} [${verdict.refusedBy}]`,
      );
    });
}
