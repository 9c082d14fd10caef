// Knocks: a hold lets in the one browser that asked before it, once, and nobody where it could be another's.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { KnockAnswer } from "../../../device/access/access.ts";
import {
  grantMs,
  type HoldOutcome,
  type Knocks,
  knockAliveMs,
  knockCountsMs,
  knocksMax,
  knocksNow,
  noKnocks,
  noteHold,
  pollKnock,
  refuseKnock,
  takeKnock,
  withdrawKnock,
} from "../../../device/access/knocks.ts";
import { sha256 } from "../../../device/access/token-text.ts";

const hashOf = (name: string) => sha256(name).toString("hex");
const heldMs = 4_000;

/** A board that has run for longer than any knock lasts. */
class Board {
  nowMs = knockCountsMs * 2;
  state: Knocks;

  constructor(startedAtMs = 0) {
    this.state = noKnocks(startedAtMs);
  }

  knock(name: string): boolean {
    const [state, isTaken] = takeKnock(this.state, hashOf(name), this.nowMs);
    this.state = state;
    return isTaken;
  }

  poll(name: string): KnockAnswer {
    const [state, answer] = pollKnock(this.state, hashOf(name), this.nowMs);
    this.state = state;
    return answer;
  }

  withdraw(name: string): void {
    this.state = withdrawKnock(this.state, hashOf(name), this.nowMs);
  }

  refuse(): void {
    this.state = refuseKnock(this.state, this.nowMs);
  }

  /** Holds the button from now on; `meanwhile` happens during that. */
  hold(meanwhile: () => void = () => {}): HoldOutcome {
    const sinceMs = this.nowMs;
    this.nowMs += heldMs / 2;
    meanwhile();
    this.nowMs += heldMs / 2;
    const [state, outcome] = noteHold(this.state, sinceMs, this.nowMs);
    this.state = state;
    return outcome;
  }

  pass(durationMs: number): this {
    this.nowMs += durationMs;
    return this;
  }
}

describe("a browser that knocks alone", () => {
  it("waits until the button is held, and is let in once", () => {
    const board = new Board();
    assert.ok(board.knock("phone"));
    assert.equal(board.poll("phone"), "waiting");
    assert.equal(board.pass(60_000).hold(), "granted");
    assert.equal(board.poll("phone"), "paired");
    assert.equal(board.poll("phone"), "closed");
    assert.equal(knocksNow(board.state, board.nowMs), 0);
  });

  it("is let in for half a minute alone, and then waits for another hold", () => {
    const board = new Board();
    board.knock("phone");
    assert.equal(board.pass(1).hold(), "granted");
    board.pass(grantMs);
    assert.equal(board.poll("phone"), "waiting");
    assert.equal(board.hold(), "granted");
    board.pass(grantMs - 1);
    assert.equal(board.poll("phone"), "paired");
  });

  it("is let in until two minutes after it last asked, and not by a hold after that, until it asks again", () => {
    const board = new Board();
    board.knock("phone");
    board.pass(knockAliveMs - heldMs - 1);
    assert.equal(new Board().hold(), "nothing");
    assert.equal(board.hold(), "granted");
    const late = new Board();
    late.knock("phone");
    late.pass(knockAliveMs - heldMs);
    assert.equal(late.hold(), "nothing");
    assert.equal(late.poll("phone"), "waiting");
    assert.equal(late.pass(1).hold(), "granted");
  });

  it("is forgotten five minutes after it last asked", () => {
    const board = new Board();
    board.knock("phone");
    board.pass(knockCountsMs);
    assert.equal(board.poll("phone"), "closed");
  });

  it("that takes its knock back is let in by nothing, and stands in nobody's way", () => {
    const board = new Board();
    board.knock("phone");
    board.withdraw("phone");
    assert.equal(board.pass(1).hold(), "nothing");
    assert.equal(board.poll("phone"), "closed");
    board.knock("laptop");
    assert.equal(board.pass(1).hold(), "granted");
  });
});

