/** Which route answers a request, chosen as API Gateway's HTTP APIs choose: the most specific match wins. */
import type { RouteModel } from '../assembly/model.ts';

export interface Match {
  route: RouteModel;
  pathParameters: Record<string, string>;
}

interface Candidate {
  route: RouteModel;
  method: string;
  segments: Segment[];
}
interface Segment {
  /** Literal text, `{one}` segment, or `{all+}` that is left. Lower is more specific. */
  kind: 0 | 1 | 2;
  text: string;
}

const LITERAL = 0;
const PARAMETER = 1;
const GREEDY = 2;

/** A selector over these routes. It throws a `URIError` where the path cannot be decoded. */
export function createSelector(routes: RouteModel[]): (method: string, path: string) => Match | null {
  const fallback = routes.find(({ routeKey }) => routeKey === '$default');
  const candidates = routes
    .filter((route) => route !== fallback)
    .map(candidate)
    .sort(bySpecificity);
  return (method, path) => {
    const segments = path.split('/').slice(1).map(decodeURIComponent);
    for (const { route, method: wanted, segments: pattern } of candidates) {
      if (wanted !== method && wanted !== 'ANY') continue;
      const pathParameters = matched(pattern, segments);
      if (pathParameters) return { route, pathParameters };
    }
    return fallback ? { route: fallback, pathParameters: {} } : null;
  };
}

function candidate(route: RouteModel): Candidate {
  const [method = '', path = ''] = route.routeKey.split(' ');
  return { route, method, segments: path.split('/').slice(1).map(segmentOf) };
}

function segmentOf(text: string): Segment {
  const name = /^\{(.+?)(\+?)\}$/.exec(text);
  if (!name) return { kind: LITERAL, text };
  return { kind: name[2] ? GREEDY : PARAMETER, text: name[1] ?? '' };
}

/** Segment by segment, literal before parameter before greedy; then a named method before `ANY`. */
function bySpecificity(left: Candidate, right: Candidate): number {
  for (let i = 0; i < Math.min(left.segments.length, right.segments.length); i += 1) {
    const difference = (left.segments[i]?.kind ?? 0) - (right.segments[i]?.kind ?? 0);
    if (difference !== 0) return difference;
  }
  return right.segments.length - left.segments.length || Number(left.method === 'ANY') - Number(right.method === 'ANY');
}

function matched(pattern: Segment[], segments: string[]): Record<string, string> | null {
  const parameters: Record<string, string> = {};
  for (const [i, { kind, text }] of pattern.entries()) {
    if (kind === GREEDY) {
      const rest = segments.slice(i).join('/');
      return rest === '' ? null : Object.assign(parameters, { [text]: rest });
    }
    const segment = segments[i];
    if (segment === undefined || segment === '') {
      if (!(segment === '' && kind === LITERAL && text === '')) return null;
    }
    if (kind === LITERAL && segment !== text) return null;
    if (kind === PARAMETER) parameters[text] = segment ?? '';
  }
  return segments.length === pattern.length ? parameters : null;
}
