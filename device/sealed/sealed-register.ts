// A register as a process works with it: opened with its key, refreshed when another process changed it, changed as a whole.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, removeTemporaries, syncFolder } from "./durable-files.ts";
import { keyPathOf, makeKey, readKey } from "./key-file.ts";
import {
  commitRegister,
  type NumberedRegister,
  newestNumber,
  type RegisterKind,
  readRegister,
  removeOlder,
} from "./register-files.ts";

/** Two processes that write at once are rare; one of them wins each time. */
const triesMax = 50;

export interface SealedRegisterOptions<Content> {
  readonly kind: RegisterKind<Content>;
  readonly stateDir: string;
  /** Told of what another process changed, before it counts here; must not throw. */
  readonly onRefreshed?: (before: Content, after: Content) => void;
  /** Whether something else lies there that was sealed with the key, which then must not be missing. */
  readonly hasMore?: () => boolean;
}

/** Every method throws what the file system throws; its user makes that its own errors with `onFiles`. */
export class SealedRegister<Content> {
  readonly folder: string;
  readonly #kind: RegisterKind<Content>;
  readonly #keyPath: string;
  readonly #onRefreshed: (before: Content, after: Content) => void;
  readonly #hasMore: () => boolean;
  #key: Buffer | null;
  #register: NumberedRegister<Content>;

  /**
   * Opens what there is; makes nothing.
   *
   * @throws FacelatchError the kind's `unavailable` when the key or the register is missing or altered
   */
  constructor({ kind, stateDir, onRefreshed, hasMore }: SealedRegisterOptions<Content>) {
    this.#kind = kind;
    this.folder = join(stateDir, kind.realm);
    this.#onRefreshed = onRefreshed ?? (() => undefined);
    this.#hasMore = hasMore ?? (() => false);
    this.#keyPath = keyPathOf(stateDir, kind.realm);
    this.#key = readKey(this.#keyPath, kind.faults.unavailable);
    this.#register = this.#read();
  }

  get content(): Content {
    return this.#register.content;
  }

  /** What is stored was stored with a key; a register that was never written has none. */
  get key(): Buffer {
    assert.ok(this.#key !== null, "what is stored was stored with a key");
    return this.#key;
  }

  /** Makes the key and the empty register, unless they are there. */
  begin(): Buffer {
    if (this.#key !== null) return this.#key;
    makeFolder(this.folder);
    const first: NumberedRegister<Content> = { number: 1, content: this.#kind.empty };
    rmSync(join(this.folder, "register-1"), { force: true });
    // The register before the key, so that a key without a register is always a loss.
    this.#key = makeKey(this.#keyPath, (key) => {
      if (commitRegister(this.#kind, this.folder, key, first)) return;
      throw this.#unavailable("no register before the first item", "one of another process", "Try again.");
    });
    this.#register = first;
    return this.#key;
  }

  /** Takes in what another process changed. */
  refresh(): void {
    const { number, content } = this.#register;
    const newest = newestNumber(this.folder) ?? 0;
    const isBeginning = this.#key === null && newest <= 1;
    if (newest === number || isBeginning) return;
    if (newest < number) {
      throw this.#unavailable(
        `the register ${number} in ${this.folder}`,
        newest === 0 ? "none" : `register ${newest}, an older one`,
        "Put it back, or start the daemon again to accept the older one.",
      );
    }
    this.#key ??= readKey(this.#keyPath, this.#kind.faults.unavailable);
    this.#register = this.#read();
    this.#onRefreshed(content, this.content);
  }

  /**
   * Changes the register, on disk before it returns.
   *
   * @param change gives the same content back where its change is in it already: another process may have built on it
   * before this one saw that it held
   */
  update(change: (content: Content) => Content): void {
    const { key } = this;
    for (let tries = 0; tries < triesMax; tries++) {
      this.refresh();
      const content = change(this.content);
      if (content === this.content) return;
      const next = { number: this.#register.number + 1, content };
      if (!commitRegister(this.#kind, this.folder, key, next)) continue;
      this.#register = next;
      return;
    }
    throw this.#unavailable("a register that changes rarely", "one that others kept changing", "Try again.");
  }

  /** What lies on the disk now, read anew. */
  onDisk(): Content {
    return readRegister(this.#kind, this.folder, this.key).content;
  }

  /** Removes what a killed writer left, for good; the daemon alone does so. */
  removeLeftovers(): void {
    removeTemporaries(this.folder);
    if (this.#key === null) return;
    removeOlder(this.folder, this.#register.number);
    syncFolder(this.folder);
  }

  #read(): NumberedRegister<Content> {
    return this.#key === null ? this.#withoutKey() : readRegister(this.#kind, this.folder, this.#key);
  }

  /**
   * Without a key there must be nothing that was sealed with one, but for the empty register of a beginning that was
   * cut short.
   */
  #withoutKey(): NumberedRegister<Content> {
    const newest = newestNumber(this.folder) ?? 0;
    if (newest <= 1 && !this.#hasMore()) return { number: 0, content: this.#kind.empty };
    throw this.#unavailable(
      `the key ${this.#keyPath}`,
      `none, beside what was sealed with it in ${this.folder}`,
      this.#kind.nextWithout(this.folder),
    );
  }

  #unavailable(expected: string, found: string, next: string) {
    return this.#kind.faults.unavailable(expected, found, next);
  }
}