describe("a hold", () => {
  it("lets in nobody who knocks after it, or during it", () => {
    const board = new Board();
    assert.equal(board.hold(), "nothing");
    board.knock("phone");
    assert.equal(board.poll("phone"), "waiting");
    board.withdraw("phone");
    assert.equal(
      board.hold(() => board.knock("attacker")),
      "nothing",
    );
    assert.equal(board.poll("attacker"), "waiting");
    const sameMoment = new Board();
    sameMoment.knock("attacker");
    assert.equal(sameMoment.hold(), "nothing");
  });

  it("lets in nobody where two want in, also where the second came during it, and each is told", () => {
    for (const isDuring of [false, true]) {
      const board = new Board();
      board.knock("phone");
      if (!isDuring) board.knock("attacker");
      board.pass(1);
      assert.equal(
        board.hold(() => isDuring && board.knock("attacker")),
        "contested",
      );
      assert.deepEqual([board.poll("phone"), board.poll("attacker")], ["contested", "contested"]);
    }
  });

  it("that is repeated after that lets in nobody either, whoever knocks again, and tells of it once", () => {
    const board = new Board();
    board.knock("phone");
    board.knock("attacker");
    assert.equal(board.pass(1).hold(), "contested");
    for (let i = 0; i < 20; i++) {
      assert.equal(board.knock("attacker again"), false);
      assert.equal(board.pass(10_000).hold(), "nothing");
    }
    board.pass(knockCountsMs);
    assert.ok(board.knock("phone again"));
    assert.equal(board.pass(1).hold(), "granted");
  });

  it("that is repeated at once, to be sure, lets in nobody who waited for that", () => {
    const board = new Board();
    board.knock("phone");
    assert.equal(board.pass(1).hold(), "granted");
    assert.equal(board.poll("phone"), "paired");
    board.knock("attacker");
    assert.equal(board.pass(1).hold(), "nothing");
    assert.equal(board.poll("attacker"), "waiting");
  });

  it("lets in nobody in place of a browser whose phone sleeps", () => {
    const board = new Board();
    board.knock("phone");
    board.pass(knockAliveMs + 60_000);
    board.knock("attacker");
    assert.equal(board.pass(1).hold(), "contested");
  });
});

describe("whoever knocks very often", () => {
  it("makes nobody else's knock count less: the one too many is refused, and then nobody is let in", () => {
    const board = new Board();
    board.knock("phone");
    for (let i = 1; i < knocksMax; i++) assert.ok(board.knock(`attacker ${i}`));
    assert.equal(board.knock("one more"), false);
    for (let i = 1; i < knocksMax; i++) board.withdraw(`attacker ${i}`);
    assert.equal(board.knock("attacker"), false);
    assert.equal(board.pass(1).hold(), "contested");
  });

  it("does not become the only one where others are refused", () => {
    const board = new Board();
    for (let i = 0; i < knocksMax; i++) board.knock(`attacker ${i}`);
    assert.equal(board.knock("phone"), false);
    for (let i = 1; i < knocksMax; i++) board.withdraw(`attacker ${i}`);
    assert.equal(board.poll("attacker 0"), "contested");
    assert.equal(board.pass(1).hold(), "contested");
    const limited = new Board();
    limited.knock("attacker");
    limited.refuse();
    assert.equal(limited.pass(1).hold(), "contested");
  });
});

describe("after a restart", () => {
  it("nobody who knocked before is let in, and nobody in their place", () => {
    const board = new Board(knockCountsMs * 2 - 1_000);
    board.knock("attacker");
    assert.equal(board.poll("phone that knocked before"), "closed");
    assert.equal(board.pass(1).hold(), "contested");
    assert.equal(board.poll("attacker"), "contested");
  });

  it("a browser is let in at once, where none asks for a knock of before", () => {
    const board = new Board(knockCountsMs * 2 - 1_000);
    board.knock("phone");
    assert.equal(board.pass(1).hold(), "granted");
  });

  it("asking for unknown knocks stands in nobody's way once the ones of before are over", () => {
    const board = new Board();
    board.knock("phone");
    assert.equal(board.poll("made up"), "closed");
    assert.equal(board.pass(1).hold(), "granted");
  });
});

type Action =
  | { readonly do: "knock" | "poll" | "withdraw"; readonly who: number }
  | { readonly do: "refuse" | "hold"; readonly who: 0 }
  | { readonly do: "pass"; readonly who: 0; readonly ms: number };

const spans = fc.oneof(
  fc.integer({ min: 1, max: 5_000 }),
  fc.constantFrom(grantMs, knockAliveMs, knockCountsMs, knockAliveMs - heldMs, grantMs - 1),
  fc.integer({ min: 1, max: knockCountsMs * 2 }),
);
const actions: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("knock", "poll"), who: fc.integer({ min: 0, max: 11 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withdraw"), who: fc.integer({ min: 0, max: 11 }) }) },
  { weight: 3, arbitrary: fc.constant({ do: "hold", who: 0 }) },
  { weight: 1, arbitrary: fc.constant({ do: "refuse", who: 0 }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("pass"), who: fc.constant(0 as const), ms: spans }) },
) as fc.Arbitrary<Action>;

/** What was done with one secret; a browser that knocks again has another. */
interface Seen {
  readonly name: string;
  readonly who: number;
  readonly atMs: number;
  polledAtMs: number;
  isOver: boolean;
}

