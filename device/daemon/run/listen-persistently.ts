// The API listens as soon as its port can be had; the door does not wait for it.
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Api } from "../../api/api.ts";

const retryMs = 5_000;

/**
 * Resolves once the API listens, or when the signal aborts. Never rejects.
 *
 * @param prepare is done before each attempt; while it rejects, the API does not listen
 */
export async function listenPersistently(
  api: Api,
  address: { readonly host: string; readonly port: number },
  logger: Logger,
  signal: AbortSignal,
  prepare: () => Promise<void> = async () => undefined,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await prepare();
      await api.listen({ host: address.host, port: address.port });
      return;
    } catch (error) {
      logger.error({ err: error }, `the API cannot listen on ${address.host}:${address.port}; it is tried again`);
    }
    await delay(retryMs, undefined, { signal }).catch(() => undefined);
  }
}
