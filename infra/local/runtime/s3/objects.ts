/**
 * What is in the embedded S3: objects and uploads as files in the data folder. An object is there once its entry is, which
 * is written in one step and names the file with its content, so that a kill leaves the old one or the new one.
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

export interface Objects {
  /** Null where there is none, or its time is over. */
  object(key: string): KeptObject | null;
  objects(prefix: string): KeptObject[];
  uploads(prefix: string): KeptUpload[];
  begin(key: string, headers: Headers): string;
  /** Answers the part's ETag. Throws `NoSuchUpload`. */
  addPart(uploadId: string, number: number, body: Buffer): string;
  /** Makes an object of these parts. Throws `NoSuchUpload`, also where the upload is ended meanwhile. */
  complete(uploadId: string, numbers: number[]): Promise<KeptObject>;
  abort(uploadId: string): void;
  remove(key: string): void;
  /** Takes away what is over by now. */
  sweep(): void;
}

const DAY_MS = 86_400_000;

export function openObjects(directory: string, bucket: BucketModel, clock: Pick<Clock, 'nowMs'>): Objects {
  const [entries, contents, pending] = ['objects', 'content', 'uploads'].map((name) => join(directory, name));
  if (!entries || !contents || !pending) throw new Error('a bucket has three folders');
  for (const folder of [entries, contents, pending]) mkdirSync(folder, { recursive: true });

  const entryOf = (key: string) => join(entries, `${encodeURIComponent(key)}.json`);
  const isOver = (atMs: number, days: number | null) => days !== null && clock.nowMs() >= atMs + days * DAY_MS;
  const entry = (file: string) => {
    const { content, ...kept } = readJson(file) as Omit<KeptObject, 'path'> & { content: string };
    return { ...kept, path: join(contents, content) };
  };
  const all = () => namesIn(entries, '.json').map((name) => entry(join(entries, name)));
  const uploadAt = (uploadId: string): KeptUpload | null => {
    const kept = readJson(join(pending, uploadId, 'upload.json')) as Kept | undefined;
    return kept && !isOver(kept.atMs, bucket.uploadDays) ? { ...kept, uploadId } : null;
  };
  const upload = (uploadId: string): KeptUpload => {
    const found = /^[\w-]+$/.test(uploadId) ? uploadAt(uploadId) : null;
    if (!found) throw new AwsError('NoSuchUpload', 'There is no such upload, or no longer.', 404);
    return found;
  };
  const remove = (key: string) => {
    if (!existsSync(entryOf(key))) return;
    const { path } = entry(entryOf(key));
    rmSync(entryOf(key));
    rmSync(path, { force: true });
  };
  const abort = (uploadId: string) => {
    upload(uploadId);
    rmSync(join(pending, uploadId), { recursive: true });
  };

  // What a kill left of an object whose entry was not written any more.
  const named = new Set(all().map(({ path }) => path));
  for (const name of readdirSync(contents)) if (!named.has(join(contents, name))) rmSync(join(contents, name));

  return {
    object: (key) => {
      const found = existsSync(entryOf(key)) ? entry(entryOf(key)) : null;
      return found && !isOver(found.atMs, bucket.objectDays) ? found : null;
    },
    objects: (prefix) => all().filter(({ key, atMs }) => key.startsWith(prefix) && !isOver(atMs, bucket.objectDays)),
    uploads: (prefix) =>
      readdirSync(pending)
        .map(uploadAt)
        .filter((one) => one !== null)
        .filter(({ key }) => key.startsWith(prefix)),
    begin: (key, headers) => {
      const uploadId = randomUUID();
      mkdirSync(join(pending, uploadId));
      writeJson(join(pending, uploadId, 'upload.json'), { key, ...headers, atMs: clock.nowMs() } satisfies Kept);
      return uploadId;
    },
    addPart: (uploadId, number, body) => {
      upload(uploadId);
      writeFileSync(join(pending, uploadId, String(number)), body);
      return etagOf(body);
    },
    complete: async (uploadId, numbers) => {
      const { key, type, disposition } = upload(uploadId);
      const content = randomUUID();
      const path = join(contents, content);
      const etags: Buffer[] = [];
      let size = 0;
      for (const number of numbers) {
        const part = await readFile(join(pending, uploadId, String(number))).catch(() => null);
        if (part === null) throw partMissing(path, existsSync(join(pending, uploadId)));
        await appendFile(path, part);
        etags.push(createHash('md5').update(part).digest());
        size += part.length;
      }
      if (!existsSync(join(pending, uploadId))) throw partMissing(path, false);
      const before = existsSync(entryOf(key)) ? entry(entryOf(key)).path : null;
      const etag = `"${createHash('md5').update(Buffer.concat(etags)).digest('hex')}-${numbers.length}"`;
      const kept = { key, type, disposition, size, etag, atMs: clock.nowMs() };
      writeJson(entryOf(key), { ...kept, content });
      rmSync(join(pending, uploadId), { recursive: true });
      if (before !== null) rmSync(before, { force: true });
      return { ...kept, path };
    },
    abort,
    remove,
    sweep: () => {
      for (const { key, atMs } of all()) if (isOver(atMs, bucket.objectDays)) remove(key);
      for (const uploadId of readdirSync(pending)) {
        if (uploadAt(uploadId) === null) rmSync(join(pending, uploadId), { recursive: true, force: true });
      }
    },
  };
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
