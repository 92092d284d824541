/**
 * The organization's segments and lists: who has which name, and by which rule members are told. Kept in the function's
 * memory, and read again where the settings, which every request reads anyway, say that one was edited.
 */
import type { Instant, JsonObject } from '../../domain/facts.ts';
import type { Memberships } from '../../domain/points/audience.ts';
import { SYSTEM } from '../../domain/points/posting.ts';
import type { RecordOf } from '../ports/records.ts';
import type { Store } from '../ports/store.ts';

export interface Catalogue {
  /** Names by id. */
  lists: ReadonlyMap<string, string>;
  segments: ReadonlyMap<string, RecordOf<'segment'>>;
  /** The segments that are told, by the unit whose members are theirs. */
  live: ReadonlyMap<number, RecordOf<'segment'>>;
}

/** What the settings keep about segments and lists beside what staff edit there. */
export interface Bookmarks {
  /** Moves with each edit of a segment or a list. */
  revision: number;
  /** The number that the next rule will have. */
  nextUnit: number;
  /** Lists that were deleted, as long as their members are being taken off. */
  listsLeaving: string[];
}
const DOCUMENT = 'segments';
const NONE_YET: Bookmarks = { revision: 0, nextUnit: 1, listsLeaving: [] };

type Settings = RecordOf<'settings'> | undefined;

export const bookmarksIn = (settings: Settings): Bookmarks => ({
  ...NONE_YET,
  ...(settings?.documents[DOCUMENT]?.value as Partial<Bookmarks> | undefined),
});

/** The settings that tell everyone to read the catalogue again; with what else changes beside the revision. */
export const withRevision = (settings: Settings, change: JsonObject = {}): RecordOf<'settings'> => {
  const document = settings?.documents[DOCUMENT];
  const value = { ...document?.value, ...change, revision: bookmarksIn(settings).revision + 1 };
  return {
    kind: 'settings',
    version: (settings?.version ?? 0) + 1,
    documents: {
      ...settings?.documents,
      [DOCUMENT]: { version: (document?.version ?? 0) + 1, updatedAt: UNTOLD, updatedBy: SYSTEM, value },
    },
  };
};
/** Nobody is shown when this document was written. */
const UNTOLD: Instant = '1970-01-01T00:00:00.000Z';

const EMPTY: Catalogue = { lists: new Map(), segments: new Map(), live: new Map() };
const kept = new WeakMap<Store, { revision: number; catalogue: Catalogue }>();

/**
 * The catalogue, no older than the settings. What is read after them may be younger: then the settings that follow have
 * another revision, and it is read once more.
 */
export const catalogueOf = async (store: Store, settings: Settings): Promise<Catalogue> => {
  if (settings?.documents[DOCUMENT] === undefined) return EMPTY;
  const { revision } = bookmarksIn(settings);
  const before = kept.get(store);
  if (before?.revision === revision) return before.catalogue;
  const [lists, segments] = await Promise.all([store.lists(), store.segments()]);
  const catalogue: Catalogue = {
    lists: new Map(lists.map(({ listId, name }) => [listId, name])),
    segments: new Map(segments.map((segment) => [segment.segmentId, segment])),
    live: new Map(segments.flatMap((segment) => (segment.live ? [[segment.live.number, segment] as const] : []))),
  };
  kept.set(store, { revision, catalogue });
  return catalogue;
};

type Standing = RecordOf<'memberships'> | undefined;

/** The segments that a consumer is told to be in. */
export const segmentsIn = (memberships: Standing, { live: told }: Catalogue) =>
  Object.entries(memberships?.ruleVersions ?? {}).flatMap(([unit, enteredAt]) => {
    const segment = told.get(Number(unit));
    return segment ? [{ segmentId: segment.segmentId, name: segment.name, enteredAt }] : [];
  });

/** The lists that a consumer is on; one that was deleted is no longer told. */
export const listsIn = (memberships: Standing, { lists }: Catalogue) =>
  (memberships?.lists ?? []).flatMap(({ listId, addedAt }) => {
    const name = lists.get(listId);
    return name === undefined ? [] : [{ listId, name, addedAt }];
  });

/** What offers ask about. */
export const membershipsOf = (memberships: Standing, catalogue: Catalogue): Memberships => ({
  segments: new Set(segmentsIn(memberships, catalogue).map(({ segmentId }) => segmentId)),
  lists: new Set(listsIn(memberships, catalogue).map(({ listId }) => listId)),
});
