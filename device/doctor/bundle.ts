// The bundle in use: whole, made for this door's owner, and answering as recorded in a process of its own.
import { targetOf } from "../daemon/updates/door-updates.ts";
import { codeOf, messageOf } from "../errors/errors.ts";
import { openBundle } from "../slots/open-bundle.ts";
import { currentBundleFolder } from "../slots/slots.ts";
import { checkInChild } from "../vision/check-in-child.ts";
import { error, type Finding, ok } from "./finding.ts";
import type { Place } from "./place.ts";

export async function checkBundle(place: Place): Promise<Finding[]> {
  if (place.config === null) return [];
  const { stateDir, owner, vision, updates } = place.config;
  const folder = place.at(currentBundleFolder(stateDir));
  const next = "Install one: sudo facelatch flash BUNDLE.tar";
  try {
    const { manifest, sha256 } = await openBundle(folder);
    const findings = [ok(`"${manifest.name}" (${sha256.slice(0, 12)}) is whole.`)];
    if (manifest.ownerLabel !== owner.label) {
      const found = `It was made for "${manifest.ownerLabel}", and the door is configured for "${owner.label}".`;
      findings.push(error(found, "Correct owner.label, or install a bundle of the right owner."));
    }
    if (!place.isLive) return findings;
    const { board } = await targetOf(place.config);
    const limits = { ...vision, frameMaxMs: updates.frameMaxMs };
    await checkInChild(folder, manifest, limits);
    findings.push(
      ok(`Its models answer on this board${board === null ? "" : ` (${board})`} as they were recorded, in time.`),
    );
    return findings;
  } catch (thrown) {
    return [error(`${codeOf(thrown)}: ${messageOf(thrown)}`, next)];
  }
}
