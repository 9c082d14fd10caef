// A process that kills itself at a chosen step of a course of updates, on real files: `COURSE STEP STATE KEYS ARCHIVE...`.

import { realFiles, type SlotFiles } from "../../device/slots/slot-files.ts";
import { courses } from "./courses.ts";
import { engineOn } from "./power-site.ts";

const [name, step, stateDir, keys, ...archives] = process.argv.slice(2);
const course = courses.find((candidate) => candidate.name === name)!;
let stepsLeft = Number(step);

/** Every operation that changes something; SIGKILL leaves no time for any other. */
function stepped(files: SlotFiles): SlotFiles {
  const step =
    <Args extends unknown[], Result>(operation: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (stepsLeft-- === 0) {
        process.kill(process.pid, "SIGKILL");
        await new Promise(() => {});
      }
      return operation(...args);
    };
  const { makeFolder, makeUniqueFolder, write, syncFile, syncFolder, link, rename, remove } = files;
  return {
    ...files,
    ...{ makeFolder: step(makeFolder), makeUniqueFolder: step(makeUniqueFolder), write: step(write) },
    ...{ syncFile: step(syncFile), syncFolder: step(syncFolder), link: step(link) },
    ...{ rename: step(rename), remove: step(remove) },
  };
}

const updates = engineOn(keys!, stateDir!, stepped(realFiles));
const shas = JSON.parse(process.env["BUNDLES"]!) as string[];
await course.run(updates, { keys: keys!, archives, bundles: shas.map((sha256) => ({ sha256 })) });
process.stdout.write("done\n");
