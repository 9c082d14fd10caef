// The courses of updates that are cut at each of their steps: where each begins, what it does, and what may run after it.
import type { DaemonUpdates } from "../../device/slots/open-updates.ts";
import type { UpdateEvent } from "../../device/slots/update-record.ts";
import type { CourseSite } from "./power-site.ts";

export interface Course {
  readonly name: string;
  /** From an empty disk to where the course begins. */
  readonly before: (updates: DaemonUpdates, site: CourseSite) => Promise<void>;
  readonly run: (updates: DaemonUpdates, site: CourseSite) => Promise<void>;
  /** The seqs of which one is in use after any cut and a new start; null is none. */
  readonly old: number | null;
  readonly new: number | null;
  /** The event, and of which seq, that must be known once the new state is in force. */
  readonly tells?: readonly [UpdateEvent["type"], number];
}

async function put(updates: DaemonUpdates, { archives, bundles }: CourseSite, ...seqs: number[]): Promise<void> {
  for (const seq of seqs) {
    await updates.install(archives[seq - 1]!);
    await updates.confirm(bundles[seq - 1]!.sha256);
  }
}

const reason = ["MODEL_INVALID", "scores that are no numbers"] as const;

export const courses: readonly Course[] = [
  {
    name: "the first installation",
    before: async () => {},
    run: async (updates, { archives }) => void (await updates.install(archives[0]!)),
    old: null,
    new: 1,
  },
  {
    name: "an installation",
    before: (updates, site) => put(updates, site, 1),
    run: async (updates, { archives }) => void (await updates.install(archives[1]!)),
    old: 1,
    new: 2,
  },
  {
    name: "an installation that makes an old slot unused",
    before: (updates, site) => put(updates, site, 1, 2, 3),
    run: async (updates, { archives }) => void (await updates.install(archives[3]!)),
    old: 3,
    new: 4,
  },
  {
    name: "an installation over a trial",
    before: async (updates, site) => {
      await put(updates, site, 1);
      await updates.install(site.archives[1]!);
    },
    run: async (updates, { archives }) => void (await updates.install(archives[2]!)),
    old: 2,
    new: 3,
  },
  {
    name: "a start with a bundle on trial",
    before: async (updates, site) => {
      await put(updates, site, 1);
      await updates.install(site.archives[1]!);
    },
    run: (updates) => updates.start(),
    old: 2,
    new: 2,
  },
  {
    name: "the first confirmation",
    before: async (updates, site) => void (await updates.install(site.archives[0]!)),
    run: (updates, { bundles }) => updates.confirm(bundles[0]!.sha256),
    old: 1,
    new: 1,
  },
  {
    name: "a confirmation",
    before: async (updates, site) => {
      await put(updates, site, 1, 2, 3);
      await updates.install(site.archives[3]!);
    },
    run: (updates, { bundles }) => updates.confirm(bundles[3]!.sha256),
    old: 4,
    new: 4,
  },
  {
    name: "a trial that is taken back",
    before: async (updates, site) => {
      await put(updates, site, 1, 2);
      await updates.install(site.archives[2]!);
    },
    run: (updates, { bundles }) => updates.revert(bundles[2]!.sha256, ...reason),
    old: 3,
    new: 2,
    tells: ["update.reverted", 3],
  },
  {
    name: "the first trial, taken back",
    before: async (updates, site) => void (await updates.install(site.archives[0]!)),
    run: (updates, { bundles }) => updates.revert(bundles[0]!.sha256, ...reason),
    old: 1,
    new: null,
    tells: ["update.reverted", 1],
  },
  {
    name: "a start that takes a trial back",
    before: async (updates, site) => {
      await put(updates, site, 1);
      await updates.install(site.archives[1]!);
      await updates.start();
      await updates.start();
    },
    run: (updates) => updates.start(),
    old: 1,
    new: 1,
    tells: ["update.reverted", 2],
  },
  {
    name: "a rollback",
    before: (updates, site) => put(updates, site, 1, 2, 3),
    run: async (updates) => void (await updates.rollback()),
    old: 3,
    new: 2,
    tells: ["update.rolled_back", 3],
  },
  {
    name: "a rollback to the factory's bundle",
    before: async (updates, site) => {
      await put(updates, site, 1, 2, 3);
      await updates.rollback();
    },
    run: async (updates) => void (await updates.rollback()),
    old: 2,
    new: 1,
    tells: ["update.rolled_back", 2],
  },
  {
    name: "events that are handed over",
    before: (updates, site) => put(updates, site, 1, 2),
    run: async () => {},
    old: 2,
    new: 2,
  },
  {
    name: "a clean stop within a trial",
    before: async (updates, site) => {
      await put(updates, site, 1);
      await updates.install(site.archives[1]!);
      await updates.start();
    },
    run: (updates) => updates.noteCleanStop(),
    old: 2,
    new: 2,
  },
];
