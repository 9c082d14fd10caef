// The daemon's feedback: recent presences in memory, what was said of them on disk, and a fault for all that is in doubt.
import { Compile } from "typebox/compile";
import { codeOf, FacelatchError, messageOf } from "../errors/errors.ts";
import type { EventType, NewEvent } from "../events/events.ts";
import { encodeEmbedding } from "../sealed/embeddings.ts";
import { Reopening } from "../sealed/reopening.ts";
import {
  type Candidate,
  type Feedback,
  type FeedbackItem,
  type FeedbackQuery,
  type FeedbackStatus,
  type Negative,
  type NewFeedback,
  nameSchema,
  type SubjectFrame,
} from "./feedback.ts";
import { unavailable } from "./feedback-faults.ts";
import { FeedbackFolder } from "./feedback-folder.ts";
import { NegativeIndex } from "./negative-index.ts";
import { outdated, type QueueLimits, queueBytesOf } from "./queue.ts";
import { type RecentLimits, type RecentPresence, RecentPresences } from "./recent-presences.ts";
import { type Entry, itemOf } from "./register-content.ts";

export interface StoredFeedbackOptions {
  readonly stateDir: string;
  /** Of this run: presences are numbered anew in each. */
  readonly bootId: string;
  readonly recent: RecentLimits;
  readonly queue: QueueLimits;
  /** The most items whose face is a household negative. */
  readonly negativesMax: number;
  readonly wallClock: () => Date;
  /** By which frames grow old; `wallClock` unless told. */
  readonly retentionClock?: () => Date;
  /** Monotonic, in ms. */
  readonly nowMs: () => number;
  /** Told of what belongs into the record; must not throw. */
  readonly onEvent: (event: NewEvent) => void;
}

const nameValidator = Compile(nameSchema);

export class StoredFeedback implements Feedback {
  readonly #options: StoredFeedbackOptions;
  readonly #recent: RecentPresences;
  readonly #damaged = new Set<string>();
  /** Whose frames were looked through since the start. */
  readonly #checked = new Set<string>();
  #negatives = new NegativeIndex([]);
  readonly #folder: Reopening<FeedbackFolder>;

