/** What every store promises: the same claims, run on memory and on DynamoDB Local. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { keyOf } from '../../shared/data/items.ts';
import { sliceOf, table } from '../../shared/data/table.ts';
import type { RecordOf, StoredRecord } from '../../shared/usecases/ports/records.ts';
import type { ConsumerState, Expectation, Page, Store, Write } from '../../shared/usecases/ports/store.ts';
import { WriteConflict } from '../../shared/usecases/ports/store.ts';
import { everyKind, MUCH_LATER, pointsOf, segmentsOf } from '../support/every-kind.ts';
import { eventOf, metricsOf, profileOf } from '../support/records.ts';
import { written } from '../support/standing.ts';

let sequence = 0;
/** Ids in the order of their making, as ULIDs are. */
const anId = () => `01K${String(++sequence).padStart(23, '0')}`;
const day = (n: number) => `2026-02-${String(n).padStart(2, '0')}T12:00:00.000Z`;

/** Parts of a head that not everyone has, each with a bit of its own. */
const PART_BITS = { account: 1, rewardsState: 2, memberships: 4 } as const;

const conflictOf = async (promise: Promise<unknown>): Promise<WriteConflict> => {
  const error = await promise.then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof WriteConflict) return error;
  throw error;
};

/** `makeStore` may hand out the same database again: every claim uses ids of its own, or says that it needs an empty one. */
export const storeContract = (name: string, makeStore: () => Promise<Store>): void => {
  describe(`the store on ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await makeStore();
    });
    const stored = (...records: StoredRecord[]) => written(store, ...records);
    const consumer = async (other: Partial<RecordOf<'profile'>> = {}) => {
      const consumerId = anId();
      await stored(profileOf(consumerId, other), metricsOf(consumerId));
      return consumerId;
    };

    describe('keeps every kind of record', () => {
      for (const record of everyKind(anId())) {
        it(`${record.kind}: reads what was written`, async () => {
          await stored(record);
          expect((await store.get([record], true))[0]).toEqual(record);
        });
      }

      it('answers several keys in their order, undefined for what is not there, the same key as often as asked', async () => {
        const [one, two] = [await consumer(), await consumer()];
        const keys = [two, 'nobody', one, two].map((consumerId) => ({ kind: 'profile', consumerId }) as const);
        const profiles = await store.get(keys, true);
        expect(profiles.map((profile) => profile?.consumerId)).toEqual([two, undefined, one, two]);
      });

      it('tells an order id with a slash from a refund id with one', async () => {
        const refund = { consumerId: anId(), eventId: 'e', occurredAt: day(1), digest: 'd', kind: 'refund' } as const;
        const [one, other] = [
          { ...refund, orderId: 'a', refundId: 'b/c' },
          { ...refund, orderId: 'a/b', refundId: 'c' },
        ];
        await stored(one, other);
        expect(await store.get([one, other], true)).toEqual([one, other]);
      });
    });

    describe('commits all or nothing', () => {
      const put = (record: StoredRecord, expect: Expectation = 'anything'): Write => ({ put: record, expect });
      const version = (record: RecordOf<'profile'> | undefined) => record?.version;
      const read = async (consumerId: string) => (await store.get([{ kind: 'profile', consumerId }], true))[0];

      it.each([
        { claim: 'absent, and it is there', there: 1, expectation: 'absent', holds: false },
        { claim: 'absent, and it is', there: null, expectation: 'absent', holds: true },
        { claim: 'present, and it is', there: 1, expectation: 'present', holds: true },
        { claim: 'present, and it is not', there: null, expectation: 'present', holds: false },
        { claim: 'a version, and it has it', there: 3, expectation: { version: 3 }, holds: true },
        { claim: 'a version, and it has moved', there: 4, expectation: { version: 3 }, holds: false },
        { claim: 'a version, and it is gone', there: null, expectation: { version: 3 }, holds: false },
        { claim: 'anything, and it is there', there: 1, expectation: 'anything', holds: true },
      ] as const)('expects $claim', async ({ there, expectation, holds }) => {
        for (const others of [0, 1]) {
          const consumerId = anId();
          const existing = there === null ? undefined : profileOf(consumerId, { version: there });
          if (existing) await stored(existing);
          const write = put(profileOf(consumerId, { version: 9 }), expectation);
          const beside = profileOf(anId());
          const commit = store.commit([write, ...(others === 1 ? [put(beside)] : [])]);
          if (holds) {
            await commit;
            expect(version(await read(consumerId))).toBe(9);
          } else {
            expect((await conflictOf(commit)).failed).toEqual([{ write, existing }]);
            expect(await read(consumerId)).toEqual(existing);
            expect(await read(beside.consumerId)).toBeUndefined();
          }
        }
      });

      it('removes and checks under conditions too', async () => {
        const [gone, kept] = [await consumer(), await consumer()];
        const remove: Write = { remove: { kind: 'profile', consumerId: gone }, expect: { version: 1 } };
        const check: Write = { check: { kind: 'profile', consumerId: kept }, expect: { version: 2 } };
        expect((await conflictOf(store.commit([remove, check]))).failed).toEqual([
          { write: check, existing: await read(kept) },
        ]);
        expect((await conflictOf(store.commit([check]))).failed).toHaveLength(1);
        await store.commit([remove, { ...check, expect: 'present' }]);
        expect(await read(gone)).toBeUndefined();
        await store.commit([{ remove: { kind: 'profile', consumerId: gone } }]);
      });

      it('adjusts numbers, of many at once as far as they go', async () => {
        const rewardId = anId();
        const stock = { kind: 'stock', rewardId, version: 4, left: 5, claimed: 1 } as const;
        await stored(stock);
        const take = (): Write => ({ adjust: { kind: 'stock', rewardId }, by: { left: -1, claimed: 1 } });
        const once = () =>
          store.commit([take(), put(profileOf(anId()))]).then(
            () => 'taken',
            (error) => (error instanceof WriteConflict ? 'none left' : error),
          );
        const ends: unknown[] = [];
        // Who met others in the middle of it learns nothing, and asks again.
        while (ends.filter((end) => end === 'taken').length < 5) ends.push(...(await Promise.all([once(), once()])));
        const after = { ...stock, version: 9, left: 0, claimed: 6 };
        expect(await store.get([stock], true)).toEqual([after]);
        expect((await conflictOf(store.commit([take()]))).failed).toEqual([{ write: take(), existing: after }]);
        await store.commit([{ adjust: { kind: 'stock', rewardId }, by: { left: 1 } }]);
        expect(await store.get([stock], true)).toEqual([{ ...after, version: 10, left: 1 }]);
      });

      it('adjusts no number that is not there', async () => {
        const rewardId = anId();
        const adjusted = (by: object) => store.commit([{ adjust: { kind: 'stock', rewardId }, by }]);
        expect((await conflictOf(adjusted({ claimed: 1 }))).failed[0]?.existing).toBeUndefined();
        const endless = { kind: 'stock', rewardId, version: 1, left: null, claimed: 0 } as const;
        await stored(endless);
        for (const left of [1, -1]) {
          expect((await conflictOf(adjusted({ left }))).failed[0]?.existing).toEqual(endless);
        }
        await adjusted({ claimed: 1 });
        expect(await store.get([endless], true)).toEqual([{ ...endless, version: 2, claimed: 1 }]);
      });

      it('gives an expired key away, and a living one not', async () => {
        const answer = everyKind(anId()).find((record) => record.kind === 'idempotency');
        if (answer?.kind !== 'idempotency') throw new Error('no such kind');
        const key = { ...answer, keyHash: anId(), consumerId: await consumer() };
        const at = (now: string) => store.commit([put(key, { expiredBefore: now })]);
        await at(day(1));
        expect((await conflictOf(at(key.expiresAt))).failed[0]?.existing).toEqual(key);
        await at(new Date(Date.parse(key.expiresAt) + 1).toISOString());
      });

      it('lets one of many through that want the same', async () => {
        const contact = { kind: 'contact', channel: 'email', contact: `${anId()}@example.org` } as const;
        const wanting = Array.from({ length: 20 }, () => {
          const consumerId = anId();
          return store.commit([put(profileOf(consumerId)), put({ ...contact, consumerId }, 'absent')]).then(
            () => 'won',
            (error) => (error instanceof WriteConflict ? 'lost' : error),
          );
        });
        const ends = await Promise.all(wanting);
        expect(ends.filter((end) => end === 'won')).toHaveLength(1);
        expect(ends.filter((end) => end === 'lost')).toHaveLength(19);
      });

      it('takes a hundred writes, and no write', async () => {
        const consumerId = anId();
        const events = Array.from({ length: 99 }, (_, n) => put(eventOf(consumerId, { eventId: `e${n}` })));
        await store.commit([put(profileOf(consumerId)), ...events]);
        await store.commit([]);
        expect(await history(consumerId)).toHaveLength(99);
      });
    });

    describe('writes about a consumer only where there is the consumer', () => {
      it('whatever it is, and brings nobody back', async () => {
        const consumerId = anId();
        const about = everyKind(consumerId).filter(
          ({ kind }) => table[kind].erasure === 'partition' && kind !== 'profile',
        );
        expect(about.length).toBeGreaterThan(20);
        for (const put of about) {
          if (!('consumerId' in put) || put.consumerId === undefined) continue;
          for (const expectation of ['anything', 'absent'] as const) {
            const { failed } = await conflictOf(store.commit([{ put, expect: expectation }]));
            expect(failed.map(({ write }) => 'check' in write && write.check.kind)).toEqual(['profile']);
          }
          expect(await store.get([put], true)).toEqual([undefined]);
        }
      });

      it('also beside others who are there', async () => {
        const [there, gone] = [await consumer(), anId()];
        const events = [there, gone].map((consumerId) => ({ put: eventOf(consumerId), expect: 'absent' }) as const);
        await conflictOf(store.commit(events));
        expect(await history(there)).toEqual([]);
        await store.commit(events.slice(0, 1));
        expect(await history(there)).toHaveLength(1);
      });

      it('which a version of the head says too', async () => {
        const consumerId = await consumer();
        await store.commit([{ remove: { kind: 'profile', consumerId } }]);
        const put = metricsOf(consumerId, { version: 2 });
        await store.commit([
          { put, expect: { version: 1 } },
          { put: eventOf(consumerId), expect: 'absent' },
        ]);
        expect(await history(consumerId)).toHaveLength(1);
      });
    });

    describe('tells what an erasure asks', () => {
      it('everything under the key, and nothing of a neighbour', async () => {
        const consumerId = anId();
        const neighbour = `${consumerId}0`;
        await stored(profileOf(neighbour), ...everyKind(neighbour).filter(({ kind }) => kind === 'consent'));
        const own = everyKind(consumerId).filter(
          (record) => 'consumerId' in record && table[record.kind].erasure === 'partition',
        );
        await stored(...own);
        const found: StoredRecord[] = [];
        for await (const record of store.everythingOf(consumerId)) found.push(record);
        const names = (records: StoredRecord[]) => new Set(records.map((record) => JSON.stringify(keyOf(record))));
        expect(names(found)).toEqual(names(own));
        expect(found).toHaveLength(names(own).size);
      });

      it('answers and exports that name somebody, until they name nobody', async () => {
        const [consumerId, other] = [await consumer(), await consumer()];
        const kept = everyKind(consumerId).filter(
          (record) => record.kind === 'idempotency' || record.kind === 'export',
        );
        for (const id of [consumerId, other]) {
          for (const record of kept) {
            if (record.kind === 'idempotency') await stored({ ...record, keyHash: `${id}k`, consumerId: id });
            else await stored({ ...record, exportId: `${id}x`, consumerId: id });
          }
        }
        const answers = await store.answersTo(consumerId);
        const exports = await store.exportsOf(consumerId);
        expect(answers.map(({ keyHash }) => keyHash)).toEqual([`${consumerId}k`]);
        expect(exports.map(({ exportId }) => exportId)).toEqual([`${consumerId}x`]);
        for (const { consumerId: _, ...record } of answers) await stored({ ...record, digest: null });
        for (const { consumerId: _, ...record } of exports) await stored(record);
        expect([await store.answersTo(consumerId), await store.exportsOf(consumerId)]).toEqual([[], []]);
        expect(await store.answersTo(other)).toHaveLength(1);
      });

      it('all receipts, and whom erasures are under way about', async () => {
        const consumerId = await consumer();
        const [receipt] = everyKind(consumerId).filter((record) => record.kind === 'erasure');
        const [subject] = everyKind(consumerId).filter((record) => record.kind === 'erasureSubject');
        if (receipt?.kind !== 'erasure' || subject?.kind !== 'erasureSubject') throw new Error('no such kinds');
        const ids = [anId(), anId()];
        await stored(...ids.map((erasureId) => ({ ...receipt, erasureId })));
        await stored({ ...subject, erasureId: ids[1] ?? '' });
        const [receipts, subjects]: string[][] = [[], []];
        let cursor: string | undefined;
        do {
          const page = await store.erasures({ limit: 1, cursor });
          receipts?.push(...page.items.map(({ erasureId }) => erasureId).filter((id) => ids.includes(id)));
          cursor = page.nextCursor ?? undefined;
        } while (cursor !== undefined);
        for await (const { erasureId } of store.erasing()) if (ids.includes(erasureId)) subjects?.push(erasureId);
        expect([receipts, subjects]).toEqual([ids, ids.slice(1)]);
      });

      it('an id by a hash that is the same each time, and says nothing', () => {
        const hash = store.keyedHashOf('c1');
        expect(hash).toMatch(/^[\w-]{43}$/);
        expect(store.keyedHashOf('c1')).toBe(hash);
        expect(store.keyedHashOf('c2')).not.toBe(hash);
      });
    });

    it('tells what a consumer agreed to, the newest first', async () => {
      const consumerId = await consumer();
      const [said] = everyKind(consumerId).filter((record) => record.kind === 'consent');
      if (said?.kind !== 'consent') throw new Error('no such kind');
      const ids = [anId(), anId(), anId()];
      await stored(...ids.map((consentId) => ({ ...said, consentId })));
      const first = await store.consentsOf(consumerId, { limit: 2 });
      expect(first.items.map(({ consentId }) => consentId)).toEqual([ids[2], ids[1]]);
      const rest = await store.consentsOf(consumerId, { limit: 2, cursor: first.nextCursor ?? '' });
      expect(rest).toMatchObject({ items: [{ consentId: ids[0] }], nextCursor: null });
    });

    it.each(['entry', 'claim', 'consent'] as const)(
      'tells all of a consumer of the kind %s, in order',
      async (kind) => {
        const [consumerId, other] = [await consumer(), await consumer()];
        const idName = `${kind}Id`;
        const ids = [anId(), anId(), anId()];
        for (const one of [consumerId, other]) {
          const records = everyKind(one).filter((record) => 'consumerId' in record && record.kind !== 'profile');
          const [model] = records.filter((record) => record.kind === kind);
          const many = [...ids].reverse().map((id) => ({ ...model, [idName]: id }) as StoredRecord);
          await stored(...records.filter((record) => record.kind !== kind && record.kind !== 'metrics'), ...many);
        }
        const told = [];
        for await (const record of store.partOf(consumerId, kind)) told.push(record);
        expect(told.map((record) => [record.kind, record.consumerId])).toEqual(ids.map(() => [kind, consumerId]));
        expect(told.map((record) => (record as unknown as Record<string, string>)[idName])).toEqual(ids);
      },
    );

    const history = async (consumerId: string) => {
      const events = [];
      for await (const event of store.historyOf(consumerId)) events.push(event);
      return events;
    };

    describe('tells the history', () => {
      const withEvents = async (count: number, type: (n: number) => string = () => 'visit') => {
        const consumerId = await consumer();
        for (let n = 1; n <= count; n += 1) {
          await stored(eventOf(consumerId, { eventId: `e${n}`, occurredAt: day(n), type: type(n) }));
        }
        return consumerId;
      };

      it('answers the head with the newest events, and nothing of what sorts lower', async () => {
        const consumerId = await withEvents(14);
        await stored({
          kind: 'eventClaim',
          consumerId,
          eventId: 'e1',
          occurredAt: day(1),
          type: 'visit',
          digest: 'd',
          earned: null,
        });
        const detail = await store.stateWithEventsOf(consumerId, true);
        expect(detail?.profile).toEqual(profileOf(consumerId));
        expect(detail?.metrics).toEqual(metricsOf(consumerId));
        expect(detail?.events.map(({ eventId }) => eventId)).toEqual(
          Array.from({ length: 10 }, (_, n) => `e${14 - n}`),
        );
      });

      it('knows nobody who is not there', async () => {
        expect(await store.stateWithEventsOf(anId())).toBeNull();
        expect(await store.eventsOf(anId(), { limit: 5 })).toEqual({ items: [], nextCursor: null });
      });

      it('goes through everything in order of occurrence, however many', async () => {
        const consumerId = await consumer();
        const times = Array.from({ length: 230 }, (_, n) => new Date(Date.UTC(2026, 0, 1, n)).toISOString());
        for (let n = 0; n < 230; n += 99) {
          const chunk = times.slice(n, n + 99).reverse();
          await store.commit(
            chunk.map((occurredAt) => ({ put: eventOf(consumerId, { occurredAt, eventId: 'é/ü' }), expect: 'absent' })),
          );
        }
        expect((await history(consumerId)).map(({ occurredAt }) => occurredAt)).toEqual(times);
      });

      it('pages newest first, from included, to excluded, by type', async () => {
        const consumerId = await withEvents(12, (n) => (n % 3 === 0 ? 'participated' : 'visit'));
        const pages = async (query: { type?: string; from?: string; to?: string }, limit: number) => {
          const seen: string[][] = [];
          let cursor: string | undefined;
          do {
            const page = await store.eventsOf(consumerId, { ...query, limit, cursor });
            seen.push(page.items.map(({ eventId }) => eventId));
            cursor = page.nextCursor ?? undefined;
          } while (cursor !== undefined);
          return seen;
        };
        expect(await pages({}, 5)).toEqual([
          ['e12', 'e11', 'e10', 'e9', 'e8'],
          ['e7', 'e6', 'e5', 'e4', 'e3'],
          ['e2', 'e1'],
        ]);
        expect(await pages({}, 6)).toHaveLength(2);
        expect(await pages({ from: day(3), to: day(6) }, 9)).toEqual([['e5', 'e4', 'e3']]);
        expect(await pages({ from: day(6), to: day(3) }, 9)).toEqual([[]]);
        expect(await pages({ type: 'participated' }, 2)).toEqual([
          ['e12', 'e9'],
          ['e6', 'e3'],
        ]);
        expect(await pages({ type: 'nothing_such' }, 2)).toEqual([[]]);
      });

      it('refuses cursors that are forged, or of another question', async () => {
        const consumerId = await withEvents(3);
        const { nextCursor } = await store.eventsOf(consumerId, { limit: 1 });
        const other = await withEvents(3);
        const asked = [
          () => store.eventsOf(consumerId, { limit: 1, cursor: 'forged' }),
          () => store.eventsOf(consumerId, { limit: 1, cursor: '' }),
          () => store.eventsOf(consumerId, { limit: 1, cursor: `${nextCursor}A` }),
          () => store.eventsOf(consumerId, { limit: 1, cursor: nextCursor ?? '', type: 'visit' }),
          () => store.eventsOf(other, { limit: 1, cursor: nextCursor ?? '' }),
        ];
        for (const ask of asked) await expect(ask()).rejects.toMatchObject({ code: 'invalid_cursor' });
      });
    });

    describe('finds consumers', () => {
      it('newest first, each once, page after page, with others coming and going', async () => {
        const before = await store.newestConsumers({ limit: 1 });
        const made: string[] = [];
        for (let n = 0; n < 60; n += 1) made.unshift(await consumer());
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.newestConsumers({ limit: 7, cursor });
          expect(page.nextCursor === null || page.items.length === 7).toBe(true);
          seen.push(...page.items.map(({ consumerId }) => consumerId));
          cursor = page.nextCursor ?? undefined;
          await consumer();
          const at = seen.at(-1);
          if (cursor && at && made.includes(at)) await store.commit([{ remove: { kind: 'profile', consumerId: at } }]);
        } while (cursor !== undefined && seen.at(-1) !== before.items[0]?.consumerId);
        expect(seen.slice(0, 60)).toEqual(made);
        expect(new Set(seen).size).toBe(seen.length);
      });

      it('newest first also where the newest all stand in one slice', async () => {
        const made: string[] = [];
        const make = async (isIn: (slice: number) => boolean) => {
          let consumerId = anId();
          while (!isIn(sliceOf(consumerId))) consumerId = anId();
          await stored(profileOf(consumerId), metricsOf(consumerId));
          made.unshift(consumerId);
        };
        for (let n = 0; n < 12; n += 1) await make((slice) => slice !== 3);
        for (let n = 0; n < 20; n += 1) await make((slice) => slice === 3);
        const first = await store.newestConsumers({ limit: 24 });
        const rest = await store.newestConsumers({ limit: 8, cursor: first.nextCursor ?? '' });
        expect([...first.items, ...rest.items].map(({ consumerId }) => consumerId)).toEqual(made);
      });

      it('by a list or a ruleVersion that they are in: in the order of their ids, and newest first', async () => {
        const [listId, ruleVersion] = [anId(), ++sequence];
        const made: string[] = [];
        for (let n = 0; n < 12; n += 1) {
          const consumerId = anId();
          const named = { fullName: `Name ${n}`, email: null };
          await stored(
            { kind: 'listMember', consumerId, listId, addedAt: day(1), ...named },
            { kind: 'member', consumerId, ruleVersion: ruleVersion, segmentId: 's', enteredAt: day(1), ...named },
          );
          made.push(consumerId);
        }
        const named = { fullName: null, email: null };
        await stored({ kind: 'listMember', consumerId: anId(), listId: `${listId}x`, addedAt: day(1), ...named });
        const walked = async (next: (cursor?: string) => Promise<Page<{ consumerId: string }>>) => {
          const pages: string[][] = [];
          let cursor: string | undefined;
          do {
            const page = await next(cursor);
            pages.push(page.items.map(({ consumerId }) => consumerId));
            cursor = page.nextCursor ?? undefined;
          } while (cursor !== undefined);
          return pages;
        };
        const inPages = (ids: string[]) => [ids.slice(0, 5), ids.slice(5, 10), ids.slice(10)];
        const newest = inPages(made.toReversed());
        const question = { limit: 5, boundTo: listId };
        expect(await walked((cursor) => store.membersOfList(listId, { limit: 5, cursor }))).toEqual(inPages(made));
        expect(await walked((cursor) => store.membersOfRuleVersion(ruleVersion, { limit: 5, cursor }))).toEqual(
          inPages(made),
        );
        expect(await walked((cursor) => store.consumersIn({ listId }, { ...question, cursor }))).toEqual(newest);
        expect(await walked((cursor) => store.consumersIn({ ruleVersion }, { ...question, cursor }))).toEqual(newest);
        const [first] = (await store.consumersIn({ ruleVersion }, question)).items;
        expect(first?.consumerId).toBe(made.at(-1));
        const behind = await store.consumersIn({ listId }, { ...question, cursor: first?.cursor });
        expect(behind.items[0]?.consumerId).toBe(made.at(-2));
        const other = store.consumersIn({ ruleVersion }, { limit: 5, boundTo: 'another', cursor: first?.cursor });
        await expect(other).rejects.toMatchObject({ code: 'invalid_cursor' });
      });

      const entry = (consumerId: string, facet: RecordOf<'directory'>['facet'], value: string) =>
        stored({ kind: 'directory', consumerId, facet, value });

      it('by the beginning of a word, in text order, and goes on behind any of them', async () => {
        const word = `q${anId().toLowerCase()}`;
        const ids = [anId(), anId(), anId(), anId()];
        const [a = '', b = '', c = '', d = ''] = ids;
        await entry(b, 'word', `${word}b`);
        await entry(a, 'word', `${word}b`);
        await entry(c, 'word', `${word}ä𝒳`);
        await entry(c, 'word', word);
        await entry(d, 'email', `${word}@example.org`);
        await entry(d, 'word', word.slice(0, -1));
        const found = async (limit: number, cursor?: string) => {
          const page = await store.consumersFoundBy('word', word, { limit, cursor });
          return { ids: page.items.map(({ consumerId }) => consumerId), ...page };
        };
        const all = await found(10);
        expect(all.items.map(({ consumerId, value }) => [consumerId, value])).toEqual([
          [c, word],
          [a, `${word}b`],
          [b, `${word}b`],
          [c, `${word}ä𝒳`],
        ]);
        expect(all.nextCursor).toBeNull();
        const first = await found(2);
        expect(first.ids).toEqual([c, a]);
        expect((await found(2, first.nextCursor ?? '')).ids).toEqual([b, c]);
        expect((await found(9, first.items[0]?.cursor)).ids).toEqual([a, b, c]);
        expect(Buffer.from(first.nextCursor ?? '', 'base64url').toString()).not.toContain(word);
        await expect(
          store.consumersFoundBy('word', `${word}b`, { limit: 1, cursor: first.nextCursor ?? '' }),
        ).rejects.toMatchObject({ code: 'invalid_cursor' });
      });

      it('by the beginning of a word, also where the entry is gone at which the page ended', async () => {
        const word = `q${anId().toLowerCase()}`;
        const ids = Array.from({ length: 8 }, () => anId());
        const named = (n: number) =>
          ({ kind: 'directory', consumerId: ids[n] ?? '', facet: 'word', value: word }) as const;
        for (let n = 0; n < 8; n += 1) await stored(named(n));
        const idsOf = async (cursor: string | null) => {
          const page = await store.consumersFoundBy('word', word, { limit: 9, cursor: cursor ?? '' });
          return page.items.map(({ consumerId }) => consumerId);
        };
        const first = await store.consumersFoundBy('word', word, { limit: 2 });
        const next = await store.consumersFoundBy('word', word, { limit: 2, cursor: first.nextCursor ?? '' });
        const gone = (...entries: number[]) =>
          store.commit(entries.map((n) => ({ remove: named(n), expect: 'present' })));
        await gone(2, 3);
        expect(await idsOf(next.nextCursor)).toEqual(ids.slice(4));
        await gone(0, 1);
        expect(await idsOf(first.nextCursor)).toEqual(ids.slice(4));
        await expect(idsOf(next.nextCursor)).rejects.toMatchObject({ code: 'invalid_cursor' });
      });

      it('by tag, equal and not longer, newest first', async () => {
        const tag = `big spender ${anId()}`;
        const ids = [anId(), anId(), anId()];
        for (const consumerId of ids) await entry(consumerId, 'tag', tag);
        await entry(anId(), 'tag', `${tag}s`);
        const first = await store.consumersFoundBy('tag', tag, { limit: 2 });
        const rest = await store.consumersFoundBy('tag', tag, { limit: 2, cursor: first.nextCursor ?? '' });
        expect([...first.items, ...rest.items].map(({ consumerId }) => consumerId)).toEqual([...ids].reverse());
        expect(rest.nextCursor).toBeNull();
        expect(first.items[0]?.value).toBe(tag);
      });

      it('shows overviews in the order asked, without those that are gone', async () => {
        const [one, two] = [await consumer(), await consumer()];
        const shown = await store.statesOf([two, anId(), one]);
        expect(shown.map(({ profile, metrics }) => [profile.consumerId, metrics.consumerId])).toEqual([
          [two, two],
          [one, one],
        ]);
        const many = await Promise.all(Array.from({ length: 70 }, () => consumer()));
        expect(await store.statesOf(many)).toHaveLength(70);
      });

      it('in slices, everyone in exactly one, and goes on behind any of them', async () => {
        const made = await Promise.all(Array.from({ length: 40 }, () => consumer()));
        const slices: string[][] = [];
        for (let slice = 0; slice < store.slices; slice += 1) {
          const ids: string[] = [];
          for await (const { consumerId } of store.populationSlice(slice)) ids.push(consumerId);
          slices.push(ids);
        }
        expect(
          slices
            .flat()
            .filter((id) => made.includes(id))
            .sort(),
        ).toEqual([...made].sort());
        expect(new Set(slices.flat()).size).toBe(slices.flat().length);
        const [first = []] = slices;
        const rest: string[] = [];
        for await (const { consumerId } of store.populationSlice(0, first[0])) rest.push(consumerId);
        expect(rest).toEqual(first.slice(1));
      });

      it('in slices with their whole heads, as each is told alone, and goes on behind any of them', async () => {
        const parts = (consumerId: string): StoredRecord[] => [
          ...pointsOf(consumerId).filter(({ kind }) => kind === 'account' || kind === 'rewardsState'),
          ...segmentsOf(consumerId).filter(({ kind }) => kind === 'memberships'),
        ];
        const made: string[] = [];
        for (let some = 0; some < 16; some++) {
          const consumerId = anId();
          // Each has some of the others; who has no profile is nobody.
          const others = parts(consumerId).filter(({ kind }) => some & PART_BITS[kind as keyof typeof PART_BITS]);
          await stored(metricsOf(consumerId), ...others);
          if (some & 8) await store.commit([{ remove: { kind: 'profile', consumerId } }]);
          else made.push(consumerId);
        }
        const found: ConsumerState[] = [];
        for (let slice = 0; slice < store.slices; slice++) {
          const own: ConsumerState[] = [];
          for await (const picture of store.stateSlice(slice)) {
            if (made.includes(picture.profile.consumerId)) own.push(picture);
          }
          expect(own).toEqual(
            own.toSorted((one, other) => (one.profile.consumerId < other.profile.consumerId ? -1 : 1)),
          );
          const [first] = own;
          if (first) {
            const rest: ConsumerState[] = [];
            for await (const picture of store.stateSlice(slice, first.profile.consumerId)) rest.push(picture);
            expect(rest.filter(({ profile }) => made.includes(profile.consumerId))).toEqual(own.slice(1));
          }
          found.push(...own);
        }
        expect(found.map(({ profile }) => profile.consumerId).sort()).toEqual(made.toSorted());
        for (const picture of found) expect(picture).toEqual(await store.stateOf(picture.profile.consumerId));
        const kinds = Object.keys(PART_BITS) as (keyof typeof PART_BITS)[];
        for (const kind of kinds) expect(found.filter((picture) => picture[kind] !== undefined)).toHaveLength(4);
        expect(await store.stateOf(anId())).toBeNull();
      });

      it.each([
        ['metrics', metricsOf],
        ['profile', profileOf],
      ] as const)('whose %s is due, the earliest first, and says when the next one is', async (kind, recordOf) => {
        const due = async (n: number) => {
          const consumerId = anId();
          await stored(recordOf(consumerId, { dueAt: day(n) }));
          return consumerId;
        };
        const [third, first, second, never] = [await due(3), await due(1), await due(2), anId()];
        await stored(recordOf(never));
        const ours = (rows: { consumerId: string }[]) =>
          rows.map(({ consumerId }) => consumerId).filter((id) => [first, second, third, never].includes(id));
        expect(ours(await store.dueConsumers(kind, day(2), 500))).toEqual([first, second]);
        expect(await store.dueConsumers(kind, day(9), 1)).toHaveLength(1);
        expect(await store.nextDueAt(kind)).toBe(day(1));
        for (const consumerId of [first, second, third]) await stored(recordOf(consumerId));
        expect(ours(await store.dueConsumers(kind, day(28), 500))).toEqual([]);
        expect(await store.nextDueAt(kind)).toBe(MUCH_LATER);
      });
    });
  });
};
