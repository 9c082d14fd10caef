// Real people in a folder that goes away with the test, and the events that they told.
import type { NewEvent } from "../../../device/events/events.ts";
import { StoredPeople, type StoredPeopleOptions } from "../../../device/people/stored-people.ts";
import { type Ending, temporaryFolder } from "../feedback/open-feedback.ts";

export function openPeople(
  t: Ending,
  changes: Partial<StoredPeopleOptions> = {},
): { people: StoredPeople; stateDir: string; events: NewEvent[] } {
  const stateDir = changes.stateDir ?? temporaryFolder(t);
  const events: NewEvent[] = [];
  const record = (event: NewEvent): void => void events.push(event);
  const people = new StoredPeople({
    stateDir,
    limits: { householdMax: 3, templatesPerPersonMax: 14 },
    wallClock: () => new Date("2026-11-29T10:00:00Z"),
    nowMs: () => performance.now(),
    ...{ record, note: record },
    ...changes,
  });
  return { people, stateDir, events };
}