  constructor(options: StoredFeedbackOptions) {
    this.#options = options;
    this.#recent = new RecentPresences(options.recent);
    this.#folder = new Reopening({
      open: () => this.#open(),
      nowMs: options.nowMs,
      faultOf: (error) =>
        error instanceof FacelatchError && error.code === "FEEDBACK_UNAVAILABLE"
          ? error
          : unavailable("feedback that can be read", messageOf(error), "See the log.", error),
      onFault: (fault) => this.#note("feedback.fault", codeOf(fault), fault.message),
      onRecovered: () => this.#note("feedback.recovered", null, "The household negatives are known again."),
    });
  }

  noteFrame(frame: SubjectFrame): void {
    this.#recent.note(frame, this.#options.wallClock().toISOString());
  }

  negatives(embeddingSpace: string): readonly Negative[] {
    this.#folder.get();
    return this.#negatives.of(embeddingSpace);
  }

  record(given: NewFeedback): { item: FeedbackItem; isNew: boolean } {
    const said = withSoundName(given);
    const folder = this.#folder.get();
    this.#refresh(folder);
    const known = folder.content.entries.find(isOf(said));
    if (known !== undefined) return { item: agreeing(known, said), isNew: false };
    const presence = said.bootId === this.#options.bootId ? this.#recent.get(said.presenceId) : undefined;
    if (presence === undefined) throw unknownPresence(said);
    if (said.verdict === "not_me") this.#assertRoom(folder);
    const entry = this.#store(folder, said, presence);
    this.#note("feedback.recorded", said.verdict, recordedMessages[said.verdict], {
      presenceId: said.presenceId,
      itemId: entry.id,
      frames: entry.frames,
    });
    return { item: itemOf(entry), isNew: true };
  }

  items({ afterSeq, beforeSeq, limit }: FeedbackQuery): FeedbackItem[] {
    const entries = this.#folder
      .get()
      .content.entries.filter(({ seq }) => seq > (afterSeq ?? 0) && seq < (beforeSeq ?? Number.POSITIVE_INFINITY));
    return (afterSeq === undefined ? entries.reverse() : entries).slice(0, limit).map(itemOf);
  }

  candidates(): { bootId: string; candidates: Candidate[] } {
    const { bootId, nowMs } = this.#options;
    this.#recent.expire(nowMs());
    const candidates = this.#recent.list().map(({ presenceId, seenAt, frames }) => {
      const said = this.#folder.current?.content.entries.find(isOf({ bootId, presenceId }));
      return { presenceId, seenAt, frames: frames.length, item: said === undefined ? null : itemOf(said) };
    });
    return { bootId, candidates };
  }

  sweep(): number {
    this.#recent.expire(this.#options.nowMs());
    const folder = this.#folder.get();
    this.#refresh(folder);
    this.#checkOne(folder);
    const { queue, wallClock, retentionClock = wallClock } = this.#options;
    const leaving = outdated(folder.content, queue, retentionClock().getTime());
    if (leaving.length > 0) {
      folder.dropFrames(leaving);
      this.#adopt(folder);
    }
    return leaving.length;
  }

  status(): FeedbackStatus {
    const { fault } = this.#folder;
    const content = this.#folder.current?.content ?? { entries: [], nextSeq: 1 };
    return {
      state: fault === null ? "open" : "failed",
      items: content.entries.length,
      negatives: content.entries.filter(({ embeddings }) => embeddings.length > 0).length,
      negativesOfOtherSpaces: this.#negatives.itemsOfOtherSpaces,
      queueBytes: queueBytesOf(content),
      damaged: content.entries.filter(({ id, frames }) => frames > 0 && this.#damaged.has(id)).length,
      fault: fault === null ? null : { code: "FEEDBACK_UNAVAILABLE", message: fault.message },
    };
  }

  #store(folder: FeedbackFolder, said: NewFeedback, { frames }: RecentPresence): Entry {
    const isNegative = said.verdict === "not_me";
    try {
      return folder.add(
        {
          at: this.#options.wallClock().toISOString(),
          bootId: said.bootId,
          presenceId: said.presenceId,
          verdict: said.verdict,
          name: said.name ?? null,
          embeddings: isNegative
            ? frames.map(({ embeddingSpace, embedding }) => encodeEmbedding(embeddingSpace, embedding))
            : [],
        },
        frames.map(({ frameSeq, capturedAtMs, ownerScore, quality, jpeg }) => ({
          ...{ frameSeq, capturedAtMs, ownerScore, quality, jpeg },
        })),
        this.#options.queue,
      );
    } finally {
      // Also after a failure: what is on the disk by now is what counts.
      this.#adopt(folder);
    }
  }

  /** Dropping an old negative to make room would loosen the lock: a full list is told, and kept. */
  #assertRoom({ content }: FeedbackFolder): void {
    const { negativesMax } = this.#options;
    const negatives = content.entries.filter(({ embeddings }) => embeddings.length > 0).length;
    if (negatives < negativesMax) return;
    throw new FacelatchError("FEEDBACK_LIMIT", {
      expected: `at most ${negativesMax} household negatives`,
      found: "one more",
      next: "Train a new bundle with what is in the queue, then use `facelatch feedback forget` on the board.",
    });
  }

  #open(): FeedbackFolder {
    const folder = FeedbackFolder.open(this.#options.stateDir, (gone) => this.#tellForgotten(gone));
    folder.removeLeftovers();
    this.#adopt(folder);
    this.#findDamaged(folder);
    return folder;
  }

  /** Takes in what a command on the board changed. Throws FEEDBACK_UNAVAILABLE. */
  #refresh(folder: FeedbackFolder): void {
    const { content } = folder;
    try {
      folder.refresh();
    } catch (error) {
      throw this.#folder.fail(error);
    }
    if (folder.content !== content) this.#adopt(folder);
  }

  /** What a command on the board forgot loosens the lock, so it belongs into the record. */
  #tellForgotten(gone: readonly Entry[]): void {
    for (const { id, presenceId, verdict } of gone) {
      this.#note("feedback.forgotten", verdict, "Feedback was forgotten by a command on the board.", {
        itemId: id,
        presenceId,
      });
    }
  }

  #adopt({ content }: FeedbackFolder): void {
    this.#negatives = new NegativeIndex(content.entries, this.#negatives.latestSpace);
  }

  #findDamaged(folder: FeedbackFolder): void {
    for (const entry of folder.content.entries) if (!folder.hasFrames(entry)) this.#tellDamaged(folder, entry);
  }

  /** One item at a time, so that no look is held up; each once after a start. */
  #checkOne(folder: FeedbackFolder): void {
    const entry = folder.content.entries.find(({ id, frames }) => frames > 0 && !this.#checked.has(id));
    if (entry === undefined) return;
    this.#checked.add(entry.id);
    if (folder.frames(entry) === null) this.#tellDamaged(folder, entry);
  }

  #tellDamaged(folder: FeedbackFolder, { id, presenceId, verdict }: Entry): void {
    // A command on the board may have removed the frames a moment ago, with their item.
    this.#refresh(folder);
    if (this.#damaged.has(id) || !folder.content.entries.some((entry) => entry.id === id)) return;
    this.#damaged.add(id);
    this.#note("feedback.damaged", verdict, "The stored frames of a presence are missing or were altered.", {
      itemId: id,
      presenceId,
    });
  }

  #note(type: EventType, reason: string | null, message: string, data: NewEvent["data"] = {}): void {
    const { onEvent, nowMs } = this.#options;
    onEvent({ type, monotonicMs: nowMs(), reason, message: message.slice(0, 500), data });
  }
}

