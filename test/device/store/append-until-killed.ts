// A process that appends events and reports each seq, until its parent kills it.
import { openSqliteStore } from "../../../device/store/sqlite-store.ts";
import { generous, newEvent } from "./store-contract.ts";

const path = process.argv[2]!;
const store = openSqliteStore({ path, bootId: "boot-1", retention: generous, wallClock: () => new Date() });

function appendOne(): void {
  process.send?.(store.append(newEvent()).seq);
  setImmediate(appendOne);
}

appendOne();
