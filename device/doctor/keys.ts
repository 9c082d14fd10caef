// Keys: some are trusted, and what is secret can be read by nobody but the daemon.

import { messageOf } from "../errors/errors.ts";
import { readTrustedKeys, trustedKeysFolder } from "../slots/trusted-keys.ts";
import { error, type Finding, ok, warning } from "./finding.ts";
import { modeText, type Place } from "./place.ts";

/** In the state folder: what is kept there opens the door, or tells who passed. */
const secretFolders = ["keys", "tls", "access", "feedback", "people", "snapshots", "passkeys", "door"] as const;

export async function checkKeys(place: Place): Promise<Finding[]> {
  if (place.config === null) return [];
  const { stateDir, updates, api, mqtt, webhooks } = place.config;
  const folders = [trustedKeysFolder(stateDir), ...(updates.trustedKeysDir === null ? [] : [updates.trustedKeysDir])];
  const files = [
    ...(api.tls.kind === "files" ? [api.tls.keyPath] : []),
    ...(mqtt.passwordFile === null ? [] : [mqtt.passwordFile]),
    ...webhooks.map(({ secretFile }) => secretFile),
  ];
  return [
    ...(await checkTrusted(place, folders, stateDir)),
    ...checkStateDir(place, stateDir),
    ...secretFolders.flatMap((name) => checkSecrets(place, `${stateDir}/${name}`)),
    ...files.flatMap((path) => checkSecretFile(place, path, true)),
  ];
}

async function checkTrusted({ at }: Place, folders: readonly string[], stateDir: string): Promise<Finding[]> {
  const next = `Bring the public half of a key here: sudo facelatch keys trust KEY.pem --state ${stateDir}`;
  try {
    const { trusted, revoked } = await readTrustedKeys(folders.map(at));
    const counting = [...trusted.keys()].filter((id) => !revoked.has(id));
    if (counting.length === 0) return [warning("No key is trusted: no bundle can be installed.", next)];
    return [ok(`${counting.length} trusted keys, ${revoked.size} revoked.`)];
  } catch (thrown) {
    return [error(messageOf(thrown), next)];
  }
}

function checkStateDir({ stat }: Place, stateDir: string): Finding[] {
  const stats = stat(stateDir);
  if (stats === null || (stats.mode & 0o077) === 0) return [];
  return [warning(`${stateDir} has mode ${modeText(stats)}: others may look into it.`, `sudo chmod 700 ${stateDir}`)];
}

/** Files of a folder that others may read or write; nothing is told of what is as it should be. */
function checkSecrets(place: Place, folder: string): Finding[] {
  return place.names(folder).flatMap((name) => checkSecretFile(place, `${folder}/${name}`, false));
}

function checkSecretFile({ stat }: Place, path: string, isNeeded: boolean): Finding[] {
  const stats = stat(path);
  if (stats === null)
    return isNeeded ? [error(`${path} is missing.`, "Put it there, or correct the configuration.")] : [];
  if (!stats.isFile()) return [];
  // A group of its own may read what the configuration names; what the daemon made is its user's alone.
  const forbidden = isNeeded ? 0o027 : 0o077;
  if ((stats.mode & forbidden) === 0) return [];
  return [
    error(`${path} has mode ${modeText(stats)}: others may use it.`, `sudo chmod ${isNeeded ? "640" : "600"} ${path}`),
  ];
}
