// Passkeys and pictures of events on the page, in a real browser with an authenticator of its own. A browser takes passkeys on
// secure pages alone: over HTTPS or, as here, at localhost.
import assert from "node:assert/strict";
import { after, before, it, type TestContext } from "node:test";
import type { Browser, Page, Request } from "playwright-core";
import { PairingFiles } from "../../device/access/pairing-files.ts";
import { TokenFolder } from "../../device/access/token-folder.ts";
import { fakeDevice, newEvent } from "../device/api/fake-device.ts";
import { handled } from "../device/daemon/door/handled-door.ts";
import { openPasskeys } from "../device/passkeys/open-passkeys.ts";
import { openSnapshots, refuse } from "../device/snapshots/open-snapshots.ts";
import { portraits } from "../fixtures/portraits.ts";
import { launchChromium } from "./chromium.ts";

let browser: Browser;

before(async () => {
  browser = await launchChromium();
});
after(() => browser?.close());

async function openDoor(t: TestContext) {
  const { door, handle, state } = handled(t);
  const { store } = door;
  const pairing = new PairingFiles(state);
  const tokens = new TokenFolder(state);
  const { passkeys } = openPasskeys(t, { stateDir: state, record: (event) => void store.append(event) });
  const opened = openSnapshots(t, { stateDir: state });
  const { api } = fakeDevice(t, {
    ...{ store, pairing, passkeys, access: tokens, door: handle, snapshots: opened.snapshots },
    ...{ openOnLoopback: false, unlockNeedsPasskey: true },
  });
  const { port } = new URL(await api.listen({ host: "127.0.0.1", port: 0 }));
  return { store, relay: door.relay, passkeys, opened, tokens, pairing, port };
}

async function openPage(t: TestContext, url: string, credential: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 412, height: 915 }, locale: "en" });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  await page.getByRole("textbox", { name: "Pairing code or access token" }).fill(credential);
  await page.getByRole("button", { name: "Let me in" }).click();
  await page.getByRole("heading", { name: "Events" }).waitFor();
  return page;
}

/** A phone that knows its owner, and says so without a tap. */
async function addAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  const abilities = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true };
  const options = {
    protocol: "ctap2",
    transport: "internal",
    automaticPresenceSimulation: true,
    ...abilities,
  } as const;
  await cdp.send("WebAuthn.addVirtualAuthenticator", { options });
}

async function openByHand(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Open the door" }).click();
  await page.getByRole("button", { name: "Open it" }).click();
}

/** The same request again under another key, or with another body. */
async function sendAgain(page: Page, sent: Request, body: string | null): Promise<string> {
  const headers = { ...(await sent.allHeaders()), "idempotency-key": `another-key-${Math.random()}` };
  const own = Object.entries(headers).filter(([name]) => ["x-csrf-token", "idempotency-key"].includes(name));
  const answer = (await page.evaluate(`fetch("/v1/unlock", {
    method: "POST",
    headers: ${JSON.stringify({ ...Object.fromEntries(own), ...(body !== null && { "content-type": "application/json" }) })},
    body: ${JSON.stringify(body)} ?? undefined,
  }).then((response) => response.json())`)) as { readonly code?: string };
  return answer.code ?? "opened";
}

it("a passkey is registered, opens the door, and neither its assertion of before nor none opens it", async (t) => {
  const { relay, passkeys, pairing, port } = await openDoor(t);
  const page = await openPage(t, `http://localhost:${port}/`, await pairing.open());
  await addAuthenticator(page);
  await openByHand(page);
  await page.getByText("No passkey is registered for this page").waitFor();
  await page.getByRole("textbox", { name: "Name of the new passkey" }).fill("my phone");
  await page.getByRole("button", { name: "Register a passkey" }).click();
  await page.getByRole("status").getByText("my phone is registered.").waitFor();
  assert.deepEqual(
    (await passkeys.list()).map(({ name, host }) => [name, host]),
    [["my phone", "localhost"]],
  );
  const sending = page.waitForRequest((request) => request.url().endsWith("/v1/unlock"));
  await openByHand(page);
  const sent = await sending;
  await page.getByRole("status").getByText("Opened.").waitFor();
  await page.getByRole("listitem").filter({ hasText: 'with the passkey "my phone"' }).first().waitFor();
  assert.equal(relay.pulses, 1);
  assert.deepEqual(
    [await sendAgain(page, sent, sent.postData()), await sendAgain(page, sent, null)],
    ["PASSKEY_STALE", "PASSKEY_NEEDED"],
  );
  assert.equal(relay.pulses, 1);
  await page.getByRole("group", { name: "my phone" }).getByRole("button", { name: "Remove" }).click();
  await page.getByText("my phone is removed").waitFor();
  await openByHand(page);
  await page.getByText("No passkey is registered for this page").waitFor();
  assert.deepEqual([relay.pulses, await passkeys.list()], [1, []]);
});

it("at an address, and in a browser without a passkey, the page says what to do, and the door stays locked", async (t) => {
  const { relay, pairing, port } = await openDoor(t);
  const byAddress = await openPage(t, `http://127.0.0.1:${port}/`, await pairing.open());
  await openByHand(byAddress);
  await byAddress.getByText("open this page by the door\u2019s name").waitFor();
  const first = await openPage(t, `http://localhost:${port}/`, await pairing.open());
  await addAuthenticator(first);
  await first.getByRole("textbox", { name: "Name of the new passkey" }).fill("first");
  await first.getByRole("button", { name: "Register a passkey" }).click();
  await first.getByText("first is registered.").waitFor();
  const second = await openPage(t, `http://localhost:${port}/`, await pairing.open());
  await addAuthenticator(second);
  await openByHand(second);
  await second.getByText("No passkey was shown. The door stays locked.").waitFor();
  assert.equal(relay.pulses, 0);
});

it("an event shows its picture to whoever may see it, and to nobody else", async (t) => {
  const { store, opened, tokens, port } = await openDoor(t);
  const [jpeg] = await portraits("stranger", 1);
  const event = store.append(newEvent({ data: { presenceId: 3 } }));
  store.append(newEvent({ data: { presenceId: 4 } }));
  await refuse(opened, 3, { bootId: event.bootId, jpeg: jpeg! });
  const tokenFor = async (...scopes: ("read" | "snapshots")[]) =>
    (await tokens.make({ name: "hall", scopes, expiresAt: null })).text;
  const seeing = await openPage(t, `http://127.0.0.1:${port}/`, await tokenFor("read", "snapshots"));
  const picture = seeing.getByRole("img", { name: /^Who was at the door at/ });
  await picture.scrollIntoViewIfNeeded();
  await seeing.waitForFunction("document.querySelector('.event-picture img').naturalWidth > 0");
  assert.equal(await picture.count(), 1);
  const blind = await openPage(t, `http://127.0.0.1:${port}/`, await tokenFor("read"));
  await blind.getByRole("listitem").first().waitFor();
  assert.equal(await blind.locator(".event-picture").count(), 0);
});
