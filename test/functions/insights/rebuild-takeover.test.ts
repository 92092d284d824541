/** Of many edits in a row only the last one goes over everyone, however they and what they start fall together. */
import { describe, expect, it } from '@jest/globals';
import { makeHandler as rebuildSlice } from '../../../functions/insights/steps/fold-slice.ts';
import { makeHandler as listSlices } from '../../../functions/insights/steps/list-slices.ts';
import type { Tallied } from '../../../shared/domain/segments/tally.ts';
import { tallyKeyOf } from '../../../shared/domain/segments/tally.ts';
import { recordEvents } from '../../../shared/usecases/events/record.ts';
import { scoringOf } from '../../../shared/usecases/organization/scoring.ts';
import { publishChanges } from '../../../shared/usecases/outbox/publish.ts';
import type { RecordOf } from '../../../shared/usecases/ports/records.ts';
import type { Store } from '../../../shared/usecases/ports/store.ts';
import { depsOn, NOW, storeWith, sumsOf } from '../../support/events.ts';
import { settingsAsking } from '../../support/records.ts';
import { machineOf } from '../../support/workflow.ts';

const EVERYONE = Array.from({ length: 200 }, (_, n) => `c${n}`);
const visits = (days: number): Tallied => ({ event: 'visit', where: [], measure: 'count', within: { days } });

type SettingsAfter = (edits: number) => RecordOf<'settings'>;
/** The settings after so many segments were created, each of which asks something else. */
const segments: SettingsAfter = (edits) =>
  settingsAsking(edits, ...Array.from({ length: edits }, (_, n) => visits(n + 1)));
/** After the score was edited so many times. */
const halfLives: SettingsAfter = (edits) => {
  const loyalty = { version: edits, updatedAt: NOW, updatedBy: 'staff', value: { halfLifeDays: 100 + edits } };
  return { kind: 'settings', version: edits, documents: { loyalty } };
};

/** A population, settings that are edited one by one, and the workflow that each edit starts; what is asked of the table. */
const world = async (after: SettingsAfter) => {
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
    'fold-slice': rebuildSlice(depsOn(store)),
  });
  let before: RecordOf<'settings'> | undefined;
  const bus = { publish: async () => 0 };
  const told: (() => Promise<unknown>)[] = [];
  /** Another edit; what it starts, the stream tells later. */
  const edit = async () => {
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
  const expectTallied = async () => {
    const keys = Array.from({ length: before?.version ?? 0 }, (_, n) => tallyKeyOf(visits(n + 1))).sort();
    for (const consumerId of EVERYONE) {
      expect(Object.keys((await sumsOf(plain, consumerId)).tallies)).toEqual(keys);
    }
  };
  const expectInForce = async () => {
    for (const consumerId of EVERYONE) {
      const [metrics] = await plain.get([{ kind: 'metrics', consumerId }], true);
      expect(metrics?.scoringVersion).toBe(scoringOf(before).version);
    }
  };
  const onFold = (happen: () => Promise<void>) => {
    afterFold = happen;
  };
  return { machine, asked, edit, tell, expectTallied, expectInForce, onFold };
};

describe('a hundred edits in a row', () => {
  it.each([
    ['segments that are created', segments],
    ['the score', halfLives],
  ])('have everyone folded once: %s', async (_, after) => {
    const { machine, asked, edit, tell, expectInForce } = await world(after);
    for (let n = 0; n < 100; n++) await edit();
    await tell();
    const outputs = await machine.outputs();
    expect(asked.folds).toBe(EVERYONE.length);
    // One for each that was overtaken, two for each consumer at most.
    expect(asked.reads).toBeLessThan(100 + 2 * EVERYONE.length);
    expect(outputs.at(-1)).toEqual({ consumers: EVERYONE.length, differed: EVERYONE.length });
    await expectInForce();
  });

  it('have everyone folded once where each starts what it starts before the next one: segments', async () => {
    const { machine, asked, edit, tell, expectTallied } = await world(segments);
    for (let n = 0; n < 100; n++) await edit().then(tell);
    await machine.outputs();
    expect(asked.folds).toBe(EVERYONE.length);
    await expectTallied();
  });

  it('have hardly more folded where each comes while those before are being followed: the score', async () => {
    const { machine, asked, edit, tell, expectInForce, onFold } = await world(halfLives);
    let edits = 1;
    onFold(async () => {
      if (edits === 100) return;
      edits += 1;
      await edit();
      await tell();
    });
    await edit();
    await tell();
    await machine.outputs();
    expect(edits).toBe(100);
    expect(asked.folds).toBeLessThanOrEqual(2 * EVERYONE.length);
    await expectInForce();
  });
});
