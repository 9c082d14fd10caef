// Delivery to this board's slots: uploads in the state folder, and the one engine behind them.
import { join } from "node:path";
import type { Readable } from "node:stream";
import { figuresOf } from "../bundle/figures.ts";
import { codeOf, FacelatchError } from "../errors/errors.ts";
import { readManifest } from "../slots/open-bundle.ts";
import { currentBundleFolder } from "../slots/slots.ts";
import type { Updates } from "../slots/updates.ts";
import type { BundleFigures, Delivery, DeliveryLimits, DeliveryStatus, NewUpload, Upload } from "./delivery.ts";
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

export class BundleDelivery implements Delivery {
  readonly limits: DeliveryLimits;
  readonly #options: BundleDeliveryOptions;
  readonly #uploads: UploadFolder;
  #isVerifying = false;
  #refused: DeliveryStatus["refused"] = null;
  #figures: { readonly sha256: string; readonly figures: BundleFigures } | null = null;

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
      figures: current === null ? null : await this.#figuresOf(current.sha256),
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
  async #figuresOf(sha256: string): Promise<BundleFigures | null> {
    if (this.#figures?.sha256 === sha256) return this.#figures.figures;
    try {
      const { manifest } = await readManifest(currentBundleFolder(this.#options.stateDir));
      this.#figures = { sha256, figures: figuresOf(manifest) };
      return this.#figures.figures;
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
