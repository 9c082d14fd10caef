// Whether a daemon runs here, which then has the camera to itself.
import { connect } from "node:net";
import type { Config } from "../../config/config.ts";

const connectMs = 1_000;

/** Whether somebody answers at the API's port. */
export function isDaemonListening({ host, port }: Config["api"]): Promise<boolean> {
  if (port === 0) return Promise.resolve(false);
  const address = ["0.0.0.0", "::"].includes(host) ? "127.0.0.1" : host;
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: connectMs });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    for (const event of ["error", "timeout"]) socket.once(event, () => end(false));
  });
}
