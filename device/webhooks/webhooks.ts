// The port of those who are told of what happens at the door by a request of ours.
import type { StoredEvent } from "../events/events.ts";

export interface WebhookStatus {
  /** Scheme, host and port; what follows them may be a secret. */
  readonly receiver: string;
  /** Events that it was not told yet. */
  readonly pending: number;
  readonly delivered: number;
  /** Events that it will never be told: refused, too old, or too many at once. */
  readonly dropped: number;
  /** Why the last attempt failed; the door works all the same. */
  readonly fault: string | null;
}

export interface Webhooks {
  /** Never throws, and never waits: the door does not depend on any receiver. */
  tell(event: StoredEvent): void;
  status(): readonly WebhookStatus[];
  /** What is pending is dropped. */
  stop(): void;
}
