// A process that forgets items, as a command on the board does while the daemon takes new ones.
import { forgetFeedback } from "../../../device/feedback/board-commands.ts";

const [stateDir, ...ids] = process.argv.slice(2);

function forgetNext(): void {
  const id = ids.shift();
  if (id === undefined) {
    process.disconnect();
    return;
  }
  forgetFeedback(stateDir!, id);
  process.send?.(id);
  setImmediate(forgetNext);
}

forgetNext();
