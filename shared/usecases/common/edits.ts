/** Edits of resources that staff keep: each has a version, and a retry recognizes an edit whose response was lost. */
import type { Instant } from '../../domain/facts.ts';
import { Refusal } from '../../domain/refusal.ts';
import type { Deps } from '../ports/deps.ts';
import type { StoredRecord } from '../ports/records.ts';
import type { Write } from '../ports/store.ts';
import { retrying } from './retrying.ts';

/** The resource that was read. Throws `Refusal` `not_found`, and `version_conflict` unless `ifMatch` is its version. */
export const found = <T extends { version: number }>(name: string, resource: T | undefined, ifMatch?: number): T => {
  if (resource === undefined) throw new Refusal('not_found', `There is no ${name} with this id.`);
  if (ifMatch !== undefined && ifMatch !== resource.version) {
    throw new Refusal('version_conflict', `The ${name} is at version ${resource.version}, not ${ifMatch}.`);
  }
  return resource;
};

interface Save<S, T> {
  read(): Promise<S>;
  /** The answer if the state shows that the edit with this id was committed; undefined otherwise. */
  committed(state: S, editId: string): T | Promise<T> | undefined;
  save(state: S, editId: string): Promise<T>;
}

/** Saves on the state that was read and retries on conflict. An edit that committed before its response was lost is not repeated. */
export const saveOnce = <S, T>(
  deps: Pick<Deps, 'newId' | 'pause'>,
  now: Instant,
  { read, committed, save }: Save<S, T>,
): Promise<T> => {
  const editId = deps.newId(now);
  return retrying(deps, async () => {
    const state = await read();
    return (await committed(state, editId)) ?? save(state, editId);
  });
};

/** Removes on the state that was read. A retry that finds the resource gone succeeds: an earlier attempt, or another request, removed it. */
export const removeOnce = <S>(
  deps: Pick<Deps, 'pause'>,
  read: () => Promise<S>,
  isGone: (state: S) => boolean,
  remove: (state: S) => Promise<null>,
): Promise<null> =>
  retrying(deps, async (retry) => {
    const state = await read();
    return retry > 0 && isGone(state) ? null : remove(state);
  });

/** The write that replaces a record as it was read, or creates it. */
export const putWrite = (before: { version: number } | undefined, after: StoredRecord): Write => ({
  put: after,
  expect: before ? { version: before.version } : 'absent',
});
