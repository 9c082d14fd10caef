// Boards to flash to: real daemons on this machine, with a token, a trusted key and a short trial.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Scope } from "../../device/access/access.ts";
import { TokenFolder } from "../../device/access/token-folder.ts";
import type { Manifest } from "../../device/bundle/manifest.ts";
import { packArchive } from "../../device/slots/bundle-archive.ts";
import { trustedKeysFolder } from "../../device/slots/trusted-keys.ts";
import {
  type Ending,
  goodBundle,
  makeWorkingSite,
  RealDaemon,
  type Site,
  writeConfig,
} from "../fixtures/real-daemon.ts";
import { changedBundle, type SmallBundle } from "../fixtures/small-bundle.ts";
import { trustTestKey } from "../fixtures/test-keys.ts";

export interface FlashedBoard {
  readonly site: Site;
  readonly daemon: RealDaemon;
  /** A file with a token for updates. */
  readonly tokenFile: string;
}

/** Few frames and no time: what a trial takes is the engine's to test. */
export const shortTrial = { trialFrames: 3, trialMs: 0, trialMaxMs: 60_000 };

/** A daemon that has the good bundle, and demands a token. */
export async function startBoard(
  t: Ending,
  updates: Readonly<Record<string, unknown>> = {},
  api: Readonly<Record<string, unknown>> = {},
): Promise<FlashedBoard> {
  const site = await makeWorkingSite(t);
  await trustTestKey(trustedKeysFolder(site.stateDir));
  const changes = { updates: { ...shortTrial, ...updates }, api: { openOnLoopback: false, ...api } };
  await writeConfig(site, { ...changes, camera: { framesPerSecond: 10 } });
  const tokenFile = await writeToken(site, ["update"]);
  const daemon = RealDaemon.start(t, site);
  const reader = await new TokenFolder(site.stateDir).make({ name: "test", scopes: ["admin"], expiresAt: null });
  daemon.headers = { authorization: `Bearer ${reader.text}` };
  return { site, daemon, tokenFile };
}

let tokens = 0;

/** Makes a token on the board, and writes it into a file as people do. */
export async function writeToken(site: Site, scopes: readonly Scope[]): Promise<string> {
  const path = join(site.folder, `token-${tokens++}`);
  const { text } = await new TokenFolder(site.stateDir).make({ name: "flash", scopes, expiresAt: null });
  await writeFile(path, `${text}\n`);
  return path;
}

/** A bundle that differs from the good one, as a file; it works as well. */
export async function writeBundle(
  folder: string,
  seq: number,
  change: (bundle: SmallBundle) => SmallBundle = (bundle) => bundle,
): Promise<{ readonly path: string; readonly bundle: SmallBundle; readonly bytes: number }> {
  const rename = (manifest: Manifest): Manifest => ({ ...manifest, seq, name: `Bundle ${seq}` });
  const bundle = change(changedBundle(await goodBundle(), { manifest: rename }));
  const path = join(folder, `bundle-${seq}.tar`);
  const archive = await packArchive(bundle.files);
  await writeFile(path, archive);
  return { path, bundle, bytes: archive.byteLength };
}
