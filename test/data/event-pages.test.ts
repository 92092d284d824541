/** Pages of histories that are longer, or whose events are bigger, than any one answer. */
import { describe, expect, it } from '@jest/globals';
import { eventsOf } from '../../shared/data/event-pages.ts';
import { itemOf } from '../../shared/data/items.ts';
import { memoryStorage } from '../../shared/data/memory-storage.ts';
import type { Storage } from '../../shared/data/storage.ts';
import { storeOver } from '../../shared/data/store.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import { eventOf } from '../support/records.ts';

const START = Date.UTC(2026, 0, 1);
const at = (minute: number) => new Date(START + minute * 60_000).toISOString();

/** A visit each minute from `START` to `minutes`, but for these minutes, and the rows that were asked for. */
const visitsBut = (minutes: number, others: Record<number, string>) => {
  const asked = { rows: 0 };
  const storage: Storage = {
    ...memoryStorage(),
    query: async ({ before = '', limit }) => {
      const newest = before.startsWith('y/') ? Math.ceil((Date.parse(before.slice(2, 26)) - START) / 60_000) : minutes;
      const size = Math.min(limit, newest);
      asked.rows += size;
      const items = Array.from({ length: size }, (_, n) => {
        const minute = newest - 1 - n;
        return itemOf(
          eventOf('c1', { eventId: `e${minute}`, occurredAt: at(minute), type: others[minute] ?? 'visit' }),
        );
      });
      return { items, more: size < newest };
    },
  };
  return { asked, page: (query: Parameters<Store['eventsOf']>[1]) => eventsOf(storage, 'c1', query) };
};

describe('a page', () => {
  it('is read fresh where that is asked for', async () => {
    const fresh: unknown[] = [];
    const memory = memoryStorage();
    const query: Storage['query'] = async (asked) => {
      fresh.push(asked.fresh);
      return memory.query(asked);
    };
    for (const asked of [{}, { fresh: true }, { fresh: true, type: 'visit' }]) {
      await eventsOf({ ...memory, query }, 'c1', { limit: 1, ...asked });
    }
    expect(fresh).toEqual([false, true, true]);
  });
});

describe('a page of a type that is rare', () => {
  it('is found within 5,000 events', async () => {
    const { page } = visitsBut(4_900, { 100: 'review_written' });
    expect(await page({ type: 'review_written', limit: 25 })).toMatchObject({
      items: [{ eventId: 'e100' }],
      nextCursor: null,
    });
  });

  it('ends after 5,000 events and goes on where it ended, however long the history', async () => {
    const { asked, page } = visitsBut(1_000_000, { 999000: 'review_written', 994990: 'review_written' });
    const first = await page({ type: 'review_written', limit: 25 });
    expect(first.items.map(({ eventId }) => eventId)).toEqual(['e999000']);
    expect(asked.rows).toBe(5_000);
    const second = await page({ type: 'review_written', limit: 25, cursor: first.nextCursor ?? '' });
    expect(second.items.map(({ eventId }) => eventId)).toEqual(['e994990']);
    expect(asked.rows).toBe(10_000);
  });

  it('may be empty before the last one', async () => {
    const { page } = visitsBut(5_100, { 3: 'review_written' });
    const first = await page({ type: 'review_written', limit: 1 });
    expect(first.items).toEqual([]);
    expect(await page({ type: 'review_written', limit: 1, cursor: first.nextCursor ?? '' })).toMatchObject({
      items: [{ eventId: 'e3' }],
      nextCursor: null,
    });
  });
});

describe('a page of big events', () => {
  it('ends before it outgrows what a function may answer, and no event is lost', async () => {
    const storage = memoryStorage();
    for (let n = 0; n < 90; n += 1) {
      const attributes = { text: '"\\'.repeat(30_000 + n) };
      const item = itemOf(eventOf('c1', { eventId: `e${n}`, occurredAt: at(n), attributes }));
      await storage.write([{ key: { pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' }, item, expect: 'absent' }]);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await eventsOf(storage, 'c1', { limit: 100, cursor });
      expect(Buffer.byteLength(JSON.stringify({ body: JSON.stringify(page) }))).toBeLessThan(6 * 1024 * 1024);
      expect(page.items.length).toBeGreaterThan(0);
      seen.push(...page.items.map(({ eventId }) => eventId));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 90 }, (_, n) => `e${89 - n}`));
  });
});

describe('a whole history', () => {
  it('comes in as few answers as it fits', async () => {
    const storage = memoryStorage();
    for (let n = 0; n < 1_000; n += 1) {
      const item = itemOf(eventOf('c1', { eventId: `e${n}`, occurredAt: at(n) }));
      await storage.write([{ key: { pk: item['pk']?.S ?? '', sk: item['sk']?.S ?? '' }, item, expect: 'absent' }]);
    }
    let answers = 0;
    const counting: Storage = {
      ...storage,
      query: (query) => {
        answers += 1;
        return storage.query(query);
      },
    };
    const seen: string[] = [];
    for await (const { eventId } of storeOver(counting, 'a key for tests').historyOf('c1')) seen.push(eventId);
    expect(seen).toEqual(Array.from({ length: 1_000 }, (_, n) => `e${n}`));
    expect(answers).toBe(1);
  });
});
