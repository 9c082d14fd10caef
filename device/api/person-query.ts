// Of whom a list of events is asked for: an id, or a name as the list of people tells it, as what events hold.
import { type AccessToken, allows } from "../access/access.ts";
import { FacelatchError } from "../errors/errors.ts";
import { ownerByFace } from "../store/store.ts";
import type { PeopleDeps } from "./api-deps.ts";

/** As the ids of people are made. */
const idPattern = /^[0-9a-f]{12}$/;

/**
 * The people of a store's query. The owner, by label or by id, is also whoever opened by face. An id need not be known
 * any more: events of a person who was erased keep it. Names of the household are told to whoever may see them alone.
 *
 * @throws FacelatchError SCOPE_MISSING, PERSON_UNKNOWN, PEOPLE_UNAVAILABLE
 */
export function peopleAsked(person: string, deps: PeopleDeps | null, token: AccessToken | null): string[] {
  const known = deps?.people.list() ?? [];
  const owner = known.find(({ role }) => role === "owner");
  const ownEvents = [...(owner === undefined ? [] : [owner.id]), ownerByFace];
  if (person === owner?.id || person === deps?.ownerName) return ownEvents;
  if (idPattern.test(person)) return [person];
  assertMayKnowNames(token);
  const named = known.find(({ name }) => name === person);
  if (named !== undefined) return named === owner ? ownEvents : [named.id];
  throw new FacelatchError("PERSON_UNKNOWN", {
    expected: "an id of 12 hexadecimal digits, the owner's label, or a name as in /v1/people",
    found: "another text",
    next: "Ask /v1/people; of somebody who was erased, give the id.",
  });
}

function assertMayKnowNames(token: AccessToken | null): void {
  if (token === null || allows(token, ["people"])) return;
  throw new FacelatchError("SCOPE_MISSING", {
    expected: "a token for people, as that is a name",
    found: `one for ${token.scopes.join(", ")}`,
    next: "Give an id or the owner's label, or make a token with this scope.",
  });
}
