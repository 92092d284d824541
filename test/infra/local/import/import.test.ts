import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Answer, Client } from '../../../../infra/local/client/client.ts';
import { minorOf } from '../../../../infra/local/import/amounts.ts';
import { batchesOf } from '../../../../infra/local/import/batches.ts';
import { cdnow, cdnowSample } from '../../../../infra/local/import/cdnow.ts';
import { checkpointsIn } from '../../../../infra/local/import/checkpoint.ts';
import { linesOf } from '../../../../infra/local/import/lines.ts';
import { ordersCsv } from '../../../../infra/local/import/orders-csv.ts';
import { progressLine } from '../../../../infra/local/import/progress.ts';
import { refusalsCsv, summaryOf } from '../../../../infra/local/import/report.ts';
import type { Format, OrderRow, Row } from '../../../../infra/local/import/rows.ts';
import { importFile } from '../../../../infra/local/import/run.ts';

const directory = mkdtempSync(join(tmpdir(), 'regulars-import-'));
afterAll(() => rmSync(directory, { recursive: true }));

let files = 0;
const fileOf = (content: string): string => {
  files += 1;
  const file = join(directory, `orders-${files}.txt`);
  writeFileSync(file, content);
  return file;
};
const collected = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const rowsOf = (format: Format, content: string): Promise<Row[]> =>
  collected(format(linesOf(fileOf(content)), { currency: 'USD' }));

