// A disk in memory that loses power: what was not synced may be there, or not, or in part. Each step can be the last one.
import { join, relative } from "node:path";
import type { SlotFiles } from "../../device/slots/slot-files.ts";

interface File {
  readonly kind: "file";
  now: Uint8Array;
  /** Null: nothing of its content is on the disk yet. */
  synced: Uint8Array | null;
}

interface Link {
  readonly kind: "link";
  readonly target: string;
}

interface Folder {
  readonly kind: "folder";
  now: Map<string, Node>;
  /** The names that a power cut leaves for certain. */
  synced: Map<string, Node>;
}

type Node = File | Link | Folder;

/** How the disk was left. */
export type Cut =
  /** The process was killed: the system still writes everything. */
  | "killed"
  /** Nothing that was not synced reached the disk. */
  | "lost"
  /** Names did, contents did not: files of no bytes. */
  | "empty"
  /** Names did, and half of each content. */
  | "torn"
  /** Of each change of a name, chance decides. */
  | "mixed";

export const cuts: readonly Cut[] = ["killed", "lost", "empty", "torn", "mixed"];

/** Thrown at the cut, and by everything that the dead process would do after it. */
export class PowerCut extends Error {}

const newFolder = (): Folder => ({ kind: "folder", now: new Map(), synced: new Map() });

export class CutDisk implements SlotFiles {
  readonly #root: string;
  #top: Folder = newFolder();
  #stepsLeft = Number.POSITIVE_INFINITY;
  #unique = 0;
  /** How many steps were made. */
  steps = 0;

  /** @param root the path that stands for the disk's top folder */
  constructor(root: string) {
    this.#root = root;
  }

