/** Of many edits in a row only the last one goes over everyone, however they and what they start fall together. */
import { describe, expect, it } from '@jest/globals';
import { makeHandler as foldSlice } from '../../functions/insights/fold-slice.ts';
import { makeHandler as listSlices } from '../../functions/insights/list-slices.ts';
import type { Tallied } from '../../shared/domain/segments/tally.ts';
import { tallyKeyOf } from '../../shared/domain/segments/tally.ts';
import type { RecordOf, Store } from '../../shared/usecases/ports.ts';
import { publishChanges } from '../../shared/usecases/publish-changes.ts';
import { recordEvents } from '../../shared/usecases/record-events.ts';
import { depsOn, NOW, storeWith, sumsOf } from '../support/events.ts';
import { settingsAsking } from '../support/records.ts';
import { machineOf } from '../support/workflow.ts';

const EVERYONE = Array.from({ length: 200 }, (_, n) => `c${n}`);
const visits = (days: number): Tallied => ({ event: 'visit', where: [], measure: 'count', within: { days } });

/** The settings after so many segments were created, each of which asks something else. */
const after = (segments: number) =>
  settingsAsking(segments, ...Array.from({ length: segments }, (_, n) => visits(n + 1)));

/** A population, segments that are created one by one, and the workflow that each starts; what is asked of the table. */
const world = async () => {
  const plain = await storeWith(...EVERYONE);
  for (const consumerId of EVERYONE) {
    await recordEvents(depsOn(plain), { consumerId, now: NOW }, [{ type: 'visit', attributes: {} }]);
  }
  const asked = { folds: 0, reads: 0 };
  let afterFold: () => Promise<void> = async () => undefined;
  const store: Store = {
    ...plain,
    get: (keys, fresh) => {
      asked.reads += 1;
      return plain.get(keys, fresh);
    },
    historyOf: async function* (consumerId) {
      asked.folds += 1;
      yield* plain.historyOf(consumerId);
      await afterFold();
    },
  };
  const machine = machineOf('metrics-rebuild', {
    'list-slices': listSlices({ store }),
    'fold-slice': foldSlice(depsOn(store)),
  });
  let before: RecordOf<'settings'> | undefined;
  const bus = { publish: async () => 0 };
  const told: (() => Promise<unknown>)[] = [];
  /** Another segment; what it starts, the stream tells later. */
  const create = async () => {
    const was = before;
    const is = after((was?.version ?? 0) + 1);
    before = is;
    await plain.commit([{ put: is, expect: was ? { version: was.version } : 'absent' }]);
    const workflows = { start: async (_: string, execution: string, input: object) => machine.start(input, execution) };
    told.push(() => publishChanges({ bus, workflows }, [{ at: NOW, before: was, after: is }]));
  };
  const tell = async () => {
    for (const start of told.splice(0)) await start();
  };
  /** Everyone has what all segments together ask, and nothing else. */
  const expectRight = async () => {
    const keys = Array.from({ length: before?.version ?? 0 }, (_, n) => tallyKeyOf(visits(n + 1))).sort();
    for (const consumerId of EVERYONE) {
      expect(Object.keys((await sumsOf(plain, consumerId)).tallies)).toEqual(keys);
    }
  };
  const onFold = (happen: () => Promise<void>) => {
    afterFold = happen;
  };
  return { machine, asked, create, tell, expectRight, onFold };
};

describe('a hundred segments that are created in a row', () => {
  it('have everyone folded once', async () => {
    const { machine, asked, create, tell, expectRight } = await world();
    for (let n = 0; n < 100; n++) await create();
    await tell();
    const outputs = await machine.outputs();
    expect(asked.folds).toBe(EVERYONE.length);
    // One for each that was overtaken, two for each consumer at most.
    expect(asked.reads).toBeLessThan(100 + 2 * EVERYONE.length);
    expect(outputs.at(-1)).toEqual({ consumers: EVERYONE.length, differed: EVERYONE.length });
    await expectRight();
  });

  it('have hardly more folded where each is told while those before are being folded', async () => {
    const { machine, asked, create, tell, expectRight, onFold } = await world();
    let created = 1;
    onFold(async () => {
      if (created === 100) return;
      created += 1;
      await create();
      await tell();
    });
    await create();
    await tell();
    await machine.outputs();
    expect(created).toBe(100);
    expect(asked.folds).toBeLessThanOrEqual(2 * EVERYONE.length);
    await expectRight();
  });
});
