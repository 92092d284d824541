/**
 * The files of exports in S3. Each is uploaded in parts, however small it is: an upload that is under way can be listed and
 * ended, so that a removal leaves nothing that could come back.
 */
import { LINK_MS } from '../domain/exports.ts';
import type { ExportFile, Files } from '../usecases/ports/files.ts';
import { inParts } from './parts.ts';
import { type BucketPlace, type S3Client, S3Error, s3Client } from './s3-client.ts';

/** How each format is kept and handed over. */
const KEPT_AS = {
  json: { extension: 'json', type: 'application/json' },
  csv: { extension: 'zip', type: 'application/zip' },
} as const satisfies Record<ExportFile['format'], object>;

export const s3Files = (place: BucketPlace, client = s3Client(place)): Files => ({
  write: (file, content) => write(client, file, content),
  link: (file, now) => client.linkTo(keyOf(file), now, LINK_MS / 1000),
  remove: async (exportId) => {
    // Uploads first: one that is completed meanwhile is among the objects then.
    for (const upload of await uploadsOf(client, exportId)) await abort(client, upload);
    for (const key of await keysOf(client, exportId)) await client.send({ method: 'DELETE', key });
  },
  has: async (exportId) => {
    const [uploads, keys] = await Promise.all([uploadsOf(client, exportId), keysOf(client, exportId)]);
    return uploads.length + keys.length > 0;
  },
});

interface Upload {
  key: string;
  uploadId: string;
}

const write = async (client: S3Client, file: ExportFile, content: AsyncIterable<Uint8Array>): Promise<void> => {
  const upload = await beginUpload(client, file);
  try {
    const parts: string[] = [];
    for await (const part of inParts(content)) parts.push(await sent(client, upload, parts.length + 1, part));
    const list = `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`;
    await client.send({ method: 'POST', key: upload.key, query: { uploadId: upload.uploadId }, body: list });
  } catch (error) {
    // If aborting fails too, the bucket's lifecycle rule aborts the upload after a day.
    await abort(client, upload).catch(() => undefined);
    throw error;
  }
};

const beginUpload = async (client: S3Client, file: ExportFile): Promise<Upload> => {
  const { extension, type } = KEPT_AS[file.format];
  const key = keyOf(file);
  const { body } = await client.send({
    method: 'POST',
    key,
    query: { uploads: '' },
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="export-${file.exportId}.${extension}"`,
    },
  });
  return { key, uploadId: textIn(body, 'UploadId') };
};

/** Answers how the list of parts names it. */
const sent = async (client: S3Client, { key, uploadId }: Upload, number: number, body: Uint8Array): Promise<string> => {
  const query = { partNumber: String(number), uploadId };
  const { headers } = await client.send({ method: 'PUT', key, query, body });
  return `<Part><PartNumber>${number}</PartNumber><ETag>${headers['etag'] ?? ''}</ETag></Part>`;
};

const abort = async (client: S3Client, { key, uploadId }: Upload): Promise<void> => {
  try {
    await client.send({ method: 'DELETE', key, query: { uploadId } });
  } catch (error) {
    if (!(error instanceof S3Error && error.name === 'NoSuchUpload')) throw error;
  }
};

const uploadsOf = async (client: S3Client, exportId: string): Promise<Upload[]> => {
  const { body } = await client.send({ method: 'GET', query: { uploads: '', prefix: prefixOf(exportId) } });
  return elementsIn(body, 'Upload').map((upload) => ({
    key: textIn(upload, 'Key'),
    uploadId: textIn(upload, 'UploadId'),
  }));
};

const keysOf = async (client: S3Client, exportId: string): Promise<string[]> => {
  const { body } = await client.send({ method: 'GET', query: { 'list-type': '2', prefix: prefixOf(exportId) } });
  return elementsIn(body, 'Contents').map((object) => textIn(object, 'Key'));
};

const prefixOf = (exportId: string): string => `exports/${exportId}.`;
const keyOf = ({ exportId, format }: ExportFile): string => prefixOf(exportId) + KEPT_AS[format].extension;

/** Keys and upload ids are plain letters: nothing in them is escaped. */
const elementsIn = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, content = '']) => content);

const textIn = (xml: string, name: string): string => {
  const [text] = elementsIn(xml, name);
  if (text === undefined) throw new Error(`S3 answered without ${name}`);
  return text;
};
