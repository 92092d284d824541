/** The outbox: publishes committed changes to other systems, from the table's stream. */
import { canonicalJson, sha256 } from '../../domain/canonical.ts';
import { identityLevelOf } from '../../domain/consumer/identity.ts';
import type { IdentityLevel, Instant, JsonObject } from '../../domain/facts.ts';
import { laterOf } from '../../domain/instants.ts';
import { ladderOf } from '../../domain/points/tiers.ts';
import type { Settings } from '../../domain/settings.ts';
import { isSameLoyalty, scoringOf } from '../organization/scoring.ts';
import type { Bus, DomainEvent, Workflows } from '../ports/bus.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Change } from '../ports/store.ts';

export interface PublishDeps {
  bus: Bus;
  workflows: Workflows;
}

/**
 * Publishes the events of the changes, in order as far as possible, and starts the workflows that they require. Returns how
 * many changes are complete, counted from the first. A redelivered change publishes the same events and starts nothing twice.
 */
export const publishChanges = async ({ bus, workflows }: PublishDeps, changes: readonly Change[]): Promise<number> => {
  const eventsByChange = changes.map(eventsOf);
  const published = await bus.publish(eventsByChange.flat());
  const done = changesWithin(eventsByChange, published);
  for (const change of changes.slice(0, done)) await startFor(workflows, change);
  return done;
};

/** How many changes have all their events among the first `published`. */
const changesWithin = (eventsByChange: readonly DomainEvent[][], published: number): number => {
  let rest = published;
  for (const [index, events] of eventsByChange.entries()) {
    rest -= events.length;
    if (rest < 0) return index;
  }
  return eventsByChange.length;
};

export const eventsOf = ({ before, after }: Change): DomainEvent[] => {
  if (after?.kind === 'profile') return identityEvents(before?.kind === 'profile' ? before : null, after);
  if (after?.kind === 'metrics' && before?.kind === 'metrics') return bandEvents(before, after);
  if (after?.kind === 'entry' && before === undefined) return pointsEvents(after);
  if (after?.kind === 'claim' && before === undefined) return claimEvents(after);
  if (after?.kind === 'rewardsState') return completionEvents(before?.kind === 'rewardsState' ? before : null, after);
  if (after?.kind === 'event' && before === undefined) return flipEvents(after);
  if (after?.kind === 'account') return tierEvents(before?.kind === 'account' ? before : null, after);
  return [];
};

const LEVELS: readonly IdentityLevel[] = ['guest', 'registered', 'verified'];

/** One event for each level that the consumer reached. A level that is lost and reached again is published again. */
const identityEvents = (before: RecordOf<'profile'> | null, after: RecordOf<'profile'>): DomainEvent[] => {
  const from = LEVELS.indexOf(before ? identityLevelOf(before) : 'guest');
  const { consumerId, updatedAt: at } = after;
  const climbed = LEVELS.slice(from + 1, LEVELS.indexOf(identityLevelOf(after)) + 1);
  return climbed.map((level) => ({ detailType: `consumer.${level}`, detail: { consumerId, at }, at }));
};

const bandEvents = (before: RecordOf<'metrics'>, after: RecordOf<'metrics'>): DomainEvent[] => {
  if (before.band === after.band) return [];
  const { consumerId, band: to, bandSince: at, bandCause: cause } = after;
  return [{ detailType: 'loyalty.band_changed', detail: { consumerId, from: before.band, to, at, cause }, at }];
};

const pointsEvents = (entry: RecordOf<'entry'>): DomainEvent[] => {
  const { consumerId, entryId, type, points, balances, at, cause, about } = entry;
  const { eventId } = about;
  const detail = { consumerId, entryId, type: type === 'return' ? 'reverse' : type, points, balances: { ...balances } };
  return [
    { detailType: 'points.changed', detail: { ...detail, at, cause, ...(eventId !== undefined && { eventId }) }, at },
  ];
};

const tierEvents = (before: RecordOf<'account'> | null, { consumerId, tier }: RecordOf<'account'>): DomainEvent[] => {
  const from = before?.tier.tierId ?? null;
  const { tierId: to, since: at, cause, manual } = tier;
  if (from === to || at === null) return [];
  return [{ detailType: 'tier.changed', detail: { consumerId, from, to, at, cause, manual }, at }];
};

const claimEvents = ({ consumerId, claimId, rewardId, points, claimedAt: at }: RecordOf<'claim'>): DomainEvent[] => [
  { detailType: 'reward.claimed', detail: { consumerId, claimId, rewardId, points, at }, at },
];

/** Each challenge that was completed since; `times` more than once where one event did it all. */
const completionEvents = (before: RecordOf<'rewardsState'> | null, after: RecordOf<'rewardsState'>): DomainEvent[] =>
  Object.entries(after.challenges).flatMap(([challengeId, { completions, completedAt: at }]) => {
    const times = completions - (before?.challenges[challengeId]?.completions ?? 0);
    if (times <= 0 || at === null) return [];
    return [
      { detailType: 'challenge.completed', detail: { consumerId: after.consumerId, challengeId, times, at }, at },
    ];
  });

