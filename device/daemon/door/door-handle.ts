// The door's handle for the API: it opens through the pipeline, once for each request, and keeps what bars people or faces.
import type { RefusalReason } from "../../decision/decision.ts";
import {
  type Ban,
  type DoorControl,
  type FaceUnlock,
  type UnlockAnswer,
  type UnlockRefusal,
  type UnlockRequest,
  unlockRefusals,
} from "../../door/door.ts";
import type { StoredEvent } from "../../events/events.ts";
import type { Opening } from "../../pipeline.ts";
import type { Store } from "../../store/store.ts";
import { KeptBan } from "./kept-ban.ts";

type BanFile = ConstructorParameters<typeof KeptBan>[0]["file"];

export interface DoorHandleOptions {
  readonly pipeline: {
    readonly openByHand: (opening: Opening) => Promise<RefusalReason | null>;
    readonly setLockdown: (on: boolean) => void;
    readonly setFacesOff: (off: boolean) => void;
  };
  readonly store: Pick<Store, "append" | "events" | "status">;
  readonly answered: {
    readonly answerTo: (id: string) => Promise<UnlockAnswer> | null;
    readonly once: (id: string, work: () => Promise<UnlockAnswer>) => Promise<UnlockAnswer>;
    readonly recall: (id: string, answer: UnlockAnswer) => void;
  };
  readonly lockdownFile: BanFile;
  readonly facesOffFile: BanFile;
  readonly pulseMs: number;
  readonly nowMs: () => number;
  readonly wallClock: () => Date;
  readonly onError: (text: string) => void;
}

/** So far back an earlier run's requests are looked for. */
const recalledMs = 86_400_000;
const recalledMax = 500;

export class DoorHandle implements DoorControl {
  readonly #options: DoorHandleOptions;
  readonly #lockdown: KeptBan;
  readonly #facesOff: KeptBan;
  #hasRecalled = false;

  constructor(options: DoorHandleOptions) {
    const { pipeline, lockdownFile, facesOffFile } = options;
    this.#options = options;
    this.#lockdown = new KeptBan({
      ...options,
      file: lockdownFile,
      apply: (on) => pipeline.setLockdown(on),
      set: { type: "lockdown.set", message: "The door was locked down" },
      lifted: { type: "lockdown.cleared", message: "The lockdown was lifted" },
      stands: "The lockdown could not be lifted: it stands.",
    });
    this.#facesOff = new KeptBan({
      ...options,
      file: facesOffFile,
      apply: (on) => pipeline.setFacesOff(on),
      set: { type: "face_unlock.off", message: "Faces were switched off" },
      lifted: { type: "face_unlock.on", message: "Faces were switched on again" },
      stands: "Faces could not be switched on: they stay off.",
    });
  }

  /** Takes up a lockdown and a switch of before; until then the door must not run. Never rejects. */
  async start(): Promise<void> {
    await Promise.all([this.#lockdown.start(), this.#facesOff.start()]);
  }

  answerTo(id: string): Promise<UnlockAnswer> | null {
    this.#recall();
    return this.#options.answered.answerTo(id);
  }

  async unlock({ by, id }: UnlockRequest): Promise<UnlockAnswer> {
    this.#recall();
    const { answered, pipeline, pulseMs } = this.#options;
    return answered.once(id, async () => {
      const reason = await pipeline.openByHand({ by, requestId: id });
      return reason === null ? { kind: "opened", pulseMs } : { kind: "refused", reason: refusalOf(reason) };
    });
  }

  lockdown(): Ban | null {
    return this.#lockdown.ban;
  }

  lockDown(by: string): Promise<Ban> {
    return this.#lockdown.set(by);
  }

  liftLockdown(by: string): Promise<void> {
    return this.#lockdown.lift(by);
  }

  faceUnlock(): FaceUnlock {
    const off = this.#facesOff.ban;
    return { on: off === null, off };
  }

  async switchFacesOff(by: string): Promise<void> {
    await this.#facesOff.set(by);
  }

  switchFacesOn(by: string): Promise<void> {
    return this.#facesOff.lift(by);
  }

  /** What was answered before a restart is in the record of openings, which comes before each of them. */
  #recall(): void {
    const { store, wallClock, answered } = this.#options;
    if (this.#hasRecalled || store.status().state !== "open") return;
    const since = new Date(Math.max(0, wallClock().getTime() - recalledMs)).toISOString();
    // The newest first: of a request that was granted and then failed, it is the failure.
    for (const event of store.events({ types: ["unlock.granted", "unlock.refused"], since, limit: recalledMax })) {
      const id = event.data["requestId"];
      if (typeof id === "string") answered.recall(id, this.#answerIn(event));
    }
    // Last: what could not be read is read for the next request, which may be one of before.
    this.#hasRecalled = true;
  }

  #answerIn({ type, reason }: StoredEvent): UnlockAnswer {
    if (type === "unlock.granted") return { kind: "opened", pulseMs: this.#options.pulseMs };
    return { kind: "refused", reason: refusalOf(reason) };
  }
}

function refusalOf(reason: string | null): UnlockRefusal {
  return unlockRefusals.find((candidate) => candidate === reason) ?? "relay_unavailable";
}
