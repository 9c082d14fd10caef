// The pairing button on a line of a stand-in for the character devices, held when a test says so, in time that the test lets pass.
import type { KnockAnswer } from "../../../device/access/access.ts";
import { PairingButton } from "../../../device/access/pairing-button.ts";
import type { NewEvent } from "../../../device/events/events.ts";
import type { Ending } from "../api/fake-device.ts";
import { FakeChips } from "../relay/fake-chips.ts";
import { FakeClock } from "../relay/fake-clock.ts";

export const buttonLine = 26;
/** Longer than a level must stay to count. */
export const settledMs = 60;

export class PlayedButton {
  readonly chips = new FakeChips(["pinctrl-bcm2835"]);
  readonly clock = new FakeClock();
  readonly events: NewEvent[] = [];
  readonly warnings: string[] = [];
  readonly button: PairingButton;

  /** @param onEvent told of each event beside the list */
  constructor(t: Ending, onEvent: (event: NewEvent) => void = () => undefined) {
    this.button = new PairingButton({
      ...{ chipLabel: "pinctrl-bcm2835", line: buttonLine, activeLow: true, bias: "pull_up" },
      ...{ source: { devRoot: this.chips.root, addon: this.chips }, clock: this.clock },
      onEvent: (event) => {
        this.events.push(event);
        onEvent(event);
      },
      onWarning: (text) => this.warnings.push(text),
    });
    t.after(() => {
      this.button.stop();
      this.chips.close();
    });
  }

  /** The line is taken and was seen at rest, on a board that has run for longer than any knock lasts. */
  async rested(): Promise<this> {
    await this.clock.advance(600_000);
    await this.button.start();
    await this.clock.advance(settledMs);
    return this;
  }

  /** The button connects the line to ground. */
  set(pressed: boolean): void {
    this.chips.setHigh(0, buttonLine, !pressed);
  }

  async hold(forMs = 5_000): Promise<void> {
    this.set(true);
    await this.clock.advance(forMs);
    this.set(false);
    await this.clock.advance(settledMs);
  }

  /** What a browser that knocks now, and waits for a hold, is told. */
  async knockAndHold(forMs?: number): Promise<KnockAnswer> {
    const secret = this.button.knock()!;
    await this.clock.advance(1);
    await this.hold(forMs);
    return this.button.poll(secret);
  }
}
