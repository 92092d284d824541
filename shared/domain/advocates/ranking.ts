/** Who is ranked among the advocates, and in which order. */
import type { Influence } from './influence.ts';

export interface Candidate {
  consumerId: string;
  influence: Influence;
}

/** Scores that are closer than this tie: what is added up otherwise differs by rounding alone. */
const TIE = 1e-9;

/**
 * The best of however many candidates, few of them at hand at a time. Those who come within a tie of the best that is
 * not ranked yet rank by their most recent activity, then by id.
 */
export function newRanking(places: number): { add(candidate: Candidate): void; best(): Candidate[] } {
  let candidates: Candidate[] = [];
  const most = 4 * places + 1_000;
  let room = most;
  return {
    add(candidate) {
      candidates.push(candidate);
      if (candidates.length < room) return;
      candidates = contenders(candidates, places);
      room = candidates.length + most;
    },
    best: () => ranked(candidates).slice(0, places),
  };
}

/** Without those who cannot be ranked any more, whoever comes. */
function contenders(candidates: readonly Candidate[], places: number): Candidate[] {
  const inOrder = byScore(candidates);
  const last = inOrder[places - 1]?.influence.score ?? 0;
  let equal = 0;
  let before = Number.NaN;
  return inOrder.filter(({ influence: { score } }) => {
    equal = score === before ? equal + 1 : 1;
    before = score;
    return score > last - TIE && equal <= places;
  });
}

function ranked(candidates: readonly Candidate[]): Candidate[] {
  const groups: Candidate[][] = [];
  for (const candidate of byScore(candidates)) {
    const group = groups.at(-1);
    const best = group?.[0]?.influence.score ?? Number.POSITIVE_INFINITY;
    if (group && best - candidate.influence.score < TIE) group.push(candidate);
    else groups.push([candidate]);
  }
  return groups.flatMap((group) => group.sort(byLatest));
}

const byScore = (candidates: readonly Candidate[]): Candidate[] =>
  candidates.toSorted((one, other) => other.influence.score - one.influence.score || byLatest(one, other));

const byLatest = (one: Candidate, other: Candidate): number =>
  other.influence.latestMs - one.influence.latestMs || (one.consumerId < other.consumerId ? -1 : 1);
