// A door whose page shows all that it can: people, an update on trial, trouble, a talkative log, and somebody of whom something can be said.
import type { TestContext } from "node:test";
import { PairingFiles } from "../../device/access/pairing-files.ts";
import { TokenFolder } from "../../device/access/token-folder.ts";
import type { BundleCards, Delivery, DeliveryStatus } from "../../device/delivery/delivery.ts";
import { PlayedButton } from "../device/access/played-button.ts";
import { fakeDevice, liveView, newEvent, statusReport } from "../device/api/fake-device.ts";
import { handled } from "../device/daemon/door/handled-door.ts";
import { scheduled } from "../device/daemon/door/scheduled-door.ts";
import { deliveryTo } from "../device/delivery/small-delivery.ts";
import { PlayedEnrolment } from "../device/enrolment/played-enrolment.ts";
import { openFeedback, subjectFrame } from "../device/feedback/open-feedback.ts";
import { openSnapshots } from "../device/snapshots/open-snapshots.ts";
import { portraits } from "../fixtures/portraits.ts";
import { shownCards } from "./shown-cards.ts";

const bundleOf = (name: string, seq: number) => ({ name, seq, sha256: String(seq % 10).repeat(64) });

/** A delivery in a state that would take a trained bundle and minutes to bring about; its way back is counted. */
function deliveryThatShows(
  state: string,
  status: Partial<DeliveryStatus>,
  cards: BundleCards,
): Delivery & { rollbacks: number; cards: BundleCards } {
  const delivery = deliveryTo(state);
  const shown = async () => ({ ...(await delivery.status()), ...status });
  return Object.assign(Object.create(delivery) as Delivery, {
    rollbacks: 0,
    cards,
    async bundles(this: { cards: BundleCards }) {
      return this.cards;
    },
    limits: delivery.limits,
    status: shown,
    async rollback(this: { rollbacks: number }) {
      this.rollbacks++;
      return shown();
    },
  });
}

export async function openWholeDoor(t: TestContext) {
  const { door, handle, state } = handled(t);
  const { store } = door;
  const { feedback } = openFeedback(t, { onEvent: (event) => store.append(event) });
  const { schedule } = scheduled(t, { state, store });
  await schedule.start();
  const pairing = new PairingFiles(state);
  const access = new TokenFolder(state);
  const { button } = await new PlayedButton(t).rested();
  const played = new PlayedEnrolment(t);
  played.people.add({ role: "owner", name: "Markus" }, "the test");
  const delivery = deliveryThatShows(
    state,
    {
      state: "trial",
      current: bundleOf("Markus, retrained", 1_795_000_000),
      previous: bundleOf("Markus", 1_794_000_000),
      trial: { freshFrames: 12, freshFramesNeeded: 20, remainingMs: 95_000 },
      refused: { code: "BUNDLE_KEY_UNTRUSTED", message: "it is signed by a key that is not trusted" },
    },
    await shownCards(),
  );
  const { snapshots } = openSnapshots(t, { record: (event) => void store.append(event) });
  const device = fakeDevice(t, {
    ...{ store, feedback, pairing, delivery, door: handle, schedule, people: played.deps, snapshots },
    ...{ access, buttonPairing: button, openOnLoopback: false, limits: { refusalsPerMinuteMax: 1_000 } },
  });
  const scheduleStatus = () => {
    const { source, allowsNow, fault } = schedule.report();
    return { source, allowsNow, fault };
  };
  const causes = [{ code: "CAMERA_UNAVAILABLE", message: "The camera delivers no frames.", sinceMs: 5_000 }];
  device.status = () =>
    statusReport({
      lockdown: handle.lockdown(),
      faceUnlock: handle.faceUnlock(),
      schedule: scheduleStatus(),
      snapshots: snapshots.status(),
      log: { level: "debug", configured: "info", until: "2100-01-01T10:00:00.000Z" },
      pairingButton: button.status(),
      causes,
      state: "degraded",
    });
  const [jpeg] = await portraits("owner", 1);
  device.live = liveView(3, { jpeg: jpeg! });
  feedback.noteFrame(subjectFrame(2));
  const refused = device.store.append({
    ...newEvent({ message: "The face resembles the owner, but not enough." }),
    data: { presenceId: 2 },
  });
  snapshots.noteFrame({ presenceId: 2, jpeg: jpeg!, quality: 100 });
  snapshots.noteEvent(refused);
  await snapshots.settled();
  const url = await device.api.listen({ host: "127.0.0.1", port: 0 });
  return { url, handle, delivery, schedule, snapshots, device, access, code: await pairing.open() };
}
