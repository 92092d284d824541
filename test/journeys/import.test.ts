import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { hasCdnow, percentileOf, purchasesIn, SAMPLE } from '../support/cdnow.ts';
import { servedForAll } from '../support/served-stack.ts';

/** The import keeps its checkpoints below its working directory: not below the project's, here. */
const work = mkdtempSync(join(tmpdir(), 'regulars-import-journey-'));
const stack = servedForAll();
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** `npm run import` of the sample; resolves with its summary. */
const startImport = (): { child: ChildProcess; summary: Promise<string> } => {
  const options = ['--format', 'cdnow-sample', '--url', stack.url];
  const child = spawn(
    resolve('node_modules/.bin/node'),
    [resolve('infra/local/import/import.ts'), resolve(SAMPLE), ...options],
    {
      cwd: work,
      env: { ...process.env, NODE_OPTIONS: '' },
    },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return { child, summary: once(child, 'exit').then(() => output) };
};
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
const consumersSoFar = async (): Promise<number> =>
  (await stack.call('GET', '/v1/consumers?limit=100')).body.items.length;

const given = hasCdnow ? describe : describe.skip;

given('an import of the CDNOW sample', () => {
  it('survives that the importer and then the stack are killed in the middle', async () => {
    const first = startImport();
    while ((await consumersSoFar()) < 100) await pause(100);
    first.child.kill('SIGKILL');
    await first.summary;

    const second = startImport();
    await pause(1_500);
    await stack.kill();
    await stack.startAgain({ sameAddress: true });
    expect(await second.summary).toMatch(/rows +6,919\n +consumers +2,357 .*\n.* 0 refused\n +money +USD.244,091\.94 /);
  }, 600_000);

  it('changes nothing when it is done again, and says so', async () => {
    const { summary } = startImport();
    expect(await summary).toMatch(
      /2,357 \(0 created\)\n +orders +0 created, 6,919 duplicates, 0 refused\n[\s\S]*Nothing changed/,
    );
  }, 120_000);

  it('left each consumer with the numbers that the file gives', async () => {
    await stack.call('POST', '/_local/settle');
    await stack.call('POST', '/_local/jobs/insights-rebuild');
    // A detail shows a renewed summary within a minute.
    await stack.call('PUT', '/_local/clock', { advance: 'PT1M' });
    const purchases = [...purchasesIn(SAMPLE).values()];
    const sumOf = (cents: number[]) => cents.reduce((sum, value) => sum + value, 0);
    const totals = purchases.map(({ cents }) => sumOf(cents)).sort((a, b) => a - b);
    const counts = purchases.map(({ cents }) => cents.length).sort((a, b) => a - b);
    for (const { customer, cents, dates } of purchases) {
      const { body } = await stack.call('GET', `/v1/consumers/lookup?source=cdnow&externalId=${customer}`);
      expect([customer, body.customerValue]).toMatchObject([
        customer,
        {
          orders: cents.length,
          lifetimeValueMinor: sumOf(cents),
          averageOrderValueMinor: Math.round(sumOf(cents) / cents.length),
        },
      ]);
      expect(body.purchaseRecency.lastOrderAt).toBe(instantOf(dates.toSorted().at(-1)));
      expect(body.purchaseRecency.orderCadenceDays).toBe(cadenceOf(dates));
      expect(Math.abs(body.customerValue.percentile - percentileOf(totals, sumOf(cents)))).toBeLessThan(0.1);
      expect(Math.abs(body.rfm.frequency.percentile - percentileOf(counts, cents.length))).toBeLessThan(0.1);
      expect(body.rfm.population).toBe(purchases.length);
    }
  }, 180_000);
});

const instantOf = (date = ''): string => `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T00:00:00.000Z`;

/** Days between the first and the last of the orders, for each step between them; to four decimals. */
const cadenceOf = (dates: string[]): number | null => {
  const days = dates.map((date) => Date.parse(instantOf(date)) / 86_400_000);
  if (days.length < 2) return null;
  return Math.round(((Math.max(...days) - Math.min(...days)) / (days.length - 1)) * 10_000) / 10_000;
};
