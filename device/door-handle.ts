// The door's handle for the API: it opens through the pipeline, once for each request, and keeps the lockdown on disk.
import type { RefusalReason } from "./decision/decision.ts";
import {
  type DoorControl,
  type Lockdown,
  lockdownUnread,
  type UnlockAnswer,
  type UnlockRefusal,
  type UnlockRequest,
  unlockRefusals,
} from "./door/door.ts";
import { messageOf } from "./errors/errors.ts";
import type { NewEvent, StoredEvent } from "./events/events.ts";
import type { Opening } from "./pipeline.ts";
import type { Store } from "./store/store.ts";

export interface DoorHandleOptions {
  readonly pipeline: {
    readonly openByHand: (opening: Opening) => Promise<RefusalReason | null>;
    readonly setLockdown: (on: boolean) => void;
  };
  readonly store: Pick<Store, "append" | "events" | "status">;
  readonly answered: {
    readonly has: (id: string) => boolean;
    readonly once: (id: string, work: () => Promise<UnlockAnswer>) => Promise<UnlockAnswer>;
    readonly recall: (id: string, answer: UnlockAnswer) => void;
  };
  readonly lockdownFile: {
    readonly read: () => Promise<Lockdown | null>;
    readonly write: (lockdown: Lockdown) => Promise<void>;
    readonly remove: () => Promise<void>;
  };
  readonly pulseMs: number;
  readonly nowMs: () => number;
  readonly wallClock: () => Date;
  readonly onError: (text: string) => void;
}

/** So far back an earlier run's requests are looked for. */
const recalledMs = 86_400_000;
const recalledMax = 500;
const unreadRetryMs = 1_000;

export class DoorHandle implements DoorControl {
  readonly #options: DoorHandleOptions;
  #lockdown: Lockdown | null = null;
  /** Lockdowns are set and lifted one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #hasRecalled = false;

  constructor(options: DoorHandleOptions) {
    this.#options = options;
  }

  /** Takes up a lockdown of before; until then the door must not run. Never rejects. */
  async start(): Promise<void> {
    try {
      this.#lockdown = await this.#options.lockdownFile.read();
    } catch (error) {
      this.#lockdown = lockdownUnread(messageOf(error));
      setTimeout(() => void this.#readAgain(), unreadRetryMs).unref();
    }
    if (this.#lockdown !== null) this.#options.pipeline.setLockdown(true);
  }

  /** The disk may come back: then what it says holds, unless somebody has said something since. */
  async #readAgain(): Promise<void> {
    const unread = this.#lockdown;
    await this.#inTurn(async () => {
      if (this.#lockdown === unread) await this.start();
      if (this.#lockdown === null) this.#options.pipeline.setLockdown(false);
    });
  }

  isAnswered(id: string): boolean {
    this.#recall();
    return this.#options.answered.has(id);
  }

  async unlock({ by, id }: UnlockRequest): Promise<UnlockAnswer> {
    this.#recall();
    const { answered, pipeline, pulseMs } = this.#options;
    return answered.once(id, async () => {
      const reason = await pipeline.openByHand({ by, requestId: id });
      return reason === null ? { kind: "opened", pulseMs } : { kind: "refused", reason: refusalOf(reason) };
    });
  }

  lockdown(): Lockdown | null {
    return this.#lockdown;
  }

  async lockDown(by: string): Promise<Lockdown> {
    const { pipeline, lockdownFile, wallClock } = this.#options;
    let isNew = this.#lockdown === null;
    const lockdown = this.#lockdown ?? { sinceAt: wallClock().toISOString(), by };
    // At once, whatever else is under way.
    this.#lockdown = lockdown;
    pipeline.setLockdown(true);
    return this.#inTurn(async () => {
      // Lifted while this one waited: it was asked for later.
      if (this.#lockdown === null) {
        isNew = true;
        this.#lockdown = lockdown;
        pipeline.setLockdown(true);
      }
      if (isNew) this.#tell("lockdown.set", `The door was locked down by ${by}.`, by);
      await lockdownFile.write(lockdown);
      return lockdown;
    });
  }

  async liftLockdown(by: string): Promise<void> {
    const { pipeline, lockdownFile, store } = this.#options;
    return this.#inTurn(async () => {
      if (this.#lockdown === null) return;
      store.append(this.#event("lockdown.cleared", `The lockdown was lifted by ${by}.`, by));
      try {
        await lockdownFile.remove();
      } catch (error) {
        this.#tell("lockdown.set", "The lockdown could not be lifted: it stands.", by);
        throw error;
      }
      this.#lockdown = null;
      pipeline.setLockdown(false);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** What was answered before a restart is in the record of openings, which comes before each of them. */
  #recall(): void {
    const { store, wallClock, answered } = this.#options;
    if (this.#hasRecalled || store.status().state !== "open") return;
    this.#hasRecalled = true;
    const since = new Date(Math.max(0, wallClock().getTime() - recalledMs)).toISOString();
    // The newest first: of a request that was granted and then failed, it is the failure.
    for (const event of store.events({ types: ["unlock.granted", "unlock.refused"], since, limit: recalledMax })) {
      const id = event.data["requestId"];
      if (typeof id === "string") answered.recall(id, this.#answerIn(event));
    }
  }

  #answerIn({ type, reason }: StoredEvent): UnlockAnswer {
    if (type === "unlock.granted") return { kind: "opened", pulseMs: this.#options.pulseMs };
    return { kind: "refused", reason: refusalOf(reason) };
  }

  #tell(type: "lockdown.set", message: string, by: string): void {
    try {
      this.#options.store.append(this.#event(type, message, by));
    } catch (error) {
      // The strict side needs no record.
      this.#options.onError(`The event ${type} could not be stored: ${messageOf(error)}`);
    }
  }

  #event(type: "lockdown.set" | "lockdown.cleared", message: string, by: string): NewEvent {
    return { type, monotonicMs: this.#options.nowMs(), reason: null, message: message.slice(0, 500), data: { by } };
  }
}

function refusalOf(reason: string | null): UnlockRefusal {
  return unlockRefusals.find((candidate) => candidate === reason) ?? "relay_unavailable";
}
