// Delivery to this board's slots: uploads in the state folder, and the one engine behind them.
import { join } from "node:path";
import type { Readable } from "node:stream";
import { figuresOf } from "../bundle/figures.ts";
import { reportCardOf } from "../bundle/report-card.ts";
import { codeOf, FacelatchError } from "../errors/errors.ts";
import { readManifest } from "../slots/open-bundle.ts";
import { Slots } from "../slots/slots.ts";
import type { BundleSummary, Updates } from "../slots/updates.ts";
import type {
  BundleCards,
  BundleFigures,
  Delivery,
  DeliveryLimits,
  DeliveryStatus,
  NewUpload,
  ReportCard,
  Upload,
} from "./delivery.ts";
import { UploadFolder } from "./upload-folder.ts";

export interface BundleDeliveryOptions {
  readonly stateDir: string;
  readonly updates: Updates;
  readonly limits: DeliveryLimits;
  /** Two processes may receive at once, each on its own way: every way has a folder of its own. */
  readonly way: "http" | "ssh";
  /** Told when an archive was refused, and by which check. */
  readonly onRefused?: (error: unknown) => void;
}

/** What is told of a bundle, by its manifest. */
interface Measured {
  readonly figures: BundleFigures;
  readonly card: ReportCard;
}

/** The one in use, and the one before. */
const measuredMax = 2;

export class BundleDelivery implements Delivery {
  readonly limits: DeliveryLimits;
  readonly #options: BundleDeliveryOptions;
  readonly #uploads: UploadFolder;
  #isVerifying = false;
  #refused: DeliveryStatus["refused"] = null;
  /** By the bundle's SHA-256. */
  readonly #measured = new Map<string, Measured>();

  constructor(options: BundleDeliveryOptions) {
    this.limits = options.limits;
    this.#options = options;
    this.#uploads = new UploadFolder(join(options.stateDir, "uploads", options.way), options.limits);
  }

  async status(): Promise<DeliveryStatus> {
    const [status, upload] = await Promise.all([this.#options.updates.status(), this.#uploads.current()]);
    const isDownloading = upload !== null && upload.offsetBytes < upload.lengthBytes && status.state !== "trial";
    const state = this.#isVerifying ? "verifying" : isDownloading ? "downloading" : status.state;
    const { current, previous, factory, floorSeq, trial, reverted } = status;
    return {
      ...{ state, current, previous, factory, floorSeq, trial, reverted },
      refused: this.#refused,
      upload: upload === null ? null : withoutSender(upload),
      figures: (await this.#measuredOf(current))?.figures ?? null,
    };
  }

  async bundles(): Promise<BundleCards> {
    const { current, previous, trial } = await this.#options.updates.status();
    return {
      current: (await this.#measuredOf(current))?.card ?? null,
      previous: (await this.#measuredOf(previous))?.card ?? null,
      isOnTrial: trial !== null,
    };
  }

  async begin(sender: string, upload: NewUpload): Promise<Upload> {
    this.#refuseWhileVerifying();
    return this.#uploads.begin(sender, upload);
  }

  upload(sender: string, id: string): Promise<Upload> {
    return this.#uploads.own(sender, id);
  }

  append(sender: string, id: string, offsetBytes: number, bytes: Readable): Promise<Upload> {
    return this.#uploads.append(sender, id, offsetBytes, bytes);
  }

  async cancel(sender: string, id: string): Promise<void> {
    this.#refuseWhileVerifying();
    await this.#uploads.cancel(sender, id);
  }

  async install(sender: string, id: string): Promise<void> {
    this.#refuseWhileVerifying();
    this.#isVerifying = true;
    try {
      const upload = await this.#uploads.own(sender, id);
      if (upload.offsetBytes < upload.lengthBytes) throw incomplete(upload);
      this.#refused = null;
      void this.#verify(this.#uploads.pathOf(upload));
    } catch (error) {
      this.#isVerifying = false;
      throw error;
    }
  }

  async rollback(): Promise<DeliveryStatus> {
    this.#refuseWhileVerifying();
    await this.#options.updates.rollback();
    return this.status();
  }

  /** Never rejects: what becomes of the archive is told by the status. */
  async #verify(archivePath: string): Promise<void> {
    try {
      await this.#options.updates.install(archivePath);
    } catch (error) {
      this.#refused = { code: codeOf(error), message: this.#tellable(error) };
      this.#options.onRefused?.(error);
    }
    await this.#uploads.remove().catch((error: unknown) => this.#options.onRefused?.(error));
    this.#isVerifying = false;
  }

  /** In words that name nothing of the board's disk. */
  #tellable(error: unknown): string {
    if (!(error instanceof FacelatchError)) return "The log of the board says more.";
    return error.message.replaceAll(this.#options.stateDir, "the state folder");
  }

  #refuseWhileVerifying(): void {
    if (!this.#isVerifying) return;
    const detail = { expected: "one update at a time", found: "one that is being verified", next: "Try again later." };
    throw new FacelatchError("UPDATE_BUSY", detail);
  }

  /** Read once for each bundle; null where its manifest cannot be read, of which the daemon's status tells. */
  async #measuredOf(bundle: BundleSummary | null): Promise<Measured | null> {
    if (bundle === null) return null;
    const { sha256 } = bundle;
    const known = this.#measured.get(sha256);
    if (known !== undefined) return known;
    try {
      const read = await readManifest(new Slots(this.#options.stateDir).folderOf(sha256));
      if (read.sha256 !== sha256) return null;
      const measured = { figures: figuresOf(read.manifest), card: reportCardOf(read.manifest, sha256) };
      this.#measured.set(sha256, measured);
      const [oldest] = this.#measured.keys();
      if (this.#measured.size > measuredMax) this.#measured.delete(oldest!);
      return measured;
    } catch (error) {
      if (error instanceof FacelatchError) return null;
      throw error;
    }
  }
}

function withoutSender({ sender: _sender, ...upload }: Upload & { readonly sender: string }): Upload {
  return upload;
}

function incomplete({ offsetBytes, lengthBytes }: Upload): FacelatchError {
  return new FacelatchError("UPLOAD_INCOMPLETE", {
    expected: `all ${lengthBytes} bytes of the archive`,
    found: `${offsetBytes}`,
    next: "Send the rest first.",
  });
}
