// The schedule that was set since the configuration was written, on disk.
import { join } from "node:path";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { scheduleContradictions } from "../config/config.ts";
import { FacelatchError, messageOf } from "../errors/errors.ts";
import { readPrivateFile, removePrivateFile, writePrivateFile } from "../files/private-file.ts";
import { newScheduleSchema } from "./door.ts";

const storedScheduleSchema = Type.Object(
  {
    windows: newScheduleSchema.properties.windows,
    changed: Type.Object({ at: Type.String(), by: Type.String({ maxLength: 200 }) }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

export type StoredSchedule = Static<typeof storedScheduleSchema>;

/** Fifty windows of seven days each have less than half of it. */
const bytesMax = 16_384;

export class ScheduleFile {
  readonly #path: string;

  constructor(stateDir: string) {
    this.#path = join(stateDir, "door", "schedule.json");
  }

  /** Null where there is none. Throws SCHEDULE_UNAVAILABLE where it is unknown what it says. */
  async read(): Promise<StoredSchedule | null> {
    try {
      const text = await readPrivateFile(this.#path, bytesMax);
      if (text === null) return null;
      const stored: unknown = JSON.parse(text);
      if (!Check(storedScheduleSchema, stored)) throw new Error("something else");
      const [contradiction] = scheduleContradictions(stored.windows, "windows");
      if (contradiction !== undefined) throw new Error(contradiction.text);
      return stored;
    } catch (error) {
      throw new FacelatchError("SCHEDULE_UNAVAILABLE", {
        expected: "a schedule in door/schedule.json of the state directory",
        found: messageOf(error),
        next: "The door opens for no face; set the schedule anew, or remove the file and restart.",
        cause: error,
      });
    }
  }

  /** Throws SCHEDULE_UNSAVED. */
  async write(schedule: StoredSchedule): Promise<void> {
    await this.#attempt(() => writePrivateFile(this.#path, `${JSON.stringify(schedule)}\n`));
  }

  /** Throws SCHEDULE_UNSAVED. */
  async remove(): Promise<void> {
    await this.#attempt(() => removePrivateFile(this.#path));
  }

  async #attempt(operation: () => Promise<void>): Promise<void> {
    try {
      await operation();
    } catch (error) {
      throw new FacelatchError("SCHEDULE_UNSAVED", {
        expected: "a file that can be written and removed",
        found: messageOf(error),
        next: "Check the disk, and the folder door/ of the state directory.",
        cause: error,
      });
    }
  }
}
