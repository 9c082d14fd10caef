// Real passkeys in a folder that goes away with the test, and the events that they told.
import type { NewEvent } from "../../../device/events/events.ts";
import { StoredPasskeys, type StoredPasskeysOptions } from "../../../device/passkeys/stored-passkeys.ts";
import { type Ending, temporaryFolder } from "../feedback/open-feedback.ts";

export interface OpenedPasskeys {
  readonly passkeys: StoredPasskeys;
  readonly stateDir: string;
  readonly events: NewEvent[];
}

export function openPasskeys(t: Ending, changes: Partial<StoredPasskeysOptions> = {}): OpenedPasskeys {
  const stateDir = changes.stateDir ?? temporaryFolder(t);
  const events: NewEvent[] = [];
  const record = (event: NewEvent): void => void events.push(event);
  const passkeys = new StoredPasskeys({
    stateDir,
    wallClock: () => new Date(),
    nowMs: () => performance.now(),
    ...{ record, note: record },
    ...changes,
  });
  return { passkeys, stateDir, events };
}
