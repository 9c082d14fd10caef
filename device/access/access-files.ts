// Where tokens, sessions and pairings are kept, and what a failure of those files is called.
import { join } from "node:path";
import { FacelatchError, messageOf } from "../errors/errors.ts";

export function accessFolder(stateDir: string): string {
  return join(stateDir, "access");
}

/** Throws ACCESS_UNAVAILABLE for whatever the operation throws that has no code. */
export async function onFiles<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof FacelatchError) throw error;
    throw new FacelatchError("ACCESS_UNAVAILABLE", {
      expected: "access tokens that can be read and written",
      found: messageOf(error),
      next: "Check the folder access/ of the state directory, and who owns it.",
      cause: error,
    });
  }
}
