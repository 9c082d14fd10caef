// The counts behind the rate limit: windows of the monotonic clock, and a bound on the addresses kept.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RateLimitStore } from "../../../device/api/rate-limit-store.ts";

function incr(store: RateLimitStore, key: string): { current: number; ttl: number } {
  let answer: { current: number; ttl: number } | undefined;
  store.incr(
    key,
    (_error, result) => {
      answer = result;
    },
    60_000,
  );
  assert.ok(answer);
  return answer;
}

describe("RateLimitStore", () => {
  it("counts by address, and anew in each window", (t) => {
    let nowMs = 1_000;
    t.mock.method(performance, "now", () => nowMs);
    const store = new RateLimitStore();
    assert.deepEqual(incr(store, "a"), { current: 1, ttl: 60_000 });
    nowMs += 20_000;
    assert.deepEqual(incr(store, "a"), { current: 2, ttl: 40_000 });
    assert.deepEqual(incr(store, "b"), { current: 1, ttl: 60_000 });
    nowMs += 40_000;
    assert.deepEqual(incr(store, "a"), { current: 1, ttl: 60_000 });
    assert.deepEqual(incr(store.child(), "b"), { current: 2, ttl: 20_000 });
  });

  it("is not moved by the wall clock", (t) => {
    t.mock.method(performance, "now", () => 5_000);
    t.mock.timers.enable({ apis: ["Date"], now: Date.UTC(2030, 0) });
    const store = new RateLimitStore();
    incr(store, "a");
    t.mock.timers.setTime(0);
    assert.deepEqual(incr(store, "a"), { current: 2, ttl: 60_000 });
  });

  it("keeps at most 5000 addresses, and forgets the one whose window is oldest", () => {
    const store = new RateLimitStore();
    for (let i = 0; i <= 5_000; i++) incr(store, `address ${i}`);
    assert.equal(incr(store, "address 1").current, 2);
    assert.equal(incr(store, "address 5000").current, 2);
    assert.equal(incr(store, "address 0").current, 1);
  });
});
