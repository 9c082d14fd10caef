// The port to a board: what flashing asks of it, whichever way it is reached.
import type { DeliveryStatus } from "../../device/delivery/delivery.ts";
import type { Archive } from "../flash/archive.ts";

export interface Board {
  /** What people call it. */
  readonly address: string;
  status(): Promise<DeliveryStatus>;
  /**
   * Sends an archive, and goes on where an earlier attempt broke off.
   *
   * @returns how `install` calls it
   * @throws FacelatchError what the board refuses it for; BOARD_UNREACHABLE, BOARD_UNTRUSTED
   */
  send(archive: Archive, onSent: (bytes: number) => void): Promise<string>;
  /** Begins to verify it and to put it on trial; the status tells what becomes of it. Some ways throw what refused it. */
  install(upload: string): Promise<void>;
  rollback(): Promise<DeliveryStatus>;
  close(): Promise<void>;
}