describe("any history of knocks and holds", () => {
  it("lets in only whoever had knocked alone before a hold, once and soon, as told from behind", () => {
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 60 }), (history) => {
        const board = new Board();
        const seen: Seen[] = [];
        const disturbedAtMs: number[] = [];
        let granted: { readonly seen: Seen; readonly atMs: number } | null = null;
        const current = (who: number) => seen.findLast((each) => each.who === who) ?? null;
        const standing = () => seen.filter((each) => !each.isOver && board.nowMs - each.polledAtMs < knockCountsMs);
        const isDisturbed = () => disturbedAtMs.some((atMs) => board.nowMs - atMs < knockCountsMs);
        for (const action of history) {
          const mine = current(action.who);
          if (action.do === "pass") board.pass(action.ms);
          else if (action.do === "refuse") {
            board.refuse();
            disturbedAtMs.push(board.nowMs);
          } else if (action.do === "knock") {
            const name = `${action.who}/${seen.length}`;
            const isTaken = board.knock(name);
            if (isTaken) {
              assert.ok(!isDisturbed(), "while several want in, nobody may wait");
              seen.push({ name, who: action.who, atMs: board.nowMs, polledAtMs: board.nowMs, isOver: false });
            } else disturbedAtMs.push(board.nowMs);
          } else if (action.do === "withdraw" && mine !== null) {
            board.withdraw(mine.name);
            mine.isOver = true;
          } else if (action.do === "poll" && mine !== null) {
            const answer = board.poll(mine.name);
            if (answer === "paired") {
              assert.ok(granted !== null && granted.seen === mine && board.nowMs - granted.atMs < grantMs);
              granted = null;
              mine.isOver = true;
            } else if (answer === "waiting") mine.polledAtMs = board.nowMs;
          } else if (action.do === "hold") {
            const sinceMs = board.nowMs;
            const outcome = board.hold();
            const [only, ...others] = standing();
            if (outcome === "granted") {
              assert.ok(only !== undefined && others.length === 0 && !isDisturbed(), "several wanted in");
              assert.ok(only.atMs < sinceMs && board.nowMs - only.polledAtMs < knockAliveMs, "it did not knock before");
              assert.ok(granted === null || board.nowMs - granted.atMs >= grantMs, "two within one grant");
              granted = { seen: only, atMs: board.nowMs };
            }
            if (outcome === "contested") {
              assert.ok(others.length > 0 || isDisturbed(), "nobody else wanted in");
              disturbedAtMs.push(board.nowMs);
            }
          }
          assert.ok(knocksNow(board.state, board.nowMs) <= knocksMax);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("never lets in anybody else while somebody of the house asks and holds, whatever the others do meanwhile", () => {
    fc.assert(
      fc.property(fc.array(visits, { minLength: 1, maxLength: 4 }), (course) => {
        let board = new Board();
        const others = new Others();
        course.forEach(({ before, walkMs, onTheWay, polls, restarts, holds, during, between }, visit) => {
          others.meddle(board, before);
          const phone = `phone ${visit}`;
          // Whether or not the door took the knock, whoever has the phone may go to the board.
          board.knock(phone);
          board.pass(1 + walkMs);
          others.meddle(board, onTheWay);
          if (polls) board.poll(phone);
          if (restarts) {
            board = Object.assign(new Board(board.nowMs), { nowMs: board.nowMs });
            board.poll(phone);
          }
          let pairedAtMs: number | null = null;
          for (let hold = 0; hold < holds; hold++) {
            if (pairedAtMs !== null && board.nowMs - pairedAtMs >= grantMs - heldMs) break;
            const outcome = board.hold(() => others.meddle(board, during));
            if (outcome === "granted") pairedAtMs ??= board.nowMs;
            others.meddle(board, between.slice(0, 3));
            board.poll(phone);
          }
          board.withdraw(phone);
          others.meddle(board, between);
        });
      }),
      { numRuns: 3_000 },
    );
  });
});

interface Meddling {
  readonly do: "knock" | "withdraw" | "refuse" | "ask for a made-up one";
  readonly who: number;
  readonly afterMs: number;
}

const meddlings: fc.Arbitrary<Meddling[]> = fc.array(
  fc.record({
    do: fc.constantFrom<Meddling["do"]>("knock", "knock", "withdraw", "refuse", "ask for a made-up one"),
    who: fc.integer({ min: 1, max: 11 }),
    afterMs: fc.integer({ min: 0, max: 3_000 }),
  }),
  { maxLength: 12 },
);

/** Somebody of the house knocks, walks to the board with a phone that may sleep, and holds, perhaps several times. */
const visits = fc.record({
  before: meddlings,
  walkMs: fc.integer({ min: 0, max: 200_000 }),
  onTheWay: meddlings,
  polls: fc.boolean(),
  restarts: fc.boolean(),
  holds: fc.integer({ min: 1, max: 3 }),
  during: meddlings,
  between: meddlings,
});

/** Those who want to be let in for somebody else's hold, and ask all the time. */
class Others {
  readonly #held = new Map<number, string>();
  #made = 0;

  meddle(board: Board, done: readonly Meddling[]): void {
    for (const { do: what, who, afterMs } of done) {
      board.pass(afterMs);
      const name = this.#held.get(who);
      const next = `other ${this.#made++}`;
      if (what === "knock" && board.knock(next)) this.#held.set(who, next);
      else if (what === "refuse") board.refuse();
      else if (what === "ask for a made-up one") board.poll(next);
      else if (what === "withdraw" && name !== undefined) board.withdraw(name);
      for (const each of this.#held.values()) assert.notEqual(board.poll(each), "paired", "somebody else was let in");
    }
  }
}
