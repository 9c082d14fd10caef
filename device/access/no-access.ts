// Access where no state folder is known, as its configuration cannot be read: nobody has a token, and none can be made.
import { FacelatchError } from "../errors/errors.ts";
import type { Access } from "./access.ts";

export const noAccess: Access = {
  tokenOf: async () => null,
  hasTokens: async () => false,
  list: async () => [],
  make: unavailable,
  openSession: unavailable,
  revoke: unavailable,
};

async function unavailable(): Promise<never> {
  throw new FacelatchError("ACCESS_UNAVAILABLE", {
    expected: "a state folder",
    found: "none: the configuration is not valid",
    next: "Mend the configuration.",
  });
}
