// A relay that is started again until it obeys: a line that is busy at boot must not keep the owner out for ever.
import type { Relay, RelayStatus } from "../../relay/relay.ts";

const retryMs = 5_000;

export class KeptRelay implements Relay {
  readonly #relay: Relay;
  #onPulse: (active: boolean) => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(relay: Relay) {
    this.#relay = relay;
  }

  /** Tries to start now, and every 5 s until that succeeds; the failure shows in `status()`. */
  async keep(): Promise<void> {
    const started = await this.#relay.start().then(
      () => true,
      () => false,
    );
    if (!started && !this.#stopped) this.#timer = setTimeout(() => void this.keep(), retryMs);
  }

  start(): Promise<void> {
    return this.#relay.start();
  }

  /** Names who is told when the line becomes active, and when that pulse is over or has failed; must not throw. */
  onPulse(listener: (active: boolean) => void): void {
    this.#onPulse = listener;
  }

  async pulse(onActive: () => void = () => undefined): Promise<void> {
    let hasBegun = false;
    try {
      await this.#relay.pulse(() => {
        hasBegun = true;
        this.#onPulse(true);
        onActive();
      });
    } finally {
      if (hasBegun) this.#onPulse(false);
    }
  }

  relock(): void {
    this.#relay.relock();
  }

  heartbeat(): void {
    this.#relay.heartbeat();
  }

  status(): RelayStatus {
    return this.#relay.status();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    return this.#relay.stop();
  }
}