const FLIPS: Readonly<Record<string, string>> = { segment_entered: 'segment.entered', segment_left: 'segment.left' };

/** Entering and leaving segments, from the events in the history. */
const flipEvents = ({ consumerId, type, occurredAt: at, attributes }: RecordOf<'event'>): DomainEvent[] => {
  const detailType = FLIPS[type];
  return detailType === undefined ? [] : [{ detailType, detail: { ...attributes, consumerId, at }, at }];
};

/** Starts the workflows for work that takes longer than a request. */
const startFor = async (workflows: Workflows, change: Change): Promise<void> => {
  const { before, after } = change;
  if (after?.kind === 'settings') await startForSettings(workflows, { ...change, after });
  if (after?.kind === 'segment' || before?.kind === 'segment') await startForSegment(workflows, change);
  if (after?.kind === 'export' && !before) {
    await workflows.start('export', `export-${after.exportId}`, { exportId: after.exportId });
  }
  if (after?.kind === 'erasure') await startErasure(workflows, before, after);
  if (before?.kind === 'list' && !after) {
    await workflows.start('lists-cleanup', `list-${markOf(before)}`, { listId: before.listId });
  }
};

/** One execution per attempt. A restored receipt starts none. Execution names reveal no consumer. */
const startErasure = async (
  workflows: Workflows,
  before: Change['before'],
  { erasureId, attempt, status }: RecordOf<'erasure'>,
): Promise<void> => {
  if (status !== 'running') return;
  if (before?.kind === 'erasure' && before.attempt === attempt) return;
  await workflows.start('erasure', `erasure-${erasureId}-${attempt}`, { erasureId });
};

/** Fills a new rule with members, and removes the members of discarded rules. */
const startForSegment = async (workflows: Workflows, { at, before, after }: Change): Promise<void> => {
  const [was, is] = [before, after].map((record) => (record?.kind === 'segment' ? record : undefined));
  if (is?.filling && is.filling.number !== was?.filling?.number) {
    await workflows.start('segments-backfill', `unit-${is.filling.number}-${markOf(is.filling)}`, {});
  }
  const kept = new Set(is && unitsOf(is));
  const units = was ? unitsOf(was).filter((unit) => !kept.has(unit)) : [];
  if (was && units.length > 0) {
    await workflows.start('segments-cleanup', `units-${units.join('-')}-${markOf(was)}`, { units, now: at });
  }
};

/** The units that may have members. */
const unitsOf = ({ live, filling: next, retiring: last }: RecordOf<'segment'>): number[] =>
  [live, next, last].flatMap((unit) => (unit && unit.number > 0 ? [unit.number] : []));

/** A restored table reuses numbers of units. A hash of the content keeps execution names unique. */
const markOf = (content: object): string => sha256(canonicalJson(content)).slice(0, 16);

/**
 * Starts a rebuild for every consumer: of metrics after new scoring rules, of tiers after a new ladder, and of archiving
 * after a new number of days.
 */
const startForSettings = async (
  workflows: Workflows,
  { at, before, after }: Change & { after: RecordOf<'settings'> },
): Promise<void> => {
  const was = scoringOf(before?.kind === 'settings' ? before : undefined);
  const is = scoringOf(after);
  // A restored table reuses version numbers. The rules in the name keep it unique.
  const start = (workflow: string, rules: string | number, input: JsonObject) =>
    workflows.start(workflow, `settings-${after.version}-${rules}`, input);
  if (was.version !== is.version) {
    // A change of only the segments' event counts is not urgent: the backfill of the segment computes them.
    const isPatient = isSameLoyalty(was.version, is.version);
    await start('metrics-rebuild', is.version, { now: at, rules: is.version, isPatient });
  }
  const ladder = ladderMark(is.settings);
  if (ladder !== null && ladder !== ladderMark(was.settings)) {
    await start('tiers-rebuild', ladder, { now: ladderSince(after) ?? at });
  }
  const { archiveAfterDays: days } = is.settings.profile;
  if (days !== was.settings.profile.archiveAfterDays) {
    await start('archive-rebuild', String(days).replace('.', '_'), { now: at });
  }
};

/** Identifies a ladder by its steps, regardless of their names; null if the module is off. */
const ladderMark = ({ tiers, modules }: Settings): string | null => {
  const steps = ladderOf(tiers.tiers, modules.tiers)?.map(({ tierId, threshold }) => [tierId, threshold]);
  return steps ? sha256(canonicalJson(steps)) : null;
};

/** When the ladder took effect; more precise than the stream's instant. */
const ladderSince = ({ documents }: RecordOf<'settings'>): Instant | null =>
  laterOf(documents['tiers']?.updatedAt ?? null, documents['modules']?.updatedAt ?? null);
