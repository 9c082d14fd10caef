// The commands of keys: who may sign bundles, and whom a board believes.
import type { Command } from "commander";
import { FacelatchError } from "../../device/errors/errors.ts";
import { printResult } from "../../device/terminal/terminal.ts";
import type { RingKey } from "./keyring.ts";

interface Where {
  readonly keys?: string;
  readonly state?: string;
  readonly json: boolean;
}

const keysOption = ["--keys <dir>", "the workstation's keys (default: ~/.config/facelatch/keys)"] as const;
const stateOption = ["--state <dir>", "a daemon's state directory, instead of the workstation's keys"] as const;
const jsonOption = ["--json", "print one JSON object", false] as const;

export function registerKeysCommands(program: Command): void {
  const keys = program.command("keys").description("the keys that sign bundles, and those that a board trusts");
  registerMaking(keys);
  registerTrusting(keys);
}

function registerMaking(keys: Command): void {
  for (const [name, description, example] of [
    ["make", "make the first key, which signs and is trusted here", "facelatch keys make"],
    [
      "rotate",
      "make a further key: bundles are signed by all until the older ones are revoked",
      "facelatch keys rotate",
    ],
  ] as const) {
    keys
      .command(name)
      .description(description)
      .option(...keysOption)
      .option("--passphrase", "protect the private key by a passphrase: typed unseen, or piped in as one line", false)
      .option(...jsonOption)
      .addHelpText("after", `\nExample:\n  $ ${example}`)
      .action(async (flags: Where & { passphrase: boolean }) => {
        const [ring, { readSecret }] = await Promise.all([
          import("./keyring.ts"),
          import("../../device/terminal/secret-line.ts"),
        ]);
        const folder = flags.keys ?? ring.defaultKeysFolder();
        requireCount(name, (await ring.ringKeys(folder)).filter(({ signs }) => signs).length, folder);
        const keyId = await ring.makeKey(folder, flags.passphrase ? await readSecret("Passphrase") : null);
        const publicKey = ring.publicKeyPath(folder, keyId);
        const next = `Bring ${publicKey} to each board: sudo facelatch keys trust ${keyId}.pem --state /var/lib/facelatch`;
        printResult(flags.json, { keyId, publicKey }, `Made the key ${keyId}.\n${next}`);
      });
  }
}

function requireCount(command: "make" | "rotate", signing: number, folder: string): void {
  if ((command === "make") === (signing === 0)) return;
  throw new FacelatchError(command === "make" ? "USAGE" : "KEY_MISSING", {
    expected: command === "make" ? `no key that signs in ${folder} yet` : `a key that signs in ${folder}`,
    found: signing === 0 ? "none" : `${signing}`,
    next: command === "make" ? "Make a further one: `facelatch keys rotate`." : "Make one: `facelatch keys make`.",
  });
}

function registerTrusting(keys: Command): void {
  keys
    .command("list")
    .description("the keys that are trusted and revoked, with fingerprints to compare")
    .option(...keysOption)
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ facelatch keys list --state /var/lib/facelatch")
    .action(async (flags: Where) => {
      const listed = await list(flags);
      printResult(flags.json, { keys: listed }, describeKeys(listed));
    });

  keys
    .command("trust")
    .description("trust a public key: bundles that it signed are accepted")
    .argument("<file>", "the public key, in PEM")
    .option(...keysOption)
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ sudo facelatch keys trust 0123456789abcdef.pem --state /var/lib/facelatch")
    .action(async (file: string, flags: Where) => {
      const [{ readPublicKey }, { trustKey }] = await Promise.all([
        import("../../device/slots/trusted-keys.ts"),
        import("./trust-folder.ts"),
      ]);
      const keyId = await trustKey(await trustFolderOf(flags), await readPublicKey(file));
      printResult(flags.json, { keyId }, `The key ${keyId} is trusted.`);
    });

  keys
    .command("revoke")
    .description("revoke a key for good: no bundle is accepted for its sake; what is in use stays in use")
    .argument("<key-id>", "as `facelatch keys list` calls it")
    .option(...keysOption)
    .option(...stateOption)
    .option(...jsonOption)
    .addHelpText("after", "\nExample:\n  $ sudo facelatch keys revoke 0123456789abcdef --state /var/lib/facelatch")
    .action(async (keyId: string, flags: Where) => {
      const [ring, { revokeKey }] = await Promise.all([import("./keyring.ts"), import("./trust-folder.ts")]);
      if (flags.state === undefined) await ring.revokeRingKey(flags.keys ?? ring.defaultKeysFolder(), keyId);
      else await revokeKey(await trustFolderOf(flags), keyId);
      printResult(flags.json, { revoked: keyId }, `The key ${keyId} is revoked.`);
    });
}

async function list(flags: Where): Promise<RingKey[]> {
  const [ring, { listKeys }] = await Promise.all([import("./keyring.ts"), import("./trust-folder.ts")]);
  if (flags.state === undefined) return ring.ringKeys(flags.keys ?? ring.defaultKeysFolder());
  return (await listKeys(await trustFolderOf(flags))).map((key) => ({ ...key, signs: false }));
}

/** Throws USAGE for both at once. */
async function trustFolderOf({ keys, state }: Where): Promise<string> {
  if (keys !== undefined && state !== undefined) {
    throw new FacelatchError("USAGE", {
      expected: "--keys or --state",
      found: "both",
      next: "Say which of the two is meant.",
    });
  }
  const [ring, { trustedKeysFolder }] = await Promise.all([
    import("./keyring.ts"),
    import("../../device/slots/trusted-keys.ts"),
  ]);
  return state === undefined ? ring.ringTrustFolder(keys ?? ring.defaultKeysFolder()) : trustedKeysFolder(state);
}

function describeKeys(keys: readonly RingKey[]): string {
  if (keys.length === 0) return "No keys.";
  return keys
    .map(
      ({ keyId, state, signs, fingerprint }) => `${keyId}  ${state}${signs ? ", signs" : ""}  SHA-256 ${fingerprint}`,
    )
    .join("\n");
}
