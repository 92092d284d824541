import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dateMsOf } from '../../../shared/domain/conditions/dates.ts';
import { valuesAt } from '../../../shared/domain/conditions/values.ts';
import type { JsonObject } from '../../../shared/domain/facts.ts';
import { instantOf } from '../../../shared/domain/instants.ts';
import { isBehind } from '../../../shared/domain/points/passing-of-time.ts';
import { attributeNamed, catalogue } from '../../../shared/domain/segments/attributes.ts';
import type { Picture } from '../../../shared/domain/segments/picture.ts';
import { Reading } from '../../../shared/domain/segments/reading.ts';
import { detailAt } from '../../../shared/usecases/consumers/detail.ts';
import type { Organization } from '../../../shared/usecases/organization/organization.ts';
import type { ConsumerStateWithEvents } from '../../../shared/usecases/ports/store.ts';
import { anyPicture, context, NOW, nearMs } from './pictures.ts';

const { summary, ...others } = context;
const catalogueOfNothing = { segments: new Map(), lists: new Map(), told: new Map() };
const organization = {
  ...others,
  catalogue: catalogueOfNothing,
  summary: summary && { content: summary, asOf: NOW },
} as unknown as Organization;

/** What staff see of the same consumer at the same time. */
const detailOf = ({ profile, metrics, account }: Picture, now: string): JsonObject => {
  const state = { profile, metrics, account, rewardsState: undefined, memberships: undefined, events: [] };
  return detailAt(state as unknown as ConsumerStateWithEvents, organization, now) as unknown as JsonObject;
};

const single = catalogue().filter(({ name, kind }) => kind !== 'set' && !name.includes('*'));
/** Money is shown in whole units, all else with four decimals at most, percent with two. */
const toleranceOf = (name: string): number =>
  name.endsWith('Minor') ? 0.5 : /[pP]ercent/.test(name) ? 0.005 : 0.00005;

/** As far as numbers of that size have decimals at all. */
const isRounded = (name: string, shown: number, exact: number): boolean =>
  Math.abs(shown - exact) <= toleranceOf(name) + 1e-9 + Math.abs(exact) * 1e-12;

describe('the name of an attribute', () => {
  it('is a path of the detail, and its value what stands there, but exact', () => {
    fc.assert(
      fc.property(anyPicture, nearMs.map(instantOf), (picture, now) => {
        const detail = detailOf(picture, now);
        const reading = new Reading(picture, context, now);
        for (const { name, kind } of single) {
          // The detail doesn't say when a tier began that nobody has booked yet.
          if (name === 'tier.since' && isBehind(picture.account, now)) continue;
          const shown = valuesAt(detail, name) ?? null;
          const exact = attributeNamed(name)?.attribute.value(reading, '') ?? null;
          if (kind === 'number' && typeof exact === 'number') {
            expect([name, isRounded(name, Number(shown), exact)]).toEqual([name, true]);
          } else if (kind === 'date') {
            expect([name, typeof shown === 'string' ? dateMsOf(shown) : shown]).toEqual([name, exact]);
          } else expect([name, shown]).toEqual([name, exact]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
