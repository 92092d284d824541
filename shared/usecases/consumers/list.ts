/** Lists consumers by filters and by search. */
import { lastActivityOf } from '../../domain/consumer/archiving.ts';
import { identityLevelOf } from '../../domain/consumer/identity.ts';
import { hasTag, leadingEntry, lookupsOf, matchesWord, searchWords } from '../../domain/consumer/search.ts';
import { folded } from '../../domain/consumer/text.ts';
import type { ConsumerStatus, Instant, Profile } from '../../domain/facts.ts';
import { loyaltyOf } from '../../domain/metrics/read.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Group } from '../../domain/segments/counts.ts';
import type { Catalogue } from '../organization/catalogue.ts';
import type { Organization } from '../organization/organization.ts';
import { organizationOf } from '../organization/organization.ts';
import { readingOf } from '../organization/scoring.ts';
import { tierOf } from '../points/shown.ts';
import type { DirectoryFacet } from '../ports/records.ts';
import type { Found, ListedState, Page, PageRequest, Store } from '../ports/store.ts';

export interface ConsumerQuery {
  search?: string | undefined;
  status?: ConsumerStatus | undefined;
  tag?: string | undefined;
  segmentId?: string | undefined;
  listId?: string | undefined;
}

/** Consumers examined per page. A page that reaches this limit may be short; its cursor continues the list. */
const MOST_EXAMINED = 2_000;
const CHUNK = { least: 25, most: 100 };

export type ConsumerRow = ReturnType<typeof rowOf>;

/** All filters apply together. A search returns text order, any other list newest first. Throws `Refusal('invalid_cursor')`. */
export const listConsumers = async (
  store: Store,
  query: ConsumerQuery,
  page: { limit: number; cursor?: string | undefined },
  now: Instant,
): Promise<Page<ConsumerRow>> => {
  const organization = await organizationOf(store, now);
  const groups = groupsOf(query, organization.catalogue);
  if (groups === null) return { items: [], nextCursor: null };
  const words = searchWords(query.search ?? '');
  const items: ConsumerRow[] = [];
  let behind: string | null = null;
  let examined = 0;
  for await (const { overview, cursor } of candidates(store, { ...query, groups, words }, page)) {
    const isFound = overview !== null && fits(overview.profile, query, words);
    if (isFound && items.length === page.limit) return { items, nextCursor: behind };
    if (isFound) items.push(rowOf(overview, organization, now));
    behind = cursor;
    examined += 1;
    if (examined === MOST_EXAMINED) return { items, nextCursor: behind };
  }
  return { items, nextCursor: null };
};

/** The requested rule version and list. Null if one of them has no members. */
const groupsOf = ({ segmentId, listId }: ConsumerQuery, { segments, lists }: Catalogue): Group[] | null => {
  const groups: Group[] = [];
  if (segmentId !== undefined) {
    const live = segments.get(segmentId)?.live;
    if (!live) return null;
    groups.push({ ruleVersion: live.number });
  }
  if (listId !== undefined) {
    if (!lists.has(listId)) return null;
    groups.push({ listId });
  }
  return groups;
};

const fits = (profile: Profile, { status, tag }: ConsumerQuery, words: string[]): boolean =>
  (status === undefined || profile.status === status) &&
  (tag === undefined || hasTag(profile, tag)) &&
  words.every((word) => matchesWord(profile, word));

const rowOf = (overview: ListedState, organization: Organization, now: Instant) => {
  const { profile, metrics } = overview;
  const { loyalty } = organization.settings;
  const tier = tierOf(overview, organization, now);
  return {
    consumerId: profile.consumerId,
    fullName: profile.fullName,
    email: profile.email,
    phone: profile.phone,
    status: profile.status,
    identityLevel: identityLevelOf(profile),
    loyaltyScore: loyaltyOf(metrics, readingOf(loyalty, metrics), now).score,
    tier: tier && { tierId: tier.tierId, name: tier.name },
    lastActivityAt: lastActivityOf(profile, metrics),
    createdAt: profile.createdAt,
  };
};

