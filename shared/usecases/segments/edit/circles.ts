/** Segments that name each other in a circle: nobody could say who is in them. */
import type { JsonObject } from '../../../domain/facts.ts';
import { Refusal } from '../../../domain/refusal.ts';
import { cycleIn } from '../../../domain/segments/references.ts';
import { parsedRule, type Rule } from '../../../domain/segments/rule.ts';
import type { RecordOf } from '../../ports/records.ts';

type SegmentRecord = RecordOf<'segment'>;

/** Throws `Refusal('segment_cycle')` where the segment, with this rule, would depend on itself. */
export const refuseCircleOf = (
  segments: Iterable<SegmentRecord>,
  { segmentId, rule }: { segmentId: string; rule: Rule },
): void => {
  const filling = { number: 0, rule: rule as unknown as JsonObject, since: '' };
  refuseCircle(
    [...segments].map((segment) => (segment.segmentId === segmentId ? { ...segment, filling } : segment)),
    segmentId,
  );
};

/** Where only others depend on themselves, the edit has no part in that. */
export const refuseCircle = (segments: readonly SegmentRecord[], edited: string): void => {
  const rules = new Map<string, Rule>();
  for (const { segmentId, live, filling } of segments) {
    const rule = (filling ?? live)?.rule;
    if (rule) rules.set(segmentId, parsedRule(rule));
  }
  const circle = cycleIn(rules);
  if (circle === null) return;
  const message = `A segment can't depend on itself: ${circle.join(' → ')}.`;
  if (circle.includes(edited))
    throw new Refusal('segment_cycle', message, [{ path: 'rule', code: 'invalid_value', message }]);
};
