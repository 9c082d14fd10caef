// The daemon's passkeys: challenges in memory, public keys on disk, one check after another.
import { FacelatchError } from "../errors/errors.ts";
import type { NewEvent } from "../events/events.ts";
import { Challenges } from "./challenges.ts";
import { isKeepable, PasskeyFiles, type StoredPasskey } from "./passkey-files.ts";
import type { Ask, Assertion, CredentialOptions, NewCredential, Passkey, Passkeys } from "./passkeys.ts";
import {
  challengeIn,
  creationOptions,
  refused,
  requestOptions,
  verifiedCounter,
  verifiedCredential,
} from "./webauthn.ts";

export const passkeysMax = 32;

export interface StoredPasskeysOptions {
  readonly stateDir: string;
  readonly wallClock: () => Date;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
  /** Stores an event, on disk before it returns. Throws STORE_UNAVAILABLE, STORE_FULL. */
  readonly record: (event: NewEvent) => void;
  /** Stores one too; must not throw. */
  readonly note: (event: NewEvent) => void;
}

export class StoredPasskeys implements Passkeys {
  readonly #options: StoredPasskeysOptions;
  readonly #files: PasskeyFiles;
  readonly #challenges: Challenges;
  /** What reads and then writes is done one after another, so that no counter is read twice. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: StoredPasskeysOptions) {
    this.#options = options;
    this.#files = new PasskeyFiles(options.stateDir);
    this.#challenges = new Challenges(options.nowMs);
  }

  async list(): Promise<Passkey[]> {
    return (await this.#files.all()).map(shown);
  }

  async offer(ask: Ask): Promise<CredentialOptions> {
    const known = await this.#files.all();
    assertRoom(known);
    return creationOptions(this.#challenges.make(ask, "register"), ask.site, ofHost(known, ask));
  }

  async register(
    ask: Ask,
    { name, by, credential }: { readonly name: string; readonly by: string; readonly credential: NewCredential },
  ): Promise<Passkey> {
    const challenge = this.#taken(credential.clientDataJSON, ask, "register");
    return this.#inTurn(async () => {
      const verified = await verifiedCredential(credential, challenge, ask.site);
      const known = await this.#files.all();
      assertRoom(known);
      if (known.some(({ credentialId }) => credentialId === verified.credentialId))
        throw refused("one that is there already");
      const { transports } = credential;
      const createdAt = this.#options.wallClock().toISOString();
      const record = { name, host: ask.site.host, ...verified, transports, createdAt, lastUsedAt: null };
      if (!isKeepable(record)) throw refused("one whose id or key is too long");
      this.#options.record(this.#event("passkey.registered", `A passkey "${name}" was registered by ${by}.`, by));
      return shown(await this.#files.add(record));
    });
  }

  async challenge(ask: Ask, requestId: string): Promise<CredentialOptions> {
    const known = ofHost(await this.#files.all(), ask);
    if (known.length === 0) {
      throw new FacelatchError("PASSKEY_MISSING", {
        expected: `a passkey that was registered at ${ask.site.host}`,
        found: "none",
        next: "Register one on this page, in a browser that was paired a moment ago.",
      });
    }
    return requestOptions(this.#challenges.make(ask, requestId), ask.site, known);
  }

  async confirm(ask: Ask, requestId: string, assertion: Assertion): Promise<Passkey> {
    const challenge = this.#taken(assertion.clientDataJSON, ask, requestId);
    return this.#inTurn(async () => {
      const known = ofHost(await this.#files.all(), ask).find(({ credentialId }) => credentialId === assertion.id);
      if (known === undefined) throw refused("one that this door does not know");
      const counter = await verifiedCounter(assertion, challenge, ask.site, known);
      const used: StoredPasskey = { ...known, counter, lastUsedAt: this.#options.wallClock().toISOString() };
      // Before anything follows from it: a copy that counts along must not get in after a power cut.
      await this.#files.replace(used);
      return shown(used);
    });
  }

  async remove(id: string, by: string): Promise<void> {
    await this.#inTurn(async () => {
      const known = (await this.#files.all()).find((passkey) => passkey.id === id);
      if (known === undefined) {
        throw new FacelatchError("PASSKEY_UNKNOWN", {
          expected: "a passkey as in /v1/passkeys",
          found: id,
          next: "It may have been removed.",
        });
      }
      await this.#files.remove(id);
      // The strict side needs no record.
      this.#options.note(this.#event("passkey.removed", `The passkey "${known.name}" was removed by ${by}.`, by));
    });
  }

  /** The challenge that the browser answers, used up. */
  #taken(clientDataJSON: string, ask: Ask, what: string): string {
    const challenge = challengeIn(clientDataJSON);
    if (challenge === null) throw refused("no challenge that this page's browser signed");
    if (this.#challenges.take(challenge, ask, what)) return challenge;
    throw new FacelatchError("PASSKEY_STALE", {
      expected: "the answer to a challenge of this request, within a minute, for the first time",
      found: "another one",
      next: "Ask for a new challenge.",
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #event(type: "passkey.registered" | "passkey.removed", message: string, by: string): NewEvent {
    return { type, monotonicMs: this.#options.nowMs(), reason: null, message: message.slice(0, 500), data: { by } };
  }
}

function assertRoom(known: readonly StoredPasskey[]): void {
  if (known.length < passkeysMax) return;
  throw new FacelatchError("PASSKEY_LIMIT", {
    expected: `at most ${passkeysMax} passkeys`,
    found: "one more",
    next: "Remove one first.",
  });
}

function ofHost(known: readonly StoredPasskey[], { site }: Ask): StoredPasskey[] {
  return known.filter(({ host }) => host === site.host);
}

function shown({ id, name, host, createdAt, lastUsedAt }: StoredPasskey): Passkey {
  return { id, name, host, createdAt, lastUsedAt };
}
