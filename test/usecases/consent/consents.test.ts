/** The profile's consent state agrees with the history under concurrent statements, differing clocks and database faults. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryStore } from '../../../shared/data/memory-store.ts';
import { instantOf, msOf } from '../../../shared/domain/instants.ts';
import type { RecordOf } from '../../../shared/usecases/ports/records.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { WriteConflict } from '../../../shared/usecases/ports/store.ts';
import { consents } from '../../support/consents.ts';
import { NOW } from '../../support/events.ts';
import { everyPage } from '../../support/segment-truth.ts';
import { FAULTS, failingAt, interleaved, turns } from '../../support/wrapped-stores.ts';

const born = async (): Promise<Store> => {
  const world = consents();
  await world.born('ana');
  return world.store;
};
/** All statements, oldest first. */
const historyOf = async (store: Store): Promise<RecordOf<'consent'>[]> =>
  (await everyPage((cursor) => store.consentsOf('ana', { limit: 100, cursor }))).reverse();
const profileOf = async (store: Store) => (await store.get([{ kind: 'profile', consumerId: 'ana' }], true))[0];

/** The profile holds the state that results from the history, and the history is in the order of its instants. */
const expectAgreement = async (store: Store): Promise<void> => {
  const history = await historyOf(store);
  const standing: Record<string, Record<string, object>> = {};
  for (const { channel, purpose, state, at } of history) {
    standing[channel] = { ...standing[channel], [purpose]: { state, at } };
  }
  expect((await profileOf(store))?.consents).toEqual(standing);
  const instants = history.map(({ at }) => at);
  expect(instants).toEqual(instants.toSorted());
};

const call = fc.oneof(
  fc.record({ text: fc.constantFrom('STOP', 'START', 'hello'), behindMs: fc.integer({ min: 0, max: 50 }) }),
  fc.record({
    body: fc.record({
      channel: fc.constantFrom('sms', 'email'),
      purpose: fc.constantFrom('marketing', 'receipts', 'Receipts'),
      state: fc.constantFrom('granted', 'withdrawn'),
    }),
    behindMs: fc.integer({ min: 0, max: 50 }),
  }),
);

