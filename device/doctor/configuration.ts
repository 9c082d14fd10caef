// The configuration: it is there, it is valid, nobody else may write it, and nobody but the daemon's group reads it.
import { error, type Finding, ok, warning } from "./finding.ts";
import { modeText, type Place } from "./place.ts";

export function checkConfiguration(place: Place): Finding[] {
  const { config, configPath, configFault } = place;
  if (config === null) {
    return [
      error(
        configFault ?? "There is none.",
        `Mend ${configPath}; what depends on it was not checked. \`facelatch config --config FILE\` checks it by itself.`,
      ),
    ];
  }
  return [ok(`${configPath} is valid, for the owner "${config.owner.label}".`), ...checkMode(place)];
}

function checkMode({ stat, configPath }: Place): Finding[] {
  const stats = stat(configPath);
  if (stats === null) return [];
  const mode = modeText(stats);
  if ((stats.mode & 0o022) !== 0) {
    return [error(`${configPath} has mode ${mode}: others may change it.`, `sudo chmod 640 ${configPath}`)];
  }
  if ((stats.mode & 0o004) !== 0) {
    const next = `sudo chgrp facelatch ${configPath} && sudo chmod 640 ${configPath}`;
    return [warning(`${configPath} has mode ${mode}: everybody may read it, and what it holds of passwords.`, next)];
  }
  return [];
}
