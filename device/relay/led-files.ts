// The files of one of the kernel's LEDs, in /sys/class/leds.
import { accessSync, closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Those that are used: the last four are there while the trigger is "oneshot". */
const ledFiles = ["brightness", "trigger", "delay_on", "delay_off", "invert", "shot"] as const;
export type LedFile = (typeof ledFiles)[number];

/** Each function throws what the kernel says. */
export interface LedFiles {
  read(name: LedFile): string;
  write(name: LedFile, text: string): void;
  /** Whether this process may write it; false too where it is not there. */
  mayWrite(name: LedFile): boolean;
}

export function openLedFiles(led: string, root = "/sys/class/leds"): LedFiles {
  const pathOf = (name: LedFile) => join(root, led, name);
  return {
    read: (name) => readFileSync(pathOf(name), "utf8").trim(),
    write: (name, text) => {
      // A file that is not there must not be made.
      const file = openSync(pathOf(name), constants.O_WRONLY);
      try {
        writeSync(file, text);
      } finally {
        closeSync(file);
      }
    },
    mayWrite: (name) => {
      try {
        accessSync(pathOf(name), constants.W_OK);
        return true;
      } catch {
        return false;
      }
    },
  };
}
