// Who asks, in words, as the record of what was done says it.
import type { AccessToken } from "../access/access.ts";

export function callerOf(token: AccessToken | null): string {
  return token === null ? "this machine" : `${token.name} (${token.kind} ${token.id})`;
}