describe('the CDNOW layouts', () => {
  it('read customer, date, CDs and dollars, and pass over names of columns and empty lines', async () => {
    const rows = await rowsOf(cdnow, ' customer_id  date n dollar_value\r\n 00001 19970101  1   11.77\r\n\r\n');
    expect(rows).toMatchObject([
      {
        line: 2,
        consumer: { source: 'cdnow', externalId: '00001' },
        occurredAt: '1997-01-01T00:00:00.000Z',
        totalMinor: 1177,
        items: [{ sku: 'cd', quantity: 1, unitPriceMinor: 1177 }],
      },
    ]);
  });

  it('name the same consumer and the same order in the sample and in the whole', async () => {
    const [whole] = await rowsOf(cdnow, '00004 19970101 2 29.33');
    const [sample] = await rowsOf(cdnowSample, '00004 0001 19970101 2 29.33');
    expect(sample).toEqual(whole);
  });

  it('give rows that are wholly alike ids of their own, the same ones in any order of the file', async () => {
    const lines = ['1 19970101 1 5.00', '1 19970101 1 5.00', '1 19970101 2 5.00', '2 19970101 1 5.00'];
    const idsOf = async (text: string[]) =>
      (await rowsOf(cdnow, text.join('\n'))).map((row) => (row as OrderRow).orderId).sort();
    expect(new Set(await idsOf(lines)).size).toBe(4);
    expect(await idsOf(lines.toReversed())).toEqual(await idsOf(lines));
  });

  it.each([
    ['1 19970230 1 5.00', 'date does not exist'],
    ['1 970101 1 5.00', 'date is not yyyymmdd'],
    ['1 19970101 x 5.00', 'number of CDs is not a positive whole number'],
    ['1 19970101 1 -5.00', 'amount is negative'],
    ['1 19970101 1 5.001', 'amount has more than the 2 decimals of USD'],
    ['1 19970101 1', 'has 3 columns instead of 4'],
  ])('refuse %p alone: %s', async (text, reason) => {
    const rows = await rowsOf(cdnow, `9 19970101 1 1.00\n${text}\n9 19970102 1 1.00`);
    expect(rows[1]).toEqual({ line: 2, reason });
    expect(rows).toHaveLength(3);
  });

  it('price the CDs of an order evenly, so that the items add up to the total', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 99_999 }), async (cds, minor) => {
        const dollars = `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
        const [row] = await rowsOf(cdnow, `1 19970101 ${cds} ${dollars}`);
        const items = (row as OrderRow).items as { quantity: number; unitPriceMinor: number }[];
        expect(items.reduce((sum, item) => sum + item.quantity * item.unitPriceMinor, 0)).toBe(minor);
        expect(items.reduce((sum, item) => sum + item.quantity, 0)).toBe(cds);
        expect(items.every((item) => item.quantity > 0)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('orders as CSV', () => {
  const header = 'consumer,order_id,occurred_at,amount,currency,items';

  it('may have quoted cells with commas, quotes and line ends, a byte order mark and CRLF', async () => {
    const items = JSON.stringify([{ sku: 'a,"b"', quantity: 1, unitPriceMinor: 100 }]).replaceAll('"', '""');
    const rows = await rowsOf(
      ordersCsv,
      `\uFEFF${header}\r\na@example.com,1,2026-01-31,1.00,USD,"${items.replace('[', '[\n')}"\r\n`,
    );
    expect(rows).toMatchObject([
      { line: 2, consumer: { email: 'a@example.com' }, totalMinor: 100, items: [{ sku: 'a,"b"' }] },
    ]);
  });

  it('may name the columns in any order, or not at all', async () => {
    const [named] = await rowsOf(ordersCsv, 'amount,occurred_at,order_id,consumer\n2.50,2026-01-31,7,shop:42\n');
    const [unnamed] = await rowsOf(ordersCsv, 'shop:42,7,2026-01-31,2.50\n');
    expect(named).toMatchObject({ consumer: { source: 'shop', externalId: '42' }, totalMinor: 250, orderId: '7' });
    expect({ ...unnamed, line: 2 }).toEqual(named);
  });

  it.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2026-01-31T10:00Z', '2026-01-31T10:00:00Z'],
    ['2026-01-31 10:00:00 +0200', '2026-01-31T10:00:00+02:00'],
  ])('take %p as %s', async (text, occurredAt) => {
    expect(await rowsOf(ordersCsv, `a@example.com,1,${text},1,USD,`)).toMatchObject([{ occurredAt }]);
  });

  it.each([
    ['nobody,1,2026-01-31,1.00,USD,', 'consumer is no email, +phone or source:externalId'],
    ['a@example.com,1,2026-02-30,1.00,USD,', 'date does not exist'],
    ['a@example.com,1,2026-01-31 10:00,1.00,USD,', 'occurred_at is neither a date nor an instant with its zone'],
    ['a@example.com,1,2026-01-31,1.005,USD,', 'amount has more than the 2 decimals of USD'],
    ['a@example.com,1,2026-01-31,10.5,JPY,', 'amount has more than the 0 decimals of JPY'],
    ['a@example.com,1,2026-01-31,1e3,USD,', 'amount is not a decimal number'],
    ['a@example.com,1,2026-01-31,1,dollars,', 'currency is not an ISO 4217 code'],
    ['a@example.com,,2026-01-31,1.00,USD,', 'order_id is empty'],
    ['a@example.com,1,2026-01-31,1.00,USD,{}', 'items is not a JSON list'],
    ['a@example.com,1,2026-01-31,1.00,USD,,x', 'has 7 columns instead of 6'],
    ['"a@example.com,1,2026-01-31,1.00,USD,', 'quotes do not fit'],
  ])('refuse %p alone: %s', async (text, reason) => {
    const good = Array.from({ length: 60 }, (_, n) => `b@example.com,${n},2026-01-31,1.00,USD,`);
    const rows = await rowsOf(ordersCsv, [header, text, ...good].join('\n'));
    expect(rows[0]).toEqual({ line: 2, reason });
    expect(rows).toHaveLength(61);
  });

  it('are refused as a whole where a column is unknown or absent', async () => {
    await expect(rowsOf(ordersCsv, 'consumer,order_id,occurred_at,amount,colour\n')).rejects.toThrow('"colour"');
    await expect(rowsOf(ordersCsv, 'consumer,order_id,amount\n')).rejects.toThrow('"occurred_at"');
  });

  it('have amounts that become minor units exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 9_007_199_254_740_991n }), (minor) => {
        const text = minor.toString().padStart(3, '0');
        expect(minorOf(`${text.slice(0, -2)}.${text.slice(-2)}`, 'USD')).toBe(Number(minor));
      }),
    );
  });
});

describe('batches', () => {
  it('hold every row once, at most 100 events each, the ones of a consumer side by side', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 900 }), async (customers) => {
        const text = customers.map((customer, n) => `${customer} 19970101 1 ${n}.00`).join('\n');
        const batches = await collected(batchesOf(cdnow(linesOf(fileOf(text)), { currency: 'USD' })));
        expect(batches.map((batch) => batch.index)).toEqual(batches.map((_, index) => index));
        expect(batches.every((batch) => batch.orders.length <= 100)).toBe(true);
        const lines = batches.flatMap((batch) => batch.orders.map((order) => order.line));
        expect(lines.toSorted((a, b) => a - b)).toEqual(customers.map((_, n) => n + 1));
      }),
      { numRuns: 20 },
    );
  });
});

/** As much of the API as an import uses, in memory; `failing` says which calls stop answering for good. */
const fakeApi = () => {
  const consumers = new Map<string, string>();
  const orders = new Map<string, number>();
  let calls = 0;
  const state = { failFromCall: Number.POSITIVE_INFINITY };
  const answer = (status: number, body: unknown): Answer => ({ status, body });

  const createConsumer = ({ externalIds }: { externalIds: Record<string, string> }): Answer => {
    const [name] = Object.entries(externalIds).map(([source, id]) => `${source}:${id}`);
    if (!name || consumers.has(name)) return answer(409, { code: 'external_id_taken' });
    consumers.set(name, `C${consumers.size}`);
    return answer(201, { consumerId: consumers.get(name) });
  };
  type Sent = {
    consumerId?: string;
    lookup?: { source: string; externalId: string };
    attributes: { orderId: string; totalMinor: number };
  };
  const recorded = ({ consumerId, lookup, attributes }: Sent, index: number) => {
    const id = consumerId ?? consumers.get(`${lookup?.source}:${lookup?.externalId}`);
    if (id === undefined) return { index, status: 'rejected', problem: { code: 'consumer_not_found' } };
    if (attributes.totalMinor === 66_600) {
      const errors = [{ path: 'attributes.totalMinor', code: 'too_big', message: 'Too much.' }];
      return { index, status: 'rejected', problem: { code: 'invalid_request', errors } };
    }
    const key = `${id} ${attributes.orderId}`;
    const status = orders.has(key) ? 'duplicate' : 'created';
    orders.set(key, attributes.totalMinor);
    return { index, status };
  };
  const client: Client = {
    call: async (_method, path, body) => {
      calls += 1;
      await new Promise(setImmediate);
      if (path === '/v1/settings/organization') return answer(200, { currency: 'USD' });
      if (calls > state.failFromCall) throw new Error('killed');
      if (path === '/v1/consumers') return createConsumer(body as Parameters<typeof createConsumer>[0]);
      return answer(200, { items: (body as { events: Sent[] }).events.map(recorded) });
    },
    close: () => {},
  };
  return {
    client,
    state,
    calls: () => calls,
    empty: () => {
      consumers.clear();
      orders.clear();
    },
    consumers: () => consumers.size,
    orders: () => orders.size,
    money: () => [...orders.values()].reduce((sum, minor) => sum + minor, 0),
  };
};

describe('an import', () => {
  let api = fakeApi();
  beforeEach(() => {
    api = fakeApi();
  });
  const states = join(directory, 'states');
  const run = (file: string, parallel = 3, signal?: AbortSignal) =>
    importFile({
      file,
      format: cdnow,
      client: api.client,
      checkpoints: checkpointsIn(states, { sha256: file, format: 'cdnow', url: 'here' }),
      progress: { show: () => {}, say: () => {}, end: () => {} },
      parallel,
      ...(signal && { signal }),
    });
  const shop = (customers: number, ordersEach: number): string =>
    Array.from(
      { length: customers * ordersEach },
      (_, n) => `${Math.floor(n / ordersEach)} 19970101 1 ${n % ordersEach}.50`,
    ).join('\n');

  it('creates consumers and orders once and says that a second one changes nothing', async () => {
    const file = fileOf(shop(300, 4));
    const first = await run(file);
    expect(first).toMatchObject({ rows: 1200, consumers: 300, consumersCreated: 300, created: 1200, duplicates: 0 });
    expect(first.createdMinor).toBe(api.money());
    const second = await run(file);
    expect(second).toMatchObject({ consumersCreated: 0, created: 0, duplicates: 1200, createdMinor: 0 });
    expect(second.duplicatesMinor).toBe(first.createdMinor);
    expect(summaryOf(second)).toContain('Nothing changed.');
  });

  it('asks for known consumers first after it has found them known', async () => {
    const file = fileOf(shop(1000, 2));
    await run(file);
    const before = api.calls();
    await run(file, 1);
    expect(api.calls() - before).toBeLessThan(100);
  });

  it('goes on after a stop at any call, and ends with the same totals', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 405 }), async (failFromCall) => {
        api = fakeApi();
        const file = fileOf(shop(400, 3));
        api.state.failFromCall = failFromCall;
        await expect(run(file)).rejects.toThrow('killed');
        api.state.failFromCall = Number.POSITIVE_INFINITY;
        const result = await run(file);
        expect(result.created + result.duplicates).toBe(1200);
        expect([api.consumers(), api.orders(), api.money()]).toEqual([400, 1200, 400 * (50 + 150 + 250)]);
      }),
      { numRuns: 12 },
    );
  });

  it('starts over where the data was emptied after it was stopped', async () => {
    const file = fileOf(shop(400, 3));
    api.state.failFromCall = 300;
    await expect(run(file)).rejects.toThrow('killed');
    api.state.failFromCall = Number.POSITIVE_INFINITY;
    api.empty();
    await run(file);
    expect([api.consumers(), api.orders()]).toEqual([400, 1200]);
  });

  it('stops when it is told to and keeps its place', async () => {
    const file = fileOf(shop(400, 3));
    const stop = new AbortController();
    stop.abort();
    expect(await run(file, 3, stop.signal)).toMatchObject({ finished: false, created: 0 });
    expect(await run(file)).toMatchObject({ finished: true, created: 1200 });
    expect(readdirSync(states)).toEqual([]);
  });

  it('reports refused rows of the file and of the API by line and reason', async () => {
    const result = await run(fileOf('1 19970101 1 1.00\n1 19970101 1 666.00\nx 19970101 1 1.00\n'));
    expect(result).toMatchObject({ rows: 3, created: 1 });
    expect(refusalsCsv(result.refused)).toBe(
      'line,reason\r\n2,"invalid_request: attributes.totalMinor Too much."\r\n3,"customer id is not a number"\r\n',
    );
  });
});

describe('progress', () => {
  it('tells percent, rows a second and the time that is left', () => {
    expect(progressLine(500, 1000, 250, 10)).toBe(
      '[###############---------------]  50.0 %  500 of 1,000 rows  25 rows/s  20 s left',
    );
  });
});
