/**
 * Objects and uploads of the embedded S3, as files in the data folder. An object exists once its entry does. The entry is
 * written in one step and names the file with the content, so that a kill leaves either the old object or the new one.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BucketModel } from '../assembly/model.ts';
import { AwsError } from '../base/aws-error.ts';
import type { Clock } from '../base/clock.ts';
import { readJson, writeJson } from '../base/files.ts';

/** How an object is handed over. */
export interface Headers {
  type: string;
  disposition: string | null;
}
export interface Kept extends Headers {
  key: string;
  atMs: number;
}
export interface KeptObject extends Kept {
  /** The file with its content. */
  path: string;
  size: number;
  etag: string;
}
export interface KeptUpload extends Kept {
  uploadId: string;
}

const DAY_MS = 86_400_000;

export class Objects {
  readonly #bucket: BucketModel;
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #entries: string;
  readonly #contents: string;
  readonly #pending: string;

  constructor(directory: string, bucket: BucketModel, clock: Pick<Clock, 'nowMs'>) {
    this.#bucket = bucket;
    this.#clock = clock;
    this.#entries = join(directory, 'objects');
    this.#contents = join(directory, 'content');
    this.#pending = join(directory, 'uploads');
    for (const folder of [this.#entries, this.#contents, this.#pending]) mkdirSync(folder, { recursive: true });
    this.#removeOrphanedContents();
  }

  /** Null where there is no such object, or where it has expired. */
  object(key: string): KeptObject | null {
    const found = this.#find(key);
    return found && !this.#isOver(found.atMs, this.#bucket.objectDays) ? found : null;
  }

  objects(prefix: string): KeptObject[] {
    return this.#all().filter(
      ({ key, atMs }) => key.startsWith(prefix) && !this.#isOver(atMs, this.#bucket.objectDays),
    );
  }

  uploads(prefix: string): KeptUpload[] {
    return readdirSync(this.#pending)
      .map((uploadId) => this.#findUpload(uploadId))
      .filter((upload) => upload !== null)
      .filter(({ key }) => key.startsWith(prefix));
  }

  /** Starts an upload and returns its id. */
  begin(key: string, headers: Headers): string {
    const uploadId = randomUUID();
    const folder = join(this.#pending, uploadId);
    mkdirSync(folder);
    writeJson(join(folder, 'upload.json'), { key, ...headers, atMs: this.#clock.nowMs() } satisfies Kept);
    return uploadId;
  }

  /** Returns the part's ETag. Throws `NoSuchUpload`. */
  addPart(uploadId: string, number: number, body: Buffer): string {
    this.#upload(uploadId);
    writeFileSync(join(this.#pending, uploadId, String(number)), body);
    return etagOf(body);
  }

  /** Makes an object from these parts. Throws `NoSuchUpload`, also where the upload is aborted meanwhile. */
  async complete(uploadId: string, numbers: number[]): Promise<KeptObject> {
    const { key, type, disposition } = this.#upload(uploadId);
    const content = randomUUID();
    const path = join(this.#contents, content);
    const { etag, size } = await this.#joinParts(uploadId, numbers, path);
    const replaced = this.#find(key);
    const kept = { key, type, disposition, size, etag, atMs: this.#clock.nowMs() };
    writeJson(this.#entryFile(key), { ...kept, content });
    rmSync(join(this.#pending, uploadId), { recursive: true });
    if (replaced) rmSync(replaced.path, { force: true });
    return { ...kept, path };
  }

  abort(uploadId: string): void {
    this.#upload(uploadId);
    rmSync(join(this.#pending, uploadId), { recursive: true });
  }

  remove(key: string): void {
    const found = this.#find(key);
    if (!found) return;
    rmSync(this.#entryFile(key));
    rmSync(found.path, { force: true });
  }

  /** Removes objects and uploads that have expired. */
  sweep(): void {
    for (const { key, atMs } of this.#all()) if (this.#isOver(atMs, this.#bucket.objectDays)) this.remove(key);
    for (const uploadId of readdirSync(this.#pending)) {
      if (this.#findUpload(uploadId) === null) rmSync(join(this.#pending, uploadId), { recursive: true, force: true });
    }
  }

  /** A kill may leave the content of an object whose entry was never written. */
  #removeOrphanedContents(): void {
    const named = new Set(this.#all().map(({ path }) => path));
    for (const name of readdirSync(this.#contents)) {
      const path = join(this.#contents, name);
      if (!named.has(path)) rmSync(path);
    }
  }

  /** Appends the parts to one file. The ETag is S3's for an object of several parts: the hash of their hashes. */
  async #joinParts(uploadId: string, numbers: number[], path: string): Promise<{ etag: string; size: number }> {
    const folder = join(this.#pending, uploadId);
    const hashes: Buffer[] = [];
    let size = 0;
    for (const number of numbers) {
      const part = await readFile(join(folder, String(number))).catch(() => null);
      if (part === null) throw partMissing(path, existsSync(folder));
      await appendFile(path, part);
      hashes.push(createHash('md5').update(part).digest());
      size += part.length;
    }
    if (!existsSync(folder)) throw partMissing(path, false);
    const hash = createHash('md5').update(Buffer.concat(hashes)).digest('hex');
    return { etag: `"${hash}-${numbers.length}"`, size };
  }

  #entryFile(key: string): string {
    return join(this.#entries, `${encodeURIComponent(key)}.json`);
  }

  #find(key: string): KeptObject | null {
    const file = this.#entryFile(key);
    return existsSync(file) ? this.#read(file) : null;
  }

  #read(file: string): KeptObject {
    const { content, ...kept } = readJson(file) as Omit<KeptObject, 'path'> & { content: string };
    return { ...kept, path: join(this.#contents, content) };
  }

  #all(): KeptObject[] {
    return namesIn(this.#entries, '.json').map((name) => this.#read(join(this.#entries, name)));
  }

  #findUpload(uploadId: string): KeptUpload | null {
    const kept = readJson(join(this.#pending, uploadId, 'upload.json')) as Kept | undefined;
    return kept && !this.#isOver(kept.atMs, this.#bucket.uploadDays) ? { ...kept, uploadId } : null;
  }

  #upload(uploadId: string): KeptUpload {
    const found = /^[\w-]+$/.test(uploadId) ? this.#findUpload(uploadId) : null;
    if (!found) throw new AwsError('NoSuchUpload', 'There is no such upload, or no longer.', 404);
    return found;
  }

  #isOver(atMs: number, days: number | null): boolean {
    return days !== null && this.#clock.nowMs() >= atMs + days * DAY_MS;
  }
}

function partMissing(path: string, isUpload: boolean): AwsError {
  rmSync(path, { force: true });
  return isUpload
    ? new AwsError('InvalidPart', 'A part of the list was not sent.')
    : new AwsError('NoSuchUpload', 'There is no such upload, or no longer.', 404);
}

const namesIn = (folder: string, extension: string): string[] =>
  readdirSync(folder).filter((name) => name.endsWith(extension));

const etagOf = (body: Buffer): string => `"${createHash('md5').update(body).digest('hex')}"`;