const recordedMessages: Record<NewFeedback["verdict"], string> = {
  not_me: "Somebody said that this was not the owner: such a face keeps the door locked.",
  was_me: "Somebody said that this was the owner: kept for the next training.",
};

function isOf({ bootId, presenceId }: Pick<Entry, "bootId" | "presenceId">) {
  return (entry: Entry): boolean => entry.bootId === bootId && entry.presenceId === presenceId;
}

/** The same name however it was typed. A name says who somebody else is, so that it goes with not_me alone. */
function withSoundName(said: NewFeedback): NewFeedback {
  if (said.name === undefined) return said;
  const name = said.name.normalize("NFC");
  if (said.verdict === "not_me" && nameValidator.Check(name)) return { ...said, name };
  throw new FacelatchError("REQUEST_INVALID", {
    expected: "a name of at most 40 letters and digits, with not_me alone",
    found: said.verdict === "not_me" ? "another one" : `one with ${said.verdict}`,
    next: "Leave the name away, or give another one.",
  });
}

/** The item that there is, where it says the same. Throws FEEDBACK_CONFLICT. */
function agreeing(known: Entry, { verdict, name }: NewFeedback): FeedbackItem {
  const saysTheSame = known.verdict === verdict && (name === undefined || name === known.name);
  if (saysTheSame) return itemOf(known);
  throw new FacelatchError("FEEDBACK_CONFLICT", {
    expected: "the same as was said of this presence before",
    found: known.verdict === verdict ? "another name" : `${verdict} after ${known.verdict}`,
    next: `Use \`facelatch feedback forget ${known.id}\` on the board first.`,
  });
}

function unknownPresence({ bootId, presenceId }: NewFeedback): FacelatchError {
  return new FacelatchError("FEEDBACK_PRESENCE_UNKNOWN", {
    expected: "a presence that is still remembered, as in /v1/feedback/candidates",
    found: `presence ${presenceId} of run ${bootId}`,
    next: "Only the last presences since the start can be spoken of.",
  });
}
