// All receivers of the configuration.
import type { StoredEvent } from "../events/events.ts";
import type { Receiver } from "./receiver.ts";
import type { WebhookStatus, Webhooks } from "./webhooks.ts";

export class SignedWebhooks implements Webhooks {
  readonly #receivers: readonly Receiver[];

  constructor(receivers: readonly Receiver[]) {
    this.#receivers = receivers;
  }

  tell(event: StoredEvent): void {
    for (const receiver of this.#receivers) receiver.tell(event);
  }

  status(): readonly WebhookStatus[] {
    return this.#receivers.map((receiver) => receiver.status());
  }

  stop(): void {
    for (const receiver of this.#receivers) receiver.stop();
  }
}
