/** Audiences to begin with: staff copy them and change them. */
import { minorDigitsOf } from '../settings.ts';
import type { Rule } from './rule.ts';

export interface BuiltInAudience {
  templateId: string;
  name: string;
  rule: Rule;
}

/** To be replaced by the region that is meant: as it stands, nobody is there. */
const ANY_REGION = 'Your region';

/** Amounts are in the organization's currency. */
export const builtInAudiences = (currency: string, region: string = ANY_REGION): BuiltInAudience[] => [
  {
    templateId: 'vip',
    name: 'VIP',
    rule: { all: [{ attribute: 'loyalty.score', operator: 'gt', value: 100 }] },
  },
  {
    templateId: 'recent_buyers',
    name: 'Recent buyers',
    rule: { all: [{ attribute: 'purchaseRecency.lastOrderAt', operator: 'within_last', value: { days: 30 } }] },
  },
  {
    templateId: 'high_spenders',
    name: 'High spenders',
    rule: {
      all: [
        {
          attribute: 'customerValue.lifetimeValueMinor',
          operator: 'gt',
          value: 500 * 10 ** minorDigitsOf(currency),
        },
      ],
    },
  },
  {
    templateId: 'local',
    name: 'Local',
    rule: { all: [{ attribute: 'locationContext.region', operator: 'in', value: [region] }] },
  },
];
