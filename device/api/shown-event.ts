// Events as the API shows them: with whether there is a picture of whoever they are about, at this moment.
import Type, { type Static } from "typebox";
import { type StoredEvent, storedEventSchema } from "../events/events.ts";
import type { Snapshots } from "../snapshots/snapshots.ts";

export const shownEventSchema = Type.Object(
  {
    ...storedEventSchema.properties,
    hasSnapshot: Type.Boolean({
      description: "Whether /v1/events/{id}/snapshot has a picture; it goes after a while.",
    }),
  },
  { additionalProperties: false },
);

export type ShownEvent = Static<typeof shownEventSchema>;

/** Pictures come and go, and the record does not change: so this is no part of the event. */
export function shownEvent(event: StoredEvent, snapshots: Pick<Snapshots, "has"> | null): ShownEvent {
  return { ...event, hasSnapshot: snapshots?.has(event) ?? false };
}
