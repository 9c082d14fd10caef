// The pairing button on a line of a stand-in for the character devices: holds, bounces, faults, and what is told of them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Ending } from "../api/fake-device.ts";
import { buttonLine, PlayedButton, settledMs } from "./played-button.ts";

describe("a browser that knocks", () => {
  it("is let in once the button was held, with a secret of 256 bits that nothing tells of", async (t) => {
    const played = await new PlayedButton(t).rested();
    const secret = played.button.knock()!;
    assert.match(secret, /^[\w-]{43}$/);
    assert.notEqual(played.button.knock(), secret);
    const alone = await new PlayedButton(t).rested();
    assert.equal(await alone.knockAndHold(), "paired");
    assert.equal(alone.button.poll(secret), "closed");
    assert.deepEqual([alone.events, alone.warnings], [[], []]);
    assert.deepEqual(alone.button.status(), {
      adapter: "pinctrl-bcm2835 line 26, active low",
      knocks: 0,
      fault: null,
    });
    assert.doesNotMatch(JSON.stringify(played.button.status()), new RegExp(secret));
  });

  it("is let in by no press that is too short or too long, and by no button that was held before", async (t) => {
    for (const [forMs, answer] of [
      [2_900, "waiting"],
      [3_000, "paired"],
      [9_900, "paired"],
      [10_300, "waiting"],
      [60_000, "waiting"],
    ] as const) {
      assert.equal(await (await new PlayedButton(t).rested()).knockAndHold(forMs), answer, `${forMs} ms`);
    }
    const held = new PlayedButton(t);
    held.set(true);
    await held.button.start();
    await held.clock.advance(settledMs);
    assert.match(held.button.fault()!.message, /before it was at rest/);
    assert.equal(await held.knockAndHold(), "waiting");
    assert.equal(held.button.fault(), null);
    assert.deepEqual(
      held.warnings.map((text) => /before it was at rest|can be used again/.exec(text)![0]),
      ["before it was at rest", "can be used again"],
    );
  });

  it("is let in once, however the button bounces", async (t) => {
    const { button, clock, set } = await bouncing(t);
    const secret = button.knock()!;
    await clock.advance(1);
    for (const pressed of [true, false, true, false, true]) await set(pressed, 5);
    await clock.advance(4_000);
    for (const pressed of [false, true, false]) await set(pressed, 5);
    await clock.advance(settledMs);
    assert.equal(button.poll(secret), "paired");
    assert.equal(button.poll(secret), "closed");
  });

  it("is let in by no two short presses between which the process was held up", async (t) => {
    const played = await new PlayedButton(t).rested();
    const secret = played.button.knock()!;
    await played.clock.advance(1);
    played.set(true);
    await played.clock.advance(1_000);
    played.clock.skip(4_000);
    played.set(false);
    await played.clock.advance(settledMs);
    assert.equal(played.button.poll(secret), "waiting");
  });

  it("is let in by nothing after a restart, and nobody is in its place", async (t) => {
    const before = await new PlayedButton(t).rested();
    const secret = before.button.knock()!;
    await before.clock.advance(1);
    await before.hold();
    const after = new PlayedButton(t);
    await after.button.start();
    await after.clock.advance(settledMs);
    const other = after.button.knock()!;
    assert.equal(after.button.poll(secret), "closed");
    await after.clock.advance(1);
    await after.hold();
    assert.deepEqual([after.button.poll(secret), after.button.poll(other)], ["contested", "contested"]);
  });

  it("is let in by no button that was let go while its edge was lost", async (t) => {
    const played = await new PlayedButton(t).rested();
    const secret = played.button.knock()!;
    await played.clock.advance(1);
    played.set(true);
    await played.clock.advance(1_000);
    played.chips.losesEdges = true;
    played.set(false);
    await played.clock.advance(5_000);
    assert.equal(played.button.poll(secret), "waiting");
  });
});

async function bouncing(t: Ending) {
  const played = await new PlayedButton(t).rested();
  const set = async (pressed: boolean, forMs: number) => {
    played.set(pressed);
    await played.clock.advance(forMs);
  };
  return { button: played.button, clock: played.clock, set };
}

describe("two browsers that knock", () => {
  it("are both told so, and it is an event once, though the button is held again and again", async (t) => {
    const played = await new PlayedButton(t).rested();
    const secrets = [played.button.knock()!, played.button.knock()!];
    assert.equal(played.button.status().knocks, 2);
    await played.clock.advance(1);
    for (let hold = 0; hold < 3; hold++) await played.hold();
    assert.deepEqual(
      secrets.map((secret) => played.button.poll(secret)),
      ["contested", "contested"],
    );
    assert.deepEqual(
      played.events.map(({ type }) => type),
      ["access.contested"],
    );
    assert.match(played.warnings.join(), /^several browsers want in: [^,]*$/);
    assert.equal(played.button.knock(), null);
  });
});

describe("a line", () => {
  it("that cannot be had is told with its code, once, and taken as soon as it can be", async (t) => {
    const played = new PlayedButton(t);
    const file = played.chips.requestInput(`${played.chips.root}/gpiochip0`, buttonLine, true, 0);
    await played.button.start();
    await played.clock.advance(60_000);
    const { fault } = played.button.status();
    assert.equal(fault!.code, "PAIRING_BUTTON_UNAVAILABLE");
    assert.match(fault!.message, /EBUSY/);
    assert.equal(played.warnings.length, 1);
    played.chips.release(file);
    await played.clock.advance(5_000 + settledMs);
    assert.deepEqual([played.button.fault(), played.warnings.length], [null, 2]);
    assert.equal(await played.knockAndHold(), "paired");
  });

  it("that is gone in the middle of a hold lets in nobody, also when it is back", async (t) => {
    const played = await new PlayedButton(t).rested();
    const secret = played.button.knock()!;
    await played.clock.advance(1);
    played.set(true);
    await played.clock.advance(2_000);
    played.chips.unplug();
    await played.clock.advance(500);
    assert.match(played.button.fault()!.message, /ENODEV/);
    played.chips.failReads = false;
    await played.clock.advance(6_000);
    played.set(false);
    await played.clock.advance(settledMs);
    assert.equal(played.button.poll(secret), "waiting");
    assert.equal(played.button.fault(), null);
  });

  it("that never rests is told, and lets in nobody", async (t) => {
    const played = await new PlayedButton(t).rested();
    const secret = played.button.knock()!;
    for (let passedMs = 0, pressed = true; passedMs < 6_000; passedMs += 20, pressed = !pressed) {
      played.set(pressed);
      await played.clock.advance(20);
    }
    assert.match(played.button.fault()!.message, /does not come to rest/);
    played.set(false);
    await played.clock.advance(settledMs);
    assert.deepEqual([played.button.fault(), played.button.poll(secret)], [null, "waiting"]);
  });

  it("is given back at the end, and lets in nobody any more", async (t) => {
    const played = await new PlayedButton(t).rested();
    const secret = played.button.knock()!;
    played.set(true);
    await played.clock.advance(4_000);
    played.button.stop();
    played.set(false);
    await played.clock.advance(10_000);
    assert.deepEqual([played.chips.ownedLines, played.button.poll(secret)], [0, "waiting"]);
  });
});
