// Real snapshots in a folder that goes away with the test, the events that they told, and made-up looks and events.
import type { NewEvent } from "../../../device/events/events.ts";
import type { PicturedEvent } from "../../../device/snapshots/snapshots.ts";
import { StoredSnapshots, type StoredSnapshotsOptions } from "../../../device/snapshots/stored-snapshots.ts";
import { type Ending, jpegOf, temporaryFolder } from "../feedback/open-feedback.ts";

export const hourMs = 3_600_000;

export interface OpenedSnapshots {
  readonly snapshots: StoredSnapshots;
  readonly stateDir: string;
  readonly events: NewEvent[];
  readonly faults: string[];
}

export function openSnapshots(t: Ending, changes: Partial<StoredSnapshotsOptions> = {}): OpenedSnapshots {
  const stateDir = changes.stateDir ?? temporaryFolder(t);
  const events: NewEvent[] = [];
  const faults: string[] = [];
  const snapshots = new StoredSnapshots({
    ...{ stateDir, keepFor: "refusals", retentionMs: hourMs, bytesMax: 1024 ** 2, widthPx: 640 },
    retentionClock: () => new Date(0),
    nowMs: () => performance.now(),
    isDiskLow: () => false,
    record: (event) => void events.push(event),
    onFault: ({ message }) => void faults.push(message),
    ...changes,
  });
  return { snapshots, stateDir, events, faults };
}

export function refusalOf(presenceId: number, fields: Partial<PicturedEvent> = {}): PicturedEvent {
  return { type: "unlock.refused", bootId: "boot-1", seq: presenceId * 10, data: { presenceId }, ...fields };
}

/** Shows a presence, and refuses it; resolves with its event when the picture is on the disk, or was dropped. */
export async function refuse(
  { snapshots }: Pick<OpenedSnapshots, "snapshots">,
  presenceId: number,
  { jpeg = jpegOf(presenceId), ...fields }: Partial<PicturedEvent> & { readonly jpeg?: Uint8Array } = {},
): Promise<PicturedEvent> {
  const event = refusalOf(presenceId, fields);
  snapshots.noteFrame({ presenceId, jpeg, quality: 100 });
  snapshots.noteEvent(event);
  await snapshots.settled();
  return event;
}
