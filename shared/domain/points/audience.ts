/** Who an offer is for. */
import type { Audience } from './settings.ts';

/** The segments and lists that a consumer is in. */
export interface Memberships {
  segments: ReadonlySet<string>;
  lists: ReadonlySet<string>;
}

/** Of who is in none; and where nobody asks. */
export const NO_MEMBERSHIPS: Memberships = { segments: new Set(), lists: new Set() };

/** A member of any of the segments or lists named; everyone where none is named. */
export function isInAudience(audience: Audience | undefined, { segments, lists }: Memberships): boolean {
  if (audience === undefined || isEveryone(audience)) return true;
  return audience.segments.some((id) => segments.has(id)) || audience.lists.some((id) => lists.has(id));
}

export const isEveryone = ({ segments, lists }: Audience): boolean => segments.length === 0 && lists.length === 0;
