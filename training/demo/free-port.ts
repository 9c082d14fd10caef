// Picks the demo's port: the usual one, or any free one where that is taken.
import { createServer } from "node:net";

/** `preferred` when it is free on loopback, another free port otherwise. */
export async function freePort(preferred: number): Promise<number> {
  return tryPort(preferred).catch(() => tryPort(0));
}

function tryPort(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
