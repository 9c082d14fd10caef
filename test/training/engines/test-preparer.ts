// A preparer whose tasks carry their pictures, or tell the process to misbehave.
import type { RgbImage } from "../../../device/bundle/image.ts";
import type { Preparer } from "../../../training/engines/preparer.ts";

interface Task {
  readonly images?: readonly RgbImage[];
  readonly kill?: boolean;
  readonly exit?: number;
  readonly hang?: boolean;
}

export function openPreparer(): Preparer {
  return async function* (given) {
    const { images, kill, exit, hang } = given as Task;
    if (kill === true) process.kill(process.pid, "SIGKILL");
    if (exit !== undefined) process.exit(exit);
    if (hang === true) await new Promise(() => {});
    yield* images ?? [];
  };
}
