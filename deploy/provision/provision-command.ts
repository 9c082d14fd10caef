// The command that sets a new card up: the board's name, network, keys, and Facelatch itself, at its first boot.
import type { Command } from "commander";
import { FacelatchError } from "../../device/errors/errors.ts";
import { oneOf, printResult } from "../../device/terminal/terminal.ts";
import { type Format, formats } from "./detect-format.ts";
import type { Provisioned } from "./provision.ts";
import { checkCountry, checkHostname, checkSsid, checkTimezone, checkUser } from "./settings.ts";

interface Flags {
  readonly image?: string;
  readonly boot?: string;
  readonly format?: Format;
  readonly hostname: string;
  readonly user: string;
  readonly sshKey: string[];
  readonly timezone?: string;
  readonly country?: string;
  readonly wifi?: string;
  readonly wifiHidden: boolean;
  readonly wifiPassphraseFile?: string;
  readonly release?: string;
  readonly bundle?: string;
  readonly trustedKey: string[];
  readonly config?: string;
  readonly json: boolean;
}

const collect = (value: string, before: string[]): string[] => [...before, value];

export function registerProvisionCommand(program: Command): void {
  program
    .command("provision")
    .description("set a new card of Raspberry Pi OS up for its first boot: name, Wi-Fi, SSH keys, and Facelatch itself")
    .option("--image <file>", "an unpacked image, or a card such as /dev/sdb that nothing uses")
    .option("--boot <dir>", "instead: the folder where the card's boot partition is mounted")
    .option(
      "--format <format>",
      "cloud-init (Trixie) or firstrun (Bookworm); found out unless given",
      oneOf("--format", formats),
    )
    .requiredOption("--hostname <name>", "the board's name", checkHostname)
    .requiredOption("--user <name>", "who logs in, by key alone: there is no password", checkUser)
    .requiredOption("--ssh-key <file>", "a public key; may be given several times", collect, [])
    .option("--timezone <name>", "such as Europe/Berlin", checkTimezone)
    .option("--country <code>", "where the Wi-Fi is used, such as DE; needed with --wifi", checkCountry)
    .option("--wifi <ssid>", "the network's name; the passphrase is asked for", checkSsid)
    .option("--wifi-hidden", "the network does not tell its name", false)
    .option("--wifi-passphrase-file <file>", "read the passphrase from there; or set FACELATCH_WIFI_PASSPHRASE")
    .option("--release <file>", "what `facelatch release` made: installed at the first boot")
    .option("--bundle <file>", "flashed at the first boot")
    .option(
      "--trusted-key <file>",
      "a public key (.pem) whose bundles the board takes; may be given several times",
      collect,
      [],
    )
    .option("--config <file>", "the door's settings; with a bundle and without this, its owner's name")
    .option("--json", "print one JSON object", false)
    .addHelpText(
      "after",
      `
Examples:
  $ facelatch provision --image raspios.img --hostname door --user anna --ssh-key ~/.ssh/id_ed25519.pub \\
      --timezone Europe/Berlin --country DE --wifi Home \\
      --release releases/facelatch-0.1.0-linux-arm64.tar.gz --bundle markus.tar --trusted-key 0123456789abcdef.pem
  $ facelatch provision --boot /media/anna/bootfs --hostname door --user anna --ssh-key keys.pub

An image is changed in its boot partition alone; mtools is needed for that. The passphrase is written nowhere: the board
gets the key that follows from it. On the board, /var/log/facelatch-first-boot.log tells what was installed.`,
    )
    .action(run);
}

async function run(flags: Flags): Promise<void> {
  const [{ provision }, inputs] = await Promise.all([import("./provision.ts"), import("./read-inputs.ts")]);
  const target = targetOf(flags);
  if (flags.sshKey.length === 0) throw usage("--ssh-key", "none");
  if (flags.wifi !== undefined && flags.country === undefined) throw usage("--country with --wifi", "none");
  const sshKeys = await inputs.readKeyFiles(flags.sshKey);
  const payload = await inputs.readPayload({ ...flags, ...optional(flags), trustedKeys: flags.trustedKey });
  const wifi =
    flags.wifi === undefined
      ? null
      : await inputs.readWifi({ ssid: flags.wifi, hidden: flags.wifiHidden, passphraseFile: flags.wifiPassphraseFile });
  const { hostname, user, timezone = null, country = null } = flags;
  const settings = { hostname, user, sshKeys, timezone, country, wifi };
  const done = await provision({ target, format: flags.format ?? null, settings, payload });
  printResult(flags.json, done, describe(done, settings.user, hostname));
}

function optional({ release, bundle, config }: Flags) {
  return { release, bundle, config };
}

function targetOf({ image, boot }: Flags): { readonly image: string } | { readonly boot: string } {
  if (image !== undefined && boot === undefined) return { image };
  if (boot !== undefined && image === undefined) return { boot };
  throw usage("either --image or --boot", image === undefined ? "neither" : "both");
}

function usage(expected: string, found: string): FacelatchError {
  return new FacelatchError("USAGE", { expected, found, next: "See `facelatch provision --help`." });
}

function describe({ target, format, files }: Provisioned, user: string, hostname: string): string {
  return [
    `Wrote to the boot partition of ${target}, for ${format === "cloud-init" ? "cloud-init (Trixie)" : "a first run (Bookworm)"}:`,
    ...files.map(({ name, bytes, sha256 }) => `  ${name}  ${bytes} bytes, SHA-256 ${sha256.slice(0, 16)}`),
    `There is no password: log in with \`ssh ${user}@${hostname}.local\` a few minutes after the first start.`,
  ].join("\n");
}