describe('concurrent statements', () => {
  it('are stored once each and ordered, and the newest counts even if clocks differ', async () => {
    const property = fc.asyncProperty(
      fc.array(call, { maxLength: 8 }),
      fc.integer({ min: 1, max: 1e9 }),
      async (calls, seed) => {
        const store = await born();
        const world = consents(interleaved(store, turns(seed)));
        const responses = await Promise.all(
          calls.map((one) => {
            const now = instantOf(msOf(NOW) - one.behindMs);
            return 'text' in one ? world.sms(one.text, {}, { now }) : world.say('ana', one.body, { now });
          }),
        );
        expect(responses.every(({ status }) => status === 201 || status === 202)).toBe(true);
        await expectAgreement(store);
        const history = await historyOf(store);
        const ids = responses.flatMap(({ status, body }) => (status === 201 ? [body.consentId] : []));
        const byForm = history.filter(({ source }) => source === 'form').map(({ consentId }) => consentId);
        expect(byForm.sort()).toEqual(ids.sort());
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it.each([1, 2, 3, 4, 5])('two STOPs withdraw each purpose once (order %i)', async (seed) => {
    const store = await born();
    const world = consents(interleaved(store, turns(seed)));
    await Promise.all(['marketing', 'receipts'].map((purpose) => world.say('ana', { purpose })));
    await Promise.all([world.sms('STOP'), world.sms('stop.'), world.sms('ARRET')]);
    const withdrawn = (await historyOf(store)).filter(({ state }) => state === 'withdrawn');
    expect(withdrawn.map(({ purpose }) => purpose).sort()).toEqual(['marketing', 'receipts']);
    await expectAgreement(store);
  });
});

describe('a statement during database faults', () => {
  const sent = [
    ['a STOP, sent until it is answered', (world: ReturnType<typeof consents>) => world.sms('STOP')],
    [
      'a statement under a key, sent until it is answered',
      (world: ReturnType<typeof consents>) =>
        world.say('ana', { state: 'withdrawn' }, { headers: { 'idempotency-key': 'k' } }),
    ],
  ] as const;
  it.each(sent.flatMap(([claim, send]) => FAULTS.map((fault) => [claim, fault, send] as const)))(
    '%s, is made once (%s)',
    async (_, fault, send) => {
      for (let callToFail = 1; callToFail <= 4; callToFail += 1) {
        const store = await born();
        await consents(store).say('ana');
        const world = consents(failingAt(store, callToFail, fault));
        for (let tries = 0; tries < 3; tries += 1) if ((await send(world)).status < 300) break;
        const states = (await historyOf(store)).map(({ state }) => state);
        expect([callToFail, states]).toEqual([callToFail, ['granted', 'withdrawn']]);
        await expectAgreement(store);
      }
    },
  );

  it.each(['conflict', 'unnoticed'] as const)(
    'without a key is recorded once if the caller sees only a conflict (%s)',
    async (fault) => {
      for (let callToFail = 1; callToFail <= 3; callToFail += 1) {
        const store = await born();
        const response = await consents(failingAt(store, callToFail, fault)).say('ana');
        const ids = (await historyOf(store)).map(({ consentId }) => consentId);
        expect(ids).toEqual(response.status === 201 ? [response.body.consentId] : []);
      }
    },
  );

  it('that committed although its response was lost is returned, regardless of later statements', async () => {
    const store = await born();
    const commit: Store['commit'] = async (writes) => {
      await store.commit(writes);
      await consents(store).say('ana', { state: 'withdrawn' });
      throw new WriteConflict([]);
    };
    const response = await consents({ ...store, commit }).say('ana');
    expect(response).toMatchObject({ status: 201, body: { state: 'granted' } });
    expect((await historyOf(store)).map(({ state }) => state)).toEqual(['granted', 'withdrawn']);
    await expectAgreement(store);
  });
});

describe('a number that moves to another consumer during the request', () => {
  it('changes the consent of its current owner', async () => {
    const store = await born();
    let isMoved = false;
    const get: Store['get'] = async (keys, fresh) => {
      const records = await store.get(keys, fresh);
      const profile = await profileOf(store);
      if (keys[0]?.kind === 'contact' && profile && !isMoved) {
        isMoved = true;
        await store.commit([{ put: { ...profile, phone: null, version: 2 }, expect: { version: 1 } }]);
        await consents(store).born('bo', { email: null });
      }
      return records;
    };
    expect((await consents({ ...store, get }).sms('STOP')).status).toBe(202);
    expect(await historyOf(store)).toEqual([]);
    expect((await store.consentsOf('bo', { limit: 10 })).items).toMatchObject([{ state: 'withdrawn' }]);
  });
});

describe('a statement about a consumer who is erased during the request', () => {
  it.each(['form', 'sms'])('leaves nothing behind (%s)', async (by) => {
    const store: Store = memoryStore();
    const plain = consents(store);
    await plain.born('ana');
    let isGone = false;
    const commit: Store['commit'] = async (writes) => {
      if (!isGone) {
        isGone = true;
        await store.commit([
          { remove: { kind: 'profile', consumerId: 'ana' } },
          {
            put: { kind: 'tombstone', subjectHash: store.keyedHashOf('ana'), erasureId: 'e', at: NOW },
            expect: 'absent',
          },
        ]);
      }
      await store.commit(writes);
    };
    const world = consents({ ...store, commit });
    const response = by === 'form' ? await world.say('ana') : await world.sms('STOP');
    expect(response.status).toBe(by === 'form' ? 410 : 202);
    expect(await historyOf(store)).toEqual([]);
    expect(await profileOf(store)).toBeUndefined();
  });
});
