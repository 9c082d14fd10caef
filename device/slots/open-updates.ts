// The engine of updates: an archive becomes a bundle on trial, a trial ends in confirmation or in the way back, and after
// any cut the next start finds the old bundle or the new one, whole.
import type { Manifest } from "../bundle/manifest.ts";
import { codeOf, type ErrorCode, FacelatchError, messageOf } from "../errors/errors.ts";
import { type CommitLock, commitLock } from "./commit-lock.ts";
import { requireFloor, requireOwner, requireSpace, requireTarget, type Target } from "./compatibility.ts";
import { readManifest } from "./open-bundle.ts";
import { realFiles, type SlotFiles } from "./slot-files.ts";
import { Slots } from "./slots.ts";
import { type StagedBundle, stageBundle } from "./stage-bundle.ts";
import { readTrustedKeys } from "./trusted-keys.ts";
import { type UpdateEvent, type UpdateRecord, UpdateRecords } from "./update-record.ts";
import { begin, confirm, recover, rollBack, takeBack, type UpdateStore } from "./update-steps.ts";
import type { UpdateState, UpdateStatus, Updates } from "./updates.ts";

export interface UpdatesOptions {
  readonly stateDir: string;
  /** Folders of public keys, see `trusted-keys.ts`; read anew at each installation. */
  readonly trustedKeys: readonly string[];
  readonly target: Target;
  /** Whose door it is; undefined where that is not known here. */
  readonly ownerLabel?: string;
  /** The last check of a staged bundle, such as its golden answers; throws to refuse. */
  readonly accept: (folder: string, manifest: Manifest) => Promise<void>;
  /** Told of every bundle that was refused. */
  readonly onRefused?: (refusal: FacelatchError) => void;
  /** How often the daemon may start with a bundle on trial before that is taken back. */
  readonly trialStartsMax?: number;
  /** How far a trial is, where this process conducts it. */
  readonly trialProgress?: () => UpdateStatus["trial"];
  /** For tests: another disk, and what keeps others from it. */
  readonly files?: SlotFiles;
  readonly lock?: CommitLock;
}

const trialStartsMaxDefault = 2;
const noProgress = { freshFrames: 0, freshFramesNeeded: 0, remainingMs: 0 };

/** What the daemon asks of the engine besides what everybody may. */
export interface DaemonUpdates extends Updates {
  /** Decides what to run, before anything runs it. Throws only what the disk throws. */
  start(): Promise<void>;
  /** The bundle on trial; null without one. */
  onTrial(): Promise<string | null>;
  /** The bundle on trial proved itself; does nothing where it is not on trial any more. */
  confirm(sha256: string): Promise<void>;
  /** The bundle on trial failed; does nothing where it is not on trial any more. */
  revert(sha256: string, reasonCode: string, reason: string): Promise<void>;
  /** The daemon ends because it was told to, which says nothing against the bundle. */
  noteCleanStop(): Promise<void>;
  /** Hands over what happened since, the oldest first, until all of it is stored. At least once each. */
  deliver(store: (event: UpdateEvent) => void): Promise<void>;
}

/** Opens the updates of a state folder; reads nothing yet. */
export function openUpdates(options: UpdatesOptions): DaemonUpdates {
  return new UpdateEngine(options);
}

class UpdateEngine implements DaemonUpdates {
  readonly #options: UpdatesOptions;
  readonly #store: UpdateStore;
  readonly #lock: CommitLock;
  #activity: UpdateState | null = null;