  /** The same disk at the same moment, on which others can go on. */
  clone(): CutDisk {
    const copy = new CutDisk(this.#root);
    const seen = new Map<Node, Node>();
    copy.#top = cloneOf(this.#top, seen) as Folder;
    copy.#unique = this.#unique;
    return copy;
  }

  /** Lets so many steps happen. */
  cutAfter(steps: number): void {
    this.#stepsLeft = steps;
    this.steps = 0;
  }

  /** As if much time had passed: everything is on the disk. */
  settle(): void {
    settle(this.#top);
  }

  /** The disk as a new start finds it. */
  leave(cut: Cut, chance: () => number): CutDisk {
    const left = new CutDisk(this.#root);
    left.#top = leftOf(this.#top, cut, chance);
    left.#unique = this.#unique;
    return left;
  }

  async read(path: string, bytesMax: number): Promise<Uint8Array | null> {
    const node = this.#find(path);
    if (node === null) return null;
    if (node.kind !== "file") throw new Error(`${path} is a ${node.kind}`);
    if (node.now.byteLength > bytesMax) throw new RangeError(`${path} is too large`);
    return node.now;
  }

  async readLink(path: string): Promise<string | null> {
    const node = this.#find(path);
    return node?.kind === "link" ? node.target : null;
  }

  async list(path: string): Promise<readonly string[]> {
    const node = this.#find(path);
    return node?.kind === "folder" ? [...node.now.keys()] : [];
  }

  async changedAtMs(): Promise<number> {
    return Date.now();
  }

  async makeFolder(path: string): Promise<void> {
    let folder = this.#top;
    for (const name of this.#namesOf(path)) {
      let next = folder.now.get(name);
      if (next === undefined) {
        this.#step();
        next = newFolder();
        folder.now.set(name, next);
      }
      if (next.kind !== "folder") throw new Error(`${path} leads through a ${next.kind}`);
      folder = next;
    }
  }

  async makeUniqueFolder(prefix: string): Promise<string> {
    const path = `${prefix}${this.#unique++}`;
    await this.makeFolder(path);
    return path;
  }

  async write(path: string, content: Uint8Array): Promise<void> {
    const { folder, name } = this.#parentOf(path);
    if (folder.now.has(name)) throw new Error(`${path} is there already`);
    this.#step();
    const file: File = { kind: "file", now: new Uint8Array(0), synced: null };
    folder.now.set(name, file);
    this.#step();
    file.now = content.subarray(0, content.byteLength >> 1);
    this.#step();
    file.now = content;
  }

  async syncFile(path: string): Promise<void> {
    this.#step();
    const node = this.#find(path);
    if (node?.kind !== "file") throw new Error(`${path} is no file to sync`);
    node.synced = node.now;
  }

  async syncFolder(path: string): Promise<void> {
    this.#step();
    const node = this.#find(path);
    if (node?.kind !== "folder") throw new Error(`${path} is no folder to sync`);
    node.synced = new Map(node.now);
  }

  async link(target: string, path: string): Promise<void> {
    this.#step();
    const { folder, name } = this.#parentOf(path);
    if (folder.now.has(name)) throw new Error(`${path} is there already`);
    folder.now.set(name, { kind: "link", target });
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step();
    const [source, target] = [this.#parentOf(from), this.#parentOf(to)];
    const node = source.folder.now.get(source.name);
    if (node === undefined) throw new Error(`${from} is not there`);
    const there = target.folder.now.get(target.name);
    if (there?.kind === "folder" && there.now.size > 0) throw new Error(`${to} is a folder that is not empty`);
    source.folder.now.delete(source.name);
    target.folder.now.set(target.name, node);
  }

  /** A folder is emptied name by name, as the system does it. */
  async remove(path: string): Promise<void> {
    const node = this.#find(path);
    if (node === null) return;
    if (node.kind === "folder") for (const name of [...node.now.keys()]) await this.remove(join(path, name));
    this.#step();
    const { folder, name } = this.#parentOf(path);
    folder.now.delete(name);
  }

  async giveToOwnerOf(): Promise<void> {}

  #step(): void {
    if (this.#stepsLeft <= 0) throw new PowerCut("the power is off");
    this.#stepsLeft--;
    this.steps++;
  }

  #namesOf(path: string): string[] {
    return relative(this.#root, path)
      .split("/")
      .filter((name) => name !== "");
  }

  #find(path: string): Node | null {
    let node: Node = this.#top;
    for (const name of this.#namesOf(path)) {
      const next: Node | undefined = node.kind === "folder" ? node.now.get(name) : undefined;
      if (next === undefined) return null;
      node = next;
    }
    return node;
  }

  #parentOf(path: string): { readonly folder: Folder; readonly name: string } {
    const parent = this.#find(join(path, ".."));
    if (parent?.kind !== "folder") throw new Error(`${path} has no folder`);
    return { folder: parent, name: this.#namesOf(path).at(-1)! };
  }
}

function cloneOf(node: Node, seen: Map<Node, Node>): Node {
  const known = seen.get(node);
  if (known !== undefined) return known;
  if (node.kind !== "folder") {
    const copy = { ...node };
    seen.set(node, copy);
    return copy;
  }
  const copy = newFolder();
  seen.set(node, copy);
  copy.now = new Map([...node.now].map(([name, child]) => [name, cloneOf(child, seen)]));
  copy.synced = new Map([...node.synced].map(([name, child]) => [name, cloneOf(child, seen)]));
  return copy;
}

function settle(node: Node): void {
  if (node.kind === "file") node.synced = node.now;
  if (node.kind !== "folder") return;
  node.synced = new Map(node.now);
  for (const child of node.now.values()) settle(child);
}

/** The names of a folder as the cut left them. */
function namesLeft({ now, synced }: Folder, cut: Cut, chance: () => number): ReadonlyMap<string, Node> {
  if (cut === "lost") return synced;
  if (cut !== "mixed") return now;
  const left = new Map<string, Node>();
  for (const name of new Set([...now.keys(), ...synced.keys()])) {
    const node = (chance() < 0.5 ? now : synced).get(name);
    if (node !== undefined) left.set(name, node);
  }
  return left;
}

function contentLeft({ now, synced }: File, cut: Cut, chance: () => number): Uint8Array {
  if (cut === "killed") return now;
  if (synced !== null) return synced;
  if (cut === "torn") return now.subarray(0, now.byteLength >> 1);
  return cut === "mixed" && chance() < 0.5 ? now : new Uint8Array(0);
}

function leftOf(folder: Folder, cut: Cut, chance: () => number): Folder {
  const left = newFolder();
  for (const [name, node] of namesLeft(folder, cut, chance)) {
    if (node.kind === "folder") left.now.set(name, leftOf(node, cut, chance));
    else if (node.kind === "link") left.now.set(name, node);
    else left.now.set(name, { kind: "file", now: contentLeft(node, cut, chance), synced: null });
  }
  settle(left);
  return left;
}
