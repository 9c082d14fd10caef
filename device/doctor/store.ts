// The event store: it opens, and this version knows it. `verify-log` looks at every event.
import Database from "better-sqlite3";
import { messageOf } from "../errors/errors.ts";
import { assertOwnVersion } from "../store/migrations.ts";
import { keepStatements } from "../store/open-database.ts";
import { storeFileName } from "../store/store.ts";
import { error, type Finding, ok } from "./finding.ts";
import type { Place } from "./place.ts";

export function checkStore(place: Place): Finding[] {
  if (place.config === null) return [];
  const path = `${place.config.stateDir}/${storeFileName}`;
  const stats = place.stat(path);
  if (stats === null) return [ok("There is no store of events yet: the daemon makes it at its first start.")];
  let db: Database.Database | null = null;
  try {
    db = new Database(place.at(path), { readonly: true, fileMustExist: true });
    keepStatements(db);
    assertOwnVersion(db);
    const events = Number(db.prepare("SELECT count(*) FROM events").pluck().get());
    return [
      ok(`It opens: ${events} events, ${Math.ceil(stats.size / 1024)} KiB. \`facelatch verify-log\` checks each.`),
    ];
  } catch (thrown) {
    const next = "Check the disk; the daemon keeps a damaged file aside and begins a new one.";
    return [error(`${path} does not open: ${messageOf(thrown)}`, next)];
  } finally {
    db?.close();
  }
}
