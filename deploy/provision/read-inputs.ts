// Reads what the provision command is given: keys, the passphrase, and the files that make up the payload.
import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { loadConfig } from "../../device/config/config.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { readSecret } from "../../device/terminal/secret-line.ts";
import { openArchive } from "../flash/archive.ts";
import type { Payload } from "./first-boot.ts";
import { readSshKeys, type Wifi } from "./settings.ts";
import { wpaPsk } from "./wpa-psk.ts";

const passphraseVariable = "FACELATCH_WIFI_PASSPHRASE";

export interface WifiFlags {
  readonly ssid: string;
  readonly hidden: boolean;
  readonly passphraseFile: string | undefined;
}

/** The passphrase comes from a file, the environment, or is asked for: never from the command line, which others see. */
export async function readWifi({ ssid, hidden, passphraseFile }: WifiFlags): Promise<Wifi> {
  const told = process.env[passphraseVariable];
  const passphrase =
    passphraseFile !== undefined
      ? (await readInput(passphraseFile, "the passphrase")).toString("utf8").replace(/\r?\n$/, "")
      : (told ?? (await readSecret(`Passphrase of ${ssid}`)));
  return { ssid, hidden, psk: wpaPsk(ssid, passphrase) };
}

export async function readKeyFiles(paths: readonly string[]): Promise<string[]> {
  const keys: string[] = [];
  for (const path of paths) keys.push(...readSshKeys((await readInput(path, "SSH keys")).toString("utf8"), path));
  return keys;
}

export interface PayloadFlags {
  readonly release: string | undefined;
  readonly bundle: string | undefined;
  readonly trustedKeys: readonly string[];
  readonly config: string | undefined;
}

/**
 * Null without a release: then nothing of Facelatch is installed.
 *
 * @throws FacelatchError USAGE where a part is given without the release, INPUT_MISSING, INPUT_INVALID, CONFIG_INVALID,
 * and what is wrong with the bundle
 */
export async function readPayload(flags: PayloadFlags): Promise<Payload | null> {
  const { release, bundle, trustedKeys, config } = flags;
  if (release === undefined) {
    if (bundle === undefined && trustedKeys.length === 0 && config === undefined) return null;
    throw new FacelatchError("USAGE", {
      expected: "--release with --bundle, --trusted-key or --config",
      found: "none",
      next: "Make one with `facelatch release`, and give it as well.",
    });
  }
  const archive = await readInput(release, "the release");
  if (archive[0] !== 0x1f || archive[1] !== 0x8b)
    throw invalid(`${release} to be what \`facelatch release\` wrote`, "no gzip");
  return {
    release: archive,
    bundle: bundle === undefined ? null : await readInput(bundle, "the bundle"),
    trustedKeys: await readTrustedKeys(trustedKeys),
    configuration: await readConfiguration(config, bundle),
  };
}

async function readTrustedKeys(paths: readonly string[]): Promise<Map<string, Uint8Array>> {
  const keys = new Map<string, Uint8Array>();
  for (const path of paths) {
    const pem = await readInput(path, "a public key");
    const name = basename(path).toLowerCase();
    if (!/^[a-z0-9][a-z0-9._-]{0,59}\.pem$/.test(name) || keys.has(name))
      throw invalid("a name such as desk.pem, each once", path);
    if (pem.includes("PRIVATE KEY")) throw invalid(`a public key in ${path}`, "a private key");
    if (typeOf(pem, path) !== "ed25519") throw invalid(`an Ed25519 key in ${path}`, "another kind");
    keys.set(name, pem);
  }
  return keys;
}

function typeOf(pem: Buffer, path: string): string | undefined {
  try {
    return createPublicKey(pem).asymmetricKeyType;
  } catch (cause) {
    throw invalid(`a public key in ${path}`, messageOf(cause), cause);
  }
}

/** Without a file of settings, a bundle at least says whose door it is. */
async function readConfiguration(config: string | undefined, bundle: string | undefined): Promise<string | null> {
  if (config !== undefined) {
    loadConfig(config);
    return (await readInput(config, "the settings")).toString("utf8");
  }
  if (bundle === undefined) return null;
  const { figures } = await openArchive(bundle);
  return `# The settings of this door. What is left out keeps its default; \`sudo facelatch config\` prints all of them.\nowner: { label: ${JSON.stringify(figures.ownerLabel)} }\n`;
}

async function readInput(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new FacelatchError("INPUT_MISSING", {
      expected: `${what} in ${path}`,
      found: messageOf(cause),
      next: "Check the path.",
      cause,
    });
  }
}

function invalid(expected: string, found: string, cause?: unknown): FacelatchError {
  return new FacelatchError("INPUT_INVALID", { expected, found, next: "See `facelatch provision --help`.", cause });
}
