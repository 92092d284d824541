/** Where a smooth function of a few variables is least: Nelder and Mead's simplex (1965), started again where it ends. */

type Point = readonly number[];
interface Vertex {
  at: Point;
  value: number;
}
export interface Minimum extends Vertex {
  /** False where the search ran out of steps. */
  settled: boolean;
}

const FIRST_STEP = 0.5;
const VALUE_TOLERANCE = 1e-12;
const PLACE_TOLERANCE = 1e-6;
const MOST_STEPS = 4_000;
const MOST_STARTS = 5;

/** Restarting with a fresh simplex guards against one that collapsed before the minimum. */
export function minimized(f: (at: Point) => number, start: Point): Minimum {
  let best = descended(f, start);
  for (let starts = 1; starts < MOST_STARTS; starts++) {
    const again = descended(f, best.at);
    const gained = best.value - again.value;
    if (gained >= 0) best = again;
    if (best.settled && gained <= VALUE_TOLERANCE * Math.abs(best.value)) return best;
  }
  return { ...best, settled: false };
}

function descended(f: (at: Point) => number, start: Point): Minimum {
  const vertex = (at: Point): Vertex => ({ at, value: finite(f(at)) });
  let simplex = [start, ...start.map((_, axis) => start.map((c, i) => (i === axis ? c + FIRST_STEP : c)))].map(vertex);
  for (let step = 0; step < MOST_STEPS; step++) {
    simplex.sort((p, q) => p.value - q.value);
    const best = nth(simplex, 0);
    if (isSmall(simplex)) return { ...best, settled: true };
    simplex = stepped(simplex, best, vertex);
  }
  return { ...nth(simplex, 0), settled: false };
}

/** One step on a sorted simplex: the worst vertex moves through the centre of the others, or all shrink to the best. */
function stepped(simplex: Vertex[], best: Vertex, vertex: (at: Point) => Vertex): Vertex[] {
  const worst = nth(simplex, simplex.length - 1);
  const others = simplex.slice(0, -1);
  const centre = best.at.map((_, axis) => others.reduce((sum, { at }) => sum + nth(at, axis), 0) / others.length);
  const beyond = (factor: number) => vertex(between(centre, worst.at, -factor));
  const reflected = beyond(1);
  if (reflected.value < best.value) {
    const expanded = beyond(2);
    return [...others, expanded.value < reflected.value ? expanded : reflected];
  }
  if (reflected.value < nth(others, others.length - 1).value) return [...others, reflected];
  const contracted = beyond(reflected.value < worst.value ? 0.5 : -0.5);
  if (contracted.value < Math.min(reflected.value, worst.value)) return [...others, contracted];
  return simplex.map((v) => (v === best ? v : vertex(between(best.at, v.at, 0.5))));
}

const between = (from: Point, to: Point, share: number): Point =>
  from.map((c, axis) => c + share * (nth(to, axis) - c));

function isSmall(simplex: Vertex[]): boolean {
  const best = nth(simplex, 0);
  const spread = nth(simplex, simplex.length - 1).value - best.value;
  const width = Math.max(...simplex.flatMap(({ at }) => at.map((c, axis) => Math.abs(c - nth(best.at, axis)))));
  return spread <= VALUE_TOLERANCE * Math.abs(best.value) && width <= PLACE_TOLERANCE;
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.MAX_VALUE);

function nth<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`nothing at ${index}`);
  return item;
}
