/** The embedded S3 at an address of its own, as functions and browsers reach it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../infra/local/runtime/base/clock.ts';
import { createDoor } from '../../infra/local/runtime/http/door.ts';
import { createS3, S3_PREFIX } from '../../infra/local/runtime/s3/s3.ts';
import { NOW } from './events.ts';

export const SECRET = 'a secret for tests';
export const BUCKET = 'files';

/** With the folder of another one, it is that one after a restart. */
export const localS3 = async (folder?: string, start = NOW) => {
  const directory = folder ?? mkdtempSync(join(tmpdir(), 'regulars-s3-'));
  const clock = createClock({ file: null, start });
  const buckets = [{ name: BUCKET, objectDays: 1, uploadDays: 1 }];
  const s3 = createS3({ buckets, directory, clock, secret: SECRET });
  const door = await createDoor(0);
  door.open((request, response) => void s3.serve(request, response));
  return {
    ...{ directory, clock, s3, url: door.url + S3_PREFIX },
    place: {
      ...{ bucket: BUCKET, region: 'us-east-1', endpoint: door.url + S3_PREFIX },
      credentials: { accessKeyId: 'exports', secretAccessKey: SECRET },
    },
    stop: async () => {
      await door.stop();
      await s3.stop();
      if (folder === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
};
