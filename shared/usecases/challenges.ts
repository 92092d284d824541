/** The challenges of the organization: one document beside its settings, so that every event reads them with these. */
import type { Challenge } from '../domain/points/challenges.ts';
import type { RecordOf } from './ports.ts';

export type ChallengeRecord = Challenge & { version: number; createdAt: string; updatedAt: string };

/** In the order of their ids. */
export const challengesIn = (settings: RecordOf<'settings'> | undefined): ChallengeRecord[] =>
  (settings?.documents['challenges']?.value as { challenges: ChallengeRecord[] } | undefined)?.challenges ?? [];