interface Candidate {
  /** Null if another entry of the same consumer counts, or the consumer no longer exists. */
  overview: ListedState | null;
  cursor: string;
}
/** One pass through an index. With `facet` null, all consumers or the members of `group`. */
interface Source {
  facet: DirectoryFacet | null;
  value: string;
  group?: Group | undefined;
}
interface Question extends ConsumerQuery {
  groups: readonly Group[];
  words: string[];
}

/** Possible matches, in the order of the response. A cursor holds the source's index, then the position in it. */
const candidates = async function* (
  store: Store,
  question: Question,
  { limit, cursor }: PageRequest,
): AsyncGenerator<Candidate> {
  const { words, status, tag, segmentId, listId } = question;
  // The longest word is the most selective.
  const word = words.toSorted((a, b) => b.length - a.length)[0];
  const sources = sourcesOf(question, word);
  const [start, position] = cursor === undefined ? [0, undefined] : startOf(cursor, sources.length);
  const boundTo = JSON.stringify([words, status, tag && folded(tag), segmentId, listId]);
  for (let n = start; n < sources.length; n += 1) {
    const source = sources[n];
    let at = n === start ? position : undefined;
    do {
      const chunk = Math.min(Math.max(limit + 1, CHUNK.least), CHUNK.most);
      const page: Page<Found> = await pageOf(store, source, { limit: chunk, cursor: at, boundTo });
      const others = question.groups.filter((group) => group !== source?.group);
      const byId = await overviewsWithin(store, others, page.items);
      for (const found of page.items) {
        const overview = byId.get(found.consumerId) ?? null;
        const leads = overview === null || word === undefined || isLeading(overview.profile, word, source, found);
        yield { overview: leads ? overview : null, cursor: `${n}${found.cursor}` };
      }
      at = page.nextCursor ?? undefined;
    } while (at !== undefined);
  }
};

/** The consumers that are in all groups, by id. */
const overviewsWithin = async (
  store: Store,
  groups: readonly Group[],
  found: readonly Found[],
): Promise<Map<string, ListedState>> => {
  const consumerIds = found.map(({ consumerId }) => consumerId);
  const [overviews, ...members] = await Promise.all([
    store.statesOf(consumerIds),
    ...groups.map((group) => membersAmong(store, group, consumerIds)),
  ]);
  const within = overviews.filter(({ profile }) => members.every((among) => among.has(profile.consumerId)));
  return new Map(within.map((overview) => [overview.profile.consumerId, overview]));
};

const membersAmong = async (store: Store, group: Group, consumerIds: readonly string[]): Promise<Set<string>> => {
  const entries = await store.get(
    consumerIds.map((consumerId) =>
      'ruleVersion' in group
        ? ({ kind: 'member', consumerId, ...group } as const)
        : ({ kind: 'listMember', consumerId, ...group } as const),
    ),
  );
  return new Set(consumerIds.filter((_, index) => entries[index] !== undefined));
};

const sourcesOf = ({ status, tag, groups: [group] }: Question, word: string | undefined): Source[] => {
  if (word !== undefined) return lookupsOf(word);
  if (group) return [{ facet: null, value: '', group }];
  if (tag !== undefined) return [{ facet: 'tag', value: folded(tag) }];
  return status === 'inactive' ? [{ facet: 'status', value: status }] : [{ facet: null, value: '' }];
};

const pageOf = (
  store: Store,
  source: Source | undefined,
  page: PageRequest & { boundTo: string },
): Promise<Page<Found>> => {
  if (source?.group) return store.consumersIn(source.group, page);
  return source?.facet ? store.consumersFoundBy(source.facet, source.value, page) : store.newestConsumers(page);
};

const startOf = (cursor: string, sources: number): [number, string] => {
  const start = Number(/^\d/.exec(cursor)?.[0] ?? sources);
  if (start >= sources) throw new Refusal('invalid_cursor', 'Use the cursor of the previous response.');
  return [start, cursor.slice(1)];
};

const isLeading = (profile: Profile, word: string, source: Source | undefined, found: Found): boolean => {
  const entry = leadingEntry(profile, word);
  return entry?.facet === source?.facet && entry?.value === found.value;
};