  constructor(options: UpdatesOptions) {
    const files = options.files ?? realFiles;
    this.#options = options;
    this.#store = {
      slots: new Slots(options.stateDir, files),
      records: new UpdateRecords(options.stateDir, files),
      startsMax: options.trialStartsMax ?? trialStartsMaxDefault,
    };
    this.#lock = options.lock ?? commitLock(options.stateDir);
  }

  async status(): Promise<UpdateStatus> {
    const { slots, records } = this.#store;
    const { record } = await records.read();
    const [current, linked, factory] = await Promise.all(
      (["current", "previous", "factory"] as const).map(async (link) => slots.summary(await slots.linked(link))),
    );
    const { trial } = record;
    const previous = trial === null ? linked! : await slots.summary(trial.from);
    return {
      state: this.#activity ?? (trial === null ? record.outcome : "trial"),
      current: current ?? null,
      previous: previous?.sha256 === current?.sha256 ? null : (previous ?? null),
      factory: factory ?? null,
      floorSeq: record.floorSeq,
      trial: trial === null ? null : (this.#options.trialProgress?.() ?? noProgress),
      reverted: record.reverted,
    };
  }

  async install(archivePath: string): Promise<UpdateStatus> {
    if (this.#activity !== null) throw alreadyInstalling();
    this.#activity = "verifying";
    const staging: string[] = [];
    try {
      const staged = await this.#stage(archivePath, staging);
      await this.#options.accept(staged.folder!, staged.manifest);
      await this.#lock(async () => {
        // Another process may have confirmed or taken back something while this one was verifying.
        await this.#admit(staged.manifest);
        await this.#store.slots.take(staged.folder!, staged.sha256);
        await begin(this.#store, staged);
      });
    } catch (error) {
      const told = storageFault(error);
      if (told instanceof FacelatchError) this.#options.onRefused?.(told);
      throw told;
    } finally {
      this.#activity = null;
      for (const folder of staging) await (this.#options.files ?? realFiles).remove(folder).catch(() => undefined);
    }
    return this.status();
  }

  rollback(): Promise<UpdateStatus> {
    return this.#change(() => rollBack(this.#store)).then(() => this.status());
  }

  async start(): Promise<void> {
    await this.#change(() => recover(this.#store));
  }

  async onTrial(): Promise<string | null> {
    return (await this.#store.records.read()).record.trial?.to ?? null;
  }

  confirm(sha256: string): Promise<void> {
    return this.#change(() => confirm(this.#store, sha256));
  }

  revert(sha256: string, reasonCode: string, reason: string): Promise<void> {
    return this.#change(() => takeBack(this.#store, sha256, reasonCode, reason));
  }

  noteCleanStop(): Promise<void> {
    return this.#changeRecord((record) => {
      const { trial } = record;
      return trial === null || trial.starts === 0 ? record : { ...record, trial: { ...trial, starts: 0 } };
    });
  }

  async deliver(store: (event: UpdateEvent) => void): Promise<void> {
    // Without the lock: every turn of the daemon's watch asks, and seldom is there anything.
    if ((await this.#store.records.read()).record.outbox.length === 0) return;
    await this.#changeRecord((record) => {
      for (const event of record.outbox) store(event);
      return record.outbox.length === 0 ? record : { ...record, outbox: [] };
    });
  }

  #changeRecord(next: (record: UpdateRecord) => UpdateRecord): Promise<void> {
    return this.#change(async () => {
      const { record } = await this.#store.records.read();
      const changed = next(record);
      if (changed !== record) await this.#store.records.write(changed);
    });
  }

  async #change(change: () => Promise<void>): Promise<void> {
    try {
      await this.#lock(change);
    } catch (error) {
      throw storageFault(error);
    }
  }

  async #stage(archivePath: string, staging: string[]): Promise<StagedBundle> {
    const { trustedKeys, stateDir } = this.#options;
    const files = this.#options.files ?? realFiles;
    const keys = await readTrustedKeys(trustedKeys);
    const makeFolder = async () => {
      const folder = await this.#store.slots.makeStaging();
      staging.push(folder);
      return folder;
    };
    const admit = (manifest: Manifest) => this.#admit(manifest);
    const staged = await stageBundle(archivePath, { keys, admit, disk: { files, makeFolder } });
    const names = await files.list(staged.folder!);
    for (const path of [staged.folder!, ...names.map((name) => `${staged.folder}/${name}`)]) {
      await files.giveToOwnerOf(stateDir, path);
    }
    return staged;
  }

  /** What is asked of any manifest, as things stand now. */
  async #admit(manifest: Manifest): Promise<void> {
    const { slots, records } = this.#store;
    const [{ record }, current] = await Promise.all([records.read(), slots.linked("current")]);
    const proven = record.trial === null ? current : record.trial.from;
    requireTarget(manifest, this.#options.target);
    requireOwner(manifest, this.#options.ownerLabel);
    requireFloor(manifest, record.floorSeq);
    requireSpace(manifest, proven === null ? null : await readManifestIn(slots, proven, this.#options.files));
  }
}

/** Null where it cannot be read: then nothing says what the board remembers faces in. */
async function readManifestIn(slots: Slots, sha256: string, files = realFiles): Promise<Manifest | null> {
  return readManifest(slots.folderOf(sha256), files).then(
    ({ manifest }) => manifest,
    () => null,
  );
}

function alreadyInstalling(): FacelatchError {
  return new FacelatchError("UPDATE_BUSY", {
    expected: "one update at a time",
    found: "another one that is being verified",
    next: "Try again when it is done.",
  });
}

const diskErrors: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EIO", "EACCES", "EPERM", "EMFILE"]);

/** The same error, or UPDATE_STORAGE_FAILED where the disk is the cause. */
function storageFault(error: unknown): unknown {
  if (codeOf(error, "INTERNAL" satisfies ErrorCode) !== "INTERNAL") return error;
  if (!diskErrors.has((error as NodeJS.ErrnoException | null)?.code ?? "")) return error;
  return new FacelatchError("UPDATE_STORAGE_FAILED", {
    expected: "a disk that can be written",
    found: messageOf(error),
    next: "Make room, or mend the state folder; the bundle in use stayed.",
    cause: error,
  });
}
