// The port of the house: who else may know what the door does, and what they may ask of it.
import type { StoredEvent } from "../events/events.ts";

/** What a house is told, whenever it changes; nothing of it names a person or shows one. */
export interface HomeState {
  readonly lock: "locked" | "unlocked" | "jammed";
  readonly isLockedDown: boolean;
  /** Null where there is no contact, or no tamper switch; "unknown" where it cannot be read. */
  readonly contact: "open" | "closed" | "unknown" | null;
  readonly tamper: "tampered" | "clear" | "unknown" | null;
  /** Whether faces may open the door. */
  readonly isFaceUnlockOn: boolean;
  /** The codes of what is wrong; empty when all is well. */
  readonly causes: readonly string[];
  readonly bundle: { readonly name: string; readonly sha256: string } | null;
  /** See `Updates`: idle, downloading, verifying, trial, confirmed, reverted. */
  readonly updates: string;
  /** The head of the record, SEQ:HASH: whoever keeps it can tell later whether the record was written anew. */
  readonly recordHead: string | null;
}

/** What a house may ask for; each throws FacelatchError with the reason where it is refused. */
export interface HomeCommands {
  /** Null where the configuration does not allow it. */
  readonly unlock: (() => Promise<void>) | null;
  readonly setLockdown: ((on: boolean) => Promise<void>) | null;
  readonly setFaceUnlock: ((on: boolean) => Promise<void>) | null;
}

export interface HomeStatus {
  readonly state: "off" | "connecting" | "connected";
  /** Why it is not connected; the door works all the same. */
  readonly fault: string | null;
}

export interface Home {
  /** Never throws, and never waits: the door does not depend on any house. */
  start(): void;
  tell(event: StoredEvent): void;
  status(): HomeStatus;
  stop(): Promise<void>;
}

export class NoHome implements Home {
  start(): void {}
  tell(): void {}
  status(): HomeStatus {
    return { state: "off", fault: null };
  }
  async stop(): Promise<void> {}
}
