/** What backfilling does to a segment. */
import { withRevision } from '../../organization/catalogue.ts';
import type { RecordOf } from '../../ports/records.ts';
import type { Store } from '../../ports/store.ts';

/** Before the first rule there was none, and all members of that one enter. */
export const NO_UNIT = 0;

/** What others do to a segment and what its backfill does are told apart by the settings' version: its own is its editors'. */
export const changeSegment = async (
  store: Store,
  segmentId: string,
  change: (segment: RecordOf<'segment'>) => RecordOf<'segment'> | null,
): Promise<void> => {
  const [segment, settings] = await store.get([{ kind: 'segment', segmentId }, { kind: 'settings' }], true);
  const put = segment && change(segment);
  if (!put) return;
  await store.commit([
    { put, expect: { version: put.version } },
    { put: withRevision(settings), expect: settings ? { version: settings.version } : 'absent' },
  ]);
};
