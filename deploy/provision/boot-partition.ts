// The port of a boot partition: a mounted folder, or a FAT file system within an image or on a card.

export interface BootPartition {
  /** What it is called in messages. */
  readonly name: string;
  /** Null where there is no such file. */
  read(name: string): Promise<Uint8Array | null>;
  freeBytes(): Promise<number>;
  /**
   * Writes files by name, their folders with them, in order, and reads them back.
   *
   * @throws FacelatchError OUTPUT_UNWRITABLE; what was there before may then be partly replaced
   */
  write(files: ReadonlyMap<string, Uint8Array>): Promise<void>;
}
