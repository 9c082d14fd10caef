// Progress that nobody watches, and what was said in it.
import type { Progress } from "../../device/terminal/progress.ts";

export function silentProgress(said: string[] = []): Progress {
  return {
    step() {},
    advance() {},
    say(line) {
      said.push(line);
    },
    end() {},
  };
}
