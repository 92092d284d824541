/** Ways to reach a consumer. */
import type { Channel } from '../facts.ts';

export const CHANNELS = ['email', 'sms', 'push'] as const satisfies readonly Channel[];
