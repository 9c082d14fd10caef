// A way to a board that breaks off again and again, so that what is sent has to go on.
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Ending } from "../fixtures/real-daemon.ts";

export interface CuttingProxy {
  readonly port: number;
  target: number;
  cut: number;
  sentBytes: number;
}

/** Passes connections on, and ends each after so many bytes. */
export async function cuttingProxy(t: Ending, target: number, bytesMax: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const board = connect(proxy.target, "127.0.0.1");
    for (const socket of [client, board]) {
      sockets.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          client.destroy();
          board.destroy();
        });
    }
    let bytes = 0;
    client.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      proxy.sentBytes += chunk.length;
      if (bytes > bytesMax) {
        proxy.cut++;
        client.destroy();
      } else if (!board.write(chunk)) {
        client.pause();
        board.once("drain", () => client.resume());
      }
    });
    board.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: CuttingProxy = { port: (server.address() as AddressInfo).port, target, cut: 0, sentBytes: 0 };
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return proxy;
}
