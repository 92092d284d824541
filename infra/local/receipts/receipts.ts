/** `npm run receipts -- save|replay FILE`: keeps the receipts of erasures, and tells a restored table of them. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Client, createClient, Unreachable } from '../client.ts';

const USAGE = `npm run receipts -- save FILE      writes all receipts of erasures there, one a line
npm run receipts -- replay FILE    puts those back that are missing, and erases whom they name once more
  --url URL      where the API is (default http://127.0.0.1:4000)
  --token TOKEN  a token of the admin scope (default: the local stack gives one)`;

const PAGE = 100;

interface Receipt {
  erasureId: string;
}

const save = async (client: Client, file: string): Promise<string> => {
  const receipts: Receipt[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const { items, nextCursor } = (await told(client, 'GET', `/v1/erasures?limit=${PAGE}${from}`)) as {
      items: Receipt[];
      nextCursor: string | null;
    };
    receipts.push(...items);
    cursor = nextCursor;
  }
  const draft = `${file}.draft`;
  await writeFile(draft, receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join(''));
  await rename(draft, file);
  return `${receipts.length} receipts are in ${file}.`;
};

const replay = async (client: Client, file: string): Promise<string> => {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const receipts = lines.map((line) => JSON.parse(line) as Receipt);
  let missing = 0;
  for (let start = 0; start < receipts.length; start += PAGE) {
    const body = { receipts: receipts.slice(start, start + PAGE) };
    missing += ((await told(client, 'POST', '/v1/erasures/receipts', body)) as { restored: number }).restored;
  }
  const { auditId } = (await told(client, 'POST', '/v1/erasures/audits')) as { auditId: string };
  return `${missing} of ${receipts.length} receipts were missing. Audit ${auditId} is under way: whom they name is erased again.`;
};

const told = async (client: Client, method: string, path: string, body?: unknown): Promise<unknown> => {
  const answer = await client.call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { url: { type: 'string', default: 'http://127.0.0.1:4000' }, token: { type: 'string' } },
  });
  const [what, file, ...surplus] = positionals;
  const act = what === 'save' ? save : what === 'replay' ? replay : null;
  if (act === null || file === undefined || surplus.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const client = createClient({ url: values.url, token: values.token, connections: 2, onOutage: console.error });
  try {
    console.log(await act(client, file));
    return 0;
  } finally {
    client.close();
  }
};

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  console.error(error instanceof Unreachable ? error.message : `Not done: ${error.message}`);
  process.exitCode = 1;
}
