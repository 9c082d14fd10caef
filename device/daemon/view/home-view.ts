// What a house is told of the door, put together from the daemon's parts.
import type { StatusReport } from "../../api/api.ts";
import type { Delivery } from "../../delivery/delivery.ts";
import type { HomeState } from "../../home/home.ts";

export interface HomeViewParts {
  readonly report: () => StatusReport;
  readonly delivery: Pick<Delivery, "status">;
}

/** Where updates stand lies on the disk, and is looked at so often. */
const updatesEveryMs = 1_000;

export class HomeView {
  readonly #parts: HomeViewParts;
  #updates: HomeState["updates"] = "idle";
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: HomeViewParts) {
    this.#parts = parts;
  }

  state(): HomeState {
    this.#lookAtUpdates();
    const { state, relay, door, faceUnlock, causes, bundle, store } = this.#parts.report();
    return {
      lock: relay.fault !== null || door.jammed ? "jammed" : relay.active ? "unlocked" : "locked",
      isLockedDown: state === "locked_down",
      ...{ contact: door.contact, tamper: door.tamper },
      isFaceUnlockOn: faceUnlock.on,
      causes: causes.map(({ code }) => code),
      bundle: bundle === null ? null : { name: bundle.name, sha256: bundle.sha256 },
      updates: this.#updates,
      recordHead: store.headHash === null ? null : `${store.lastSeq}:${store.headHash}`,
    };
  }

  #lookAtUpdates(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedAtMs < updatesEveryMs) return;
    this.#lookedAtMs = nowMs;
    this.#parts.delivery.status().then(
      ({ state }) => {
        this.#updates = state;
      },
      // The daemon tells of it elsewhere.
      () => undefined,
    );
  }
}
