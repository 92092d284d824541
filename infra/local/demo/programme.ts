/** The loyalty programme of the demonstration: what earns points, tiers, rewards, a challenge. */
import type { Client } from '../client/client.ts';

const SETTINGS: Record<string, object> = {
  'earning-rules': {
    rules: [
      { ruleId: 'orders', event: 'order_placed', pointsPerMajorUnit: 1, expiresAfterDays: 365 },
      { ruleId: 'reviews', event: 'review_written', points: 25, capPerMonth: 100 },
      { ruleId: 'referrals', event: 'friend_referred', points: 200, pendingDays: 14 },
      { ruleId: 'shares', event: 'content_shared', points: 10, capPerDay: 10 },
    ],
  },
  tiers: {
    tiers: [
      { tierId: 'bronze', name: 'Bronze', threshold: 0 },
      { tierId: 'silver', name: 'Silver', threshold: 250 },
      { tierId: 'gold', name: 'Gold', threshold: 1_000 },
    ],
  },
  'point-reasons': {
    reasons: [
      { code: 'goodwill', label: 'Goodwill of the support team' },
      { code: 'correction', label: 'Correction of a mistake' },
    ],
  },
};

const REWARDS = [
  { rewardId: 'free-shipping', name: 'Free shipping', costPoints: 50 },
  { rewardId: 'tote-bag', name: 'Tote bag', costPoints: 150, stock: 200, limitPerConsumer: 1 },
  { rewardId: 'signed-print', name: 'Signed print', costPoints: 600, stock: 25, limitPerConsumer: 1 },
];

const CHALLENGE = {
  challengeId: 'three-reviews',
  name: 'Write three reviews',
  kind: 'custom',
  goal: { event: 'review_written', measure: 'count', target: 3 },
  points: 100,
  repeatable: false,
};

/** Sets what was never set. Settings of somebody's own, and what is there already, stay. */
export const setUpProgramme = async (client: Client): Promise<void> => {
  for (const [name, document] of Object.entries(SETTINGS)) {
    const { body } = await client.call('GET', `/v1/settings/${name}`);
    if ((body as { version: number }).version === 0) await client.call('PUT', `/v1/settings/${name}`, document);
  }
  for (const reward of REWARDS) await client.call('POST', '/v1/rewards', reward);
  await client.call('POST', '/v1/challenges', CHALLENGE);
};

/** One in four claims what they can pay. Claims have ids of their own, so that none is made twice. */
export const claimSome = async (client: Client, consumerId: string, number: number): Promise<void> => {
  const reward = REWARDS[number % 2];
  if (number % 4 > 1 || reward === undefined) return;
  const { rewardId } = reward;
  await client.call('POST', `/v1/consumers/${consumerId}/reward-claims`, { rewardId, claimId: `demo-${number}` });
};
