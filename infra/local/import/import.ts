/** `npm run import -- FILE --format F`: streams a file of purchases through the HTTP API. */
import { access, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createClient, Unreachable } from '../client/client.ts';
import { cdnow, cdnowSample } from './cdnow.ts';
import { checkpointsIn } from './checkpoint.ts';
import { fingerprintOf } from './lines.ts';
import { ordersCsv } from './orders-csv.ts';
import { createProgress } from './progress.ts';
import { refusalsCsv, summaryOf } from './report.ts';
import type { Format } from './rows.ts';
import { importFile } from './run.ts';

const FORMATS: Record<string, Format> = { cdnow, 'cdnow-sample': cdnowSample, 'orders-csv': ordersCsv };

const USAGE = `npm run import -- FILE --format ${Object.keys(FORMATS).join('|')}
  --url URL        where the API is (default http://127.0.0.1:4000)
  --token TOKEN    a token of the admin scope (default: the local stack gives one)
  --report FILE    writes the refused rows there as CSV: line, reason
  --parallel N     batches in flight (default 4)`;

const STATE_DIRECTORY = '.local/import';
/** A batch's new consumers are created side by side: more connections than batches. */
const CONNECTIONS_PER_BATCH = 4;

const commandOf = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      format: { type: 'string' },
      url: { type: 'string', default: 'http://127.0.0.1:4000' },
      token: { type: 'string' },
      report: { type: 'string' },
      parallel: { type: 'string', default: '4' },
      help: { type: 'boolean', default: false },
    },
  });
  const [file, ...surplus] = positionals;
  const format = FORMATS[values.format ?? ''];
  const parallel = Number(values.parallel);
  if (values.help || !file || surplus.length > 0 || !format || !(parallel >= 1 && parallel <= 64)) return null;
  return { ...values, file, formatName: String(values.format), format, parallel: Math.floor(parallel) };
};

const main = async (): Promise<number> => {
  const command = commandOf();
  if (!command) {
    console.error(USAGE);
    return 2;
  }
  await access(command.file);
  const { sha256, lines } = await fingerprintOf(command.file);
  const progress = createProgress(process.stderr, lines, Date.now());
  const client = createClient({
    url: command.url,
    token: command.token,
    connections: command.parallel * CONNECTIONS_PER_BATCH,
    onOutage: progress.say,
  });
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const checkpoints = checkpointsIn(STATE_DIRECTORY, { sha256, format: command.formatName, url: command.url });
  const result = await importFile({ ...command, client, checkpoints, progress, signal: stop.signal });
  client.close();
  console.log(summaryOf(result));
  if (command.report !== undefined) await writeFile(command.report, refusalsCsv(result.refused));
  return result.finished ? 0 : 130;
};

try {
  process.exitCode = await main();
} catch (error) {
  const { message } = error as Error;
  console.error(error instanceof Unreachable ? `${message} The same command goes on from here.` : message);
  process.exitCode = 1;
}
