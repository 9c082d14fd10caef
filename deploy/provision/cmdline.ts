// The kernel's command line in cmdline.txt: one line of words, of which only ours are changed.
import { FacelatchError } from "../../device/errors/errors.ts";

const bytesMax = 4_096;

/**
 * The line with words taken out and put in, ending in one newline.
 *
 * @param replaced words that begin so are taken out
 * @param added words, in order, at the end
 * @throws FacelatchError BOOT_PARTITION_INVALID where the file is no command line that boots a root
 */
export function changeCmdline(text: string, replaced: readonly string[], added: readonly string[]): string {
  const words = text.trim().split(/\s+/);
  if (text.length > bytesMax || !words.some((word) => word.startsWith("root="))) {
    throw new FacelatchError("BOOT_PARTITION_INVALID", {
      expected: "cmdline.txt to hold the kernel's command line, with root=",
      found: JSON.stringify(text.slice(0, 80)),
      next: "Write the image of Raspberry Pi OS anew, and provision that.",
    });
  }
  const kept = words.filter((word) => !replaced.some((start) => word.startsWith(start)));
  return `${[...kept, ...added].join(" ")}\n`;
}

/** The words that set the radio's country from the first moment on. */
export function countryWords(country: string | null): string[] {
  return country === null ? [] : [`cfg80211.ieee80211_regdom=${country}`];
}

export const countryWord = "cfg80211.ieee80211_regdom=";
