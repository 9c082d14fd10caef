// Notes the configured relay's line where systemd's ExecStopPost looks for it.
import type { Config } from "../../config/config.ts";
import { messageOf } from "../../errors/errors.ts";
import { noteLine } from "../../relay/line-note.ts";

/** Into the unit's runtime folder, which systemd names; elsewhere nobody asks for a note. Never throws. */
export async function noteRelayLine(relay: Config["relay"], folder = process.env["RUNTIME_DIRECTORY"]): Promise<void> {
  if (relay.kind === "recorded" || folder === undefined) return;
  try {
    await noteLine(folder, relay);
  } catch (error) {
    // Without it the line is driven inactive all the same, only later.
    process.stderr.write(`facelatch: the relay's line could not be noted in ${folder}: ${messageOf(error)}\n`);
  }
}
