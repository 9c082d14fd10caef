// The button that pairs a browser, on a GPIO line of the board: holds of it go to the knocks, and what fails is told.
import { randomBytes } from "node:crypto";
import { monotonicClock, type TimerClock } from "../clock/clock.ts";
import { FacelatchError } from "../errors/errors.ts";
import type { NewEvent } from "../events/events.ts";
import { type CdevSource, type InputLineSettings, KeptInput, requestCdevInput, SettledLevel } from "../gpio/gpio.ts";
import type { ButtonPairing, ButtonPairingStatus, KnockAnswer } from "./access.ts";
import { type ButtonInput, type ButtonState, faultOf, type HoldLimits, stepButton, unread } from "./button-hold.ts";
import {
  type Knocks,
  knocksNow,
  noKnocks,
  noteHold,
  pollKnock,
  refuseKnock,
  takeKnock,
  withdrawKnock,
} from "./knocks.ts";
import { sha256 } from "./token-text.ts";

export interface PairingButtonOptions extends InputLineSettings {
  readonly source?: CdevSource;
  readonly clock?: TimerClock;
  /** Stores an event; must not throw. */
  readonly onEvent: (event: NewEvent) => void;
  /** Told in words of what somebody who looks after the door should know; must not throw. */
  readonly onWarning: (text: string) => void;
}

export const holdLimits: HoldLimits = { holdMinMs: 3_000, holdMaxMs: 10_000, unrestMaxMs: 3_000, unseenMaxMs: 1_000 };
const debounceMs = 50;
/** So often a button that is held is looked at. */
const lookMs = 250;
const secretBytes = 32;

export class PairingButton implements ButtonPairing {
  readonly #options: PairingButtonOptions;
  readonly #clock: TimerClock;
  readonly #input: KeptInput;
  readonly #settled: SettledLevel;
  #button: ButtonState = unread;
  #knocks: Knocks;
  #toldFault: string | null = null;
  #cancelLook: () => void = () => {};

  constructor(options: PairingButtonOptions) {
    const { clock = monotonicClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#knocks = noKnocks(clock.nowMs());
    this.#settled = new SettledLevel({
      ...{ debounceMs, clock },
      readLevel: () => this.#input.read(),
      onSettled: (level, sinceMs) => this.#step({ type: "settled", level, sinceMs }),
      onUnsettled: (sinceMs) => this.#step({ type: "unrest", sinceMs }),
    });
    this.#input = new KeptInput({
      open: async ({ edge }) => this.#open(edge),
      clock,
      unavailable: (found, cause) => this.#unavailable(found, cause),
      onEdge: () => this.#settled.edge(),
      onTaken: () => {
        this.#step({ type: "taken" });
        this.#settled.start();
      },
      onLost: () => {
        this.#settled.stop();
        this.#step({ type: "lost" });
      },
    });
  }

  /** Tries to take the line, now and every 5 s until that succeeds; never throws. */
  start(): Promise<void> {
    return this.#input.start();
  }

  stop(): void {
    this.#input.stop();
    this.#settled.stop();
    this.#cancelLook();
    this.#button = unread;
  }

  status(): ButtonPairingStatus {
    const fault = this.fault();
    return {
      adapter: this.#adapter(),
      knocks: knocksNow(this.#knocks, this.#clock.nowMs()),
      fault: fault === null ? null : { code: "PAIRING_BUTTON_UNAVAILABLE", message: fault.message },
    };
  }

  fault(): FacelatchError | null {
    const fault = faultOf(this.#button);
    return this.#input.fault ?? (fault === null ? null : this.#unavailable(fault));
  }

  knock(): string | null {
    const secret = randomBytes(secretBytes).toString("base64url");
    const [knocks, isTaken] = takeKnock(this.#knocks, hashOf(secret), this.#clock.nowMs());
    this.#keep(knocks);
    return isTaken ? secret : null;
  }

  refuseKnock(): void {
    this.#keep(refuseKnock(this.#knocks, this.#clock.nowMs()));
  }

  poll(secret: string): KnockAnswer {
    const [knocks, answer] = pollKnock(this.#knocks, hashOf(secret), this.#clock.nowMs());
    this.#keep(knocks);
    return answer;
  }

  withdraw(secret: string): void {
    this.#keep(withdrawKnock(this.#knocks, hashOf(secret), this.#clock.nowMs()));
  }

  #step(input: ButtonInput): void {
    const [button, hold] = stepButton(this.#button, input, this.#clock.nowMs(), holdLimits);
    this.#button = button;
    if (hold !== null) this.#hold(hold.sinceMs);
    this.#tellFault();
    this.#cancelLook();
    if (button.kind === "active") this.#cancelLook = this.#clock.after(lookMs, () => this.#look());
  }

  #look(): void {
    const level = this.#input.read();
    // A line that cannot be read was given up, and that was told.
    if (level !== null) this.#step({ type: "look", level });
  }

  #hold(sinceMs: number): void {
    const nowMs = this.#clock.nowMs();
    const [knocks, outcome] = noteHold(this.#knocks, sinceMs, nowMs);
    this.#keep(knocks);
    if (outcome !== "contested") return;
    const message = "The pairing button was held, and several browsers want in: none was let in.";
    this.#options.onEvent({ type: "access.contested", monotonicMs: nowMs, reason: null, message, data: {} });
  }

  #keep(knocks: Knocks): void {
    const began = this.#knocks.contestedAtMs === null && knocks.contestedAtMs !== null;
    this.#knocks = knocks;
    if (began) this.#options.onWarning("several browsers want in: the pairing button lets in none for five minutes");
  }

  #tellFault(): void {
    const fault = this.fault()?.message ?? null;
    if (fault === this.#toldFault) return;
    this.#toldFault = fault;
    this.#options.onWarning(fault ?? "the pairing button can be used again");
  }

  #open(edge: () => void): ReturnType<typeof requestCdevInput> {
    const { chipLabel, line, activeLow, bias, source } = this.#options;
    const own = { user: "PAIRING_BUTTON_UNAVAILABLE", consumer: "facelatch-pairing", onEdge: edge } as const;
    return requestCdevInput({ chipLabel, line, activeLow, bias, ...source, ...own });
  }

  #adapter(): string {
    const { chipLabel, line, activeLow } = this.#options;
    return `${chipLabel} line ${line}${activeLow ? ", active low" : ""}`;
  }

  #unavailable(found: string, cause?: unknown): FacelatchError {
    return new FacelatchError("PAIRING_BUTTON_UNAVAILABLE", {
      expected: `an input that is inactive while nobody presses (api.pairingButton, ${this.#adapter()})`,
      found,
      next: "Check the button, its wiring and its pull resistor; it is tried again by itself.",
      cause,
    });
  }
}

function hashOf(secret: string): string {
  return sha256(secret).toString("hex");
}
