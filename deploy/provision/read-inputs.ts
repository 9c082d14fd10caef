// Reads what the provision command is given: keys, the passphrase, and the files that make up the payload.
import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { BundleFigures } from "../../device/bundle/figures.ts";
import { type Config, loadConfig } from "../../device/config/config.ts";
import { FacelatchError, messageOf } from "../../device/errors/errors.ts";
import { keyIdOf } from "../../device/slots/signature.ts";
import { stageBundle } from "../../device/slots/stage-bundle.ts";
import { readPublicKey } from "../../device/slots/trusted-keys.ts";
import { readSecret } from "../../device/terminal/secret-line.ts";
import { openArchive } from "../flash/archive.ts";
import { boardStateDir, type Payload } from "./first-boot.ts";
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
 * @throws FacelatchError USAGE where a part is given without the release, or a bundle without a key, INPUT_MISSING,
 * INPUT_INVALID, CONFIG_INVALID, KEY_INVALID, and what is wrong with the bundle
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
  const keys = await readTrustedKeyFiles(trustedKeys);
  const figures = bundle === undefined ? null : await readFigures(bundle, keys);
  return {
    release: archive,
    bundle: bundle === undefined ? null : await readInput(bundle, "the bundle"),
    trustedKeys: new Map([...keys].map(([name, { pem }]) => [name, pem])),
    configuration: await readConfiguration(config, figures),
  };
}

interface TrustedKey {
  readonly key: KeyObject;
  readonly pem: Uint8Array;
}

/** By the names that they get on the board. */
async function readTrustedKeyFiles(paths: readonly string[]): Promise<Map<string, TrustedKey>> {
  const keys = new Map<string, TrustedKey>();
  for (const path of paths) {
    const name = basename(path).toLowerCase();
    if (!/^[a-z0-9][a-z0-9._-]{0,59}\.pem$/.test(name) || keys.has(name))
      throw invalid("a name such as desk.pem, each once", path);
    const key = await readPublicKey(path);
    keys.set(name, { key, pem: Buffer.from(key.export({ type: "spki", format: "pem" })) });
  }
  return keys;
}

/** The board's own checks, here: at its first boot nobody reads what it would say. */
async function readFigures(bundle: string, keys: ReadonlyMap<string, TrustedKey>): Promise<BundleFigures> {
  const trusted = new Map([...keys.values()].map(({ key }) => [keyIdOf(key), key]));
  if (trusted.size === 0) {
    throw new FacelatchError("USAGE", {
      expected: "--trusted-key with the public key that --bundle is signed by",
      found: "none",
      next: "`facelatch keys list` tells where it is.",
    });
  }
  await stageBundle(bundle, { keys: { trusted, revoked: new Set() } });
  return (await openArchive(bundle)).figures;
}

/** Without a file of settings, a bundle at least says whose door it is. */
async function readConfiguration(config: string | undefined, figures: BundleFigures | null): Promise<string | null> {
  if (config !== undefined) {
    requireSuited(config, loadConfig(config), figures);
    return (await readInput(config, "the settings")).toString("utf8");
  }
  if (figures === null) return null;
  return `# The settings of this door. What is left out keeps its default; \`sudo facelatch config\` prints all of them.\nowner: { label: ${JSON.stringify(figures.ownerLabel)} }\n`;
}

function requireSuited(path: string, { stateDir, owner }: Config, figures: BundleFigures | null): void {
  if (stateDir !== boardStateDir) throw invalid(`stateDir: ${boardStateDir} in ${path}, as the unit has it`, stateDir);
  if (figures !== null && figures.ownerLabel !== owner.label)
    throw invalid(`owner.label: ${figures.ownerLabel} in ${path}, as in the bundle`, owner.label);
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
