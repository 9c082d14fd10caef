// The lines at the door as the daemon uses them: inputs become events and keep faces out, and LED and buzzer show what happens.
import type { TamperReason } from "../../decision/decision.ts";
import {
  type DoorIo,
  type DoorIoListeners,
  type DoorIoStatus,
  type DoorSignals,
  ledOf,
} from "../../door-io/door-io.ts";
import type { EventType, NewEvent, StoredEvent } from "../../events/events.ts";
import type { Look } from "../../pipeline.ts";
import type { RelayStatus } from "../../relay/relay.ts";
import { EventWindow } from "../record/event-window.ts";

export interface DoorSideOptions {
  readonly openIo: (listeners: DoorIoListeners) => DoorIo;
  readonly signals: DoorSignals;
  /** Stores an event; must not throw. */
  readonly record: (event: NewEvent) => void;
  /** Ends the pulse once the door has been opened in it; null where it is to have its length. */
  readonly relock: (() => void) | null;
  /** Told when faces begin or cease to be kept out. */
  readonly onTamper: (tamper: TamperReason | null) => void;
}

const alarming: ReadonlySet<EventType> = new Set<EventType>(["door.forced", "door.held_open", "door.tampered"]);

export class DoorSide {
  readonly #io: DoorIo;
  readonly #signals: DoorSignals;
  #isOpening = false;
  #isFaulty = false;
  #isSomebodyThere = false;

  constructor({ openIo, signals, record, relock, onTamper }: DoorSideOptions) {
    const window = new EventWindow(record);
    this.#signals = signals;
    const onEvent = (event: NewEvent): void => {
      window.push(event);
      if (event.type === "door.opened" && this.#isOpening) relock?.();
    };
    this.#io = openIo({ onTamper, onEvent });
  }

  async start(): Promise<void> {
    this.#signals.start();
    this.#show();
    await this.#io.start();
  }

  async stop(): Promise<void> {
    await this.#io.stop();
    this.#signals.stop();
  }

  status(): DoorIoStatus {
    const status = this.#io.status();
    return { ...status, faults: [...status.faults, ...this.#signals.faults()] };
  }

  /** Why no face may open; null where faces may. */
  tamper(): TamperReason | null {
    return this.#io.tamperBlock();
  }

  notePulse(active: boolean): void {
    this.#isOpening = active;
    this.#io.notePulse(active);
    this.#show();
    if (active) this.#signals.sound("opened");
  }

  noteLook({ observation, decision }: Look, relay: Pick<RelayStatus, "fault">): void {
    this.#isFaulty = observation.kind === "fault" || relay.fault !== null || this.tamper() !== null;
    this.#isSomebodyThere = decision.presence !== null;
    this.#show();
  }

  /** Whoever is refused over the API is not at the door. */
  noteEvent({ type, data }: Pick<StoredEvent, "type" | "data">): void {
    if (alarming.has(type)) this.#signals.sound("alarm");
    else if (type === "unlock.refused" && data["way"] === undefined) this.#signals.sound("refused");
  }

  #show(): void {
    const { forced } = this.#io.status();
    this.#signals.show(
      ledOf({
        isOpening: this.#isOpening,
        isFaulty: this.#isFaulty || forced,
        isSomebodyThere: this.#isSomebodyThere,
      }),
    );
  }
}
