// What a house may ask of the door, as far as the configuration lets it: the same handle that the API has.
import { randomBytes } from "node:crypto";
import type { Config } from "../../config/config.ts";
import { refusalReasons } from "../../decision/decision.ts";
import type { DoorControl } from "../../door/door.ts";
import { type ErrorCode, FacelatchError } from "../../errors/errors.ts";
import type { HomeCommands } from "../../home/home.ts";

const by = "the house, through MQTT";

/** @param door asked only when a command comes */
export function homeCommands({ commands }: Config["mqtt"], door: () => DoorControl): HomeCommands {
  const unlock = async (): Promise<void> => {
    const answer = await door().unlock({ by, id: randomBytes(16).toString("hex") });
    if (answer.kind === "opened") return;
    throw new FacelatchError("DOOR_BUSY" satisfies ErrorCode, {
      expected: "a door that may be opened now",
      found: refusalReasons[answer.reason],
      next: "Try again when that is over.",
    });
  };
  const setLockdown = async (on: boolean): Promise<void> => {
    if (on) await door().lockDown(by);
    else await door().liftLockdown(by);
  };
  const setFaceUnlock = async (on: boolean): Promise<void> => {
    if (on) await door().switchFacesOn(by);
    else await door().switchFacesOff(by);
  };
  return {
    unlock: commands === "unlock" ? unlock : null,
    setLockdown: commands === "none" ? null : setLockdown,
    setFaceUnlock: commands === "none" ? null : setFaceUnlock,
  };
}
