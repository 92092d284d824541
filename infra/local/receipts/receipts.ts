/** `npm run receipts -- save|replay FILE`: keeps the receipts of erasures, and tells a restored table of them. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Client, createClient, Unreachable } from '../client/client.ts';

const USAGE = `npm run receipts -- save FILE      writes all receipts of erasures there, one a line
npm run receipts -- replay FILE    puts those back that are missing, and erases whom they name once more
  --url URL      where the API is (default http://127.0.0.1:4000)
  --token TOKEN  a token of the admin scope (default: the local stack gives one)`;

const PAGE = 100;
/** Each is a transaction: so many are answered in good time by a busy table too. */
const SENT_AT_ONCE = 25;

interface Receipt {
  erasureId: string;
  subjectHash: string;
}

const save = async (client: Client, file: string): Promise<string> => {
  const receipts = await receiptsThere(client);
  const draft = `${file}.draft`;
  await writeFile(draft, receipts.map((receipt) => `${JSON.stringify(receipt)}\n`).join(''));
  await rename(draft, file);
  return `${receipts.length} receipts are in ${file}.`;
};

const replay = async (client: Client, file: string): Promise<string> => {
  const receipts = receiptsIn(await readFile(file, 'utf8'));
  const there = new Set((await receiptsThere(client)).map(identityOf));
  // Told from a list beforehand, as answers to what is sent again after an outage would count too few.
  const missing = receipts.filter((receipt) => !there.has(identityOf(receipt)));
  for (let start = 0; start < missing.length; start += SENT_AT_ONCE) {
    await told(client, 'POST', '/v1/erasures/receipts', { receipts: missing.slice(start, start + SENT_AT_ONCE) });
  }
  const { auditId } = (await told(client, 'POST', '/v1/erasures/audits')) as { auditId: string };
  return `${missing.length} of ${receipts.length} receipts were missing. Audit ${auditId} is under way: whom they name is erased again.`;
};

const receiptsThere = async (client: Client): Promise<Receipt[]> => {
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
  return receipts;
};

/** Throws with its number where a line is no receipt, before any of them is sent. */
const receiptsIn = (text: string): Receipt[] =>
  text.split('\n').flatMap((line, at) => (line.trim() === '' ? [] : [receiptOf(line, at + 1)]));

const receiptOf = (line: string, number: number): Receipt => {
  try {
    const receipt = JSON.parse(line) as Partial<Receipt> | null;
    if (receipt?.erasureId !== undefined && receipt.subjectHash !== undefined) return receipt as Receipt;
  } catch {
    // Said below, without what the line holds.
  }
  throw new Error(`line ${number} is not a receipt as \`save\` writes them; nothing was sent.`);
};

const identityOf = ({ erasureId, subjectHash }: Receipt): string => `${erasureId} ${subjectHash}`;

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
