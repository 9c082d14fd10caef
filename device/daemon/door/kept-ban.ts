// What keeps the door locked for everybody, or for faces, from the moment that somebody wants it until somebody lifts it,
// through restarts.
import { type Ban, banUnread } from "../../door/door.ts";
import { messageOf } from "../../errors/errors.ts";
import type { EventType, NewEvent } from "../../events/events.ts";
import type { Store } from "../../store/store.ts";

interface Telling {
  readonly type: EventType;
  /** Followed by who it was. */
  readonly message: string;
}

export interface KeptBanOptions {
  readonly file: {
    readonly read: () => Promise<Ban | null>;
    readonly write: (ban: Ban) => Promise<void>;
    readonly remove: () => Promise<void>;
  };
  /** Makes it hold, or no more, from the return on. */
  readonly apply: (on: boolean) => void;
  readonly set: Telling;
  readonly lifted: Telling;
  /** What is recorded where a lifting that was recorded failed. */
  readonly stands: string;
  readonly store: Pick<Store, "append">;
  readonly nowMs: () => number;
  readonly wallClock: () => Date;
  readonly onError: (text: string) => void;
}

const unreadRetryMs = 1_000;

export class KeptBan {
  readonly #options: KeptBanOptions;
  #ban: Ban | null = null;
  /** The same while nobody knows what its file says: anybody's word goes before it. */
  #unread: Ban | null = null;
  /** Set and lifted one after another. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: KeptBanOptions) {
    this.#options = options;
  }

  /** Null while it does not hold. */
  get ban(): Ban | null {
    return this.#ban;
  }

  /** Takes up one of before. Never rejects: what cannot be read holds. */
  async start(): Promise<void> {
    await this.#read();
  }

  async #read(): Promise<void> {
    const { file, apply } = this.#options;
    const before = this.#ban;
    let ban: Ban | null;
    let isUnread = false;
    try {
      ban = await file.read();
    } catch (error) {
      ban = banUnread(messageOf(error));
      isUnread = true;
    }
    // What somebody said meanwhile stands, whatever the disk says of before.
    if (this.#ban !== before) return;
    this.#ban = ban;
    this.#unread = isUnread ? ban : null;
    if (ban !== null || before !== null) apply(ban !== null);
    // The disk may come back.
    if (isUnread) setTimeout(() => void this.#readAgain(), unreadRetryMs).unref();
  }

  async #readAgain(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#ban !== null && this.#ban === this.#unread) await this.#read();
    });
  }

  /** Holds from the moment of the call; throws where its file cannot be written, and holds all the same. */
  async set(by: string): Promise<Ban> {
    const { apply, file, wallClock, set } = this.#options;
    const known = this.#ban === this.#unread ? null : this.#ban;
    let isNew = known === null;
    const ban = known ?? { sinceAt: wallClock().toISOString(), by };
    // At once, whatever else is under way.
    this.#ban = ban;
    apply(true);
    return this.#inTurn(async () => {
      // Lifted while this one waited: it was asked for later.
      if (this.#ban === null) {
        isNew = true;
        this.#ban = ban;
        apply(true);
      }
      if (isNew) this.#tell(set, by);
      await file.write(ban);
      return ban;
    });
  }

  /** Recorded first; throws where that fails, or its file stays, and then it holds. */
  async lift(by: string): Promise<void> {
    const { apply, file, store, set, lifted, stands } = this.#options;
    return this.#inTurn(async () => {
      if (this.#ban === null) return;
      store.append(this.#event(lifted, by));
      try {
        await file.remove();
      } catch (error) {
        this.#tell(set, by, stands);
        throw error;
      }
      this.#ban = null;
      apply(false);
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #tell(telling: Telling, by: string, message?: string): void {
    try {
      this.#options.store.append(this.#event(telling, by, message));
    } catch (error) {
      // The strict side needs no record.
      this.#options.onError(`The event ${telling.type} could not be stored: ${messageOf(error)}`);
    }
  }

  #event(telling: Telling, by: string, message = `${telling.message} by ${by}.`): NewEvent {
    const monotonicMs = this.#options.nowMs();
    return { type: telling.type, monotonicMs, reason: null, message: message.slice(0, 500), data: { by } };
  }
}
