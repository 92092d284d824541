/** What segments cost: a thousand of them, of one changed consumer and of everyone, against rule libraries. */
import { columnsOf, evaluatedColumns } from '../../shared/domain/segments/columns.ts';
import { compiled, type Evaluator, evaluate } from '../../shared/domain/segments/evaluator.ts';
import type { Picture, RuleContext } from '../../shared/domain/segments/picture.ts';
import type { Rule } from '../../shared/domain/segments/rule.ts';
import type { Measured } from './budget.ts';
import { atMost, median, shown, told } from './budget.ts';
import { factsOf, LIBRARIES } from './rule-libraries.ts';
import { contextOf, NOW, rulesOf, shoppers } from './shoppers.ts';

const SEGMENTS = 1_000;
const CONSUMERS = 100_000;
/** Consumers that one pass asks about, one by one. */
const ROWS = 2_000;
const PASSES = 31;
/** Libraries get as long as this; what they manage in that time is extrapolated. */
const LIBRARY_MS = 1_500;

export const measureSegments = async (): Promise<Measured[]> => {
  const pictures = shoppers(CONSUMERS);
  const context = contextOf(pictures);
  const rules = rulesOf(SEGMENTS);
  const evaluator = compiled(rules.map((rule, index) => ({ versionId: `u${index}`, segmentId: `s${index}`, rule })));
  const [fastest, ofLibraries] = await measureLibraries(pictures, context, rules, evaluator);
  const rowUs = measureRows(evaluator, pictures, context);
  const { readUs, columnUs } = measureColumns(evaluator, pictures, context);
  return [
    ...ofLibraries,
    atMost('one changed consumer × 1,000 segments, with its next flip', 50, rowUs, 'µs of CPU'),
    atLeast('1,000 segments, row by row, against the fastest library', 10, fastest / rowUs, '×'),
    atLeast('1,000 segments × 100,000 consumers, once in columns', 100, fastest / columnUs, '×'),
    told('1,000 segments × 100,000 consumers, once in columns', `${shown((columnUs * CONSUMERS) / 1000)} ms`),
    told('reading 100,000 consumers into columns', `${shown((readUs * CONSUMERS) / 1000)} ms`),
  ];
};

const atLeast = (operation: string, least: number, measured: number, unit: string): Measured => ({
  operation,
  budget: `≥ ${shown(least)} ${unit}`,
  measured: `${shown(measured)} ${unit}`,
  ok: measured >= least,
});

/** Microseconds of CPU for one consumer: the median of some passes, most of them by compiled code. */
const measureRows = (evaluator: Evaluator, pictures: readonly Picture[], context: RuleContext): number => {
  const rows = pictures.slice(0, ROWS);
  const passes = Array.from({ length: PASSES }, () => {
    const before = process.cpuUsage();
    for (const picture of rows) evaluate(evaluator, picture, context, NOW);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / rows.length;
  });
  return median(passes);
};

/** Microseconds for one consumer, to read it into columns and to evaluate these. */
const measureColumns = (evaluator: Evaluator, pictures: readonly Picture[], context: RuleContext) => {
  const startedMs = performance.now();
  const columns = columnsOf(evaluator, pictures, context, NOW);
  const readUs = ((performance.now() - startedMs) * 1000) / pictures.length;
  const passes = Array.from({ length: 3 }, () => {
    const startedMs = performance.now();
    evaluatedColumns(evaluator, columns);
    return ((performance.now() - startedMs) * 1000) / pictures.length;
  });
  return { readUs, columnUs: median(passes) };
};

/** The fastest library's microseconds for one consumer, given its values for nothing; each has to say what we say. */
const measureLibraries = async (
  pictures: readonly Picture[],
  context: RuleContext,
  rules: readonly Rule[],
  evaluator: Evaluator,
): Promise<[number, Measured[]]> => {
  const times: [string, number][] = [];
  for (const [name, prepare] of Object.entries(LIBRARIES)) {
    const asked = prepare(rules);
    const facts = pictures.slice(0, ROWS).map((picture) => factsOf(picture, context, rules));
    for (const [row, one] of facts.slice(0, 5).entries())
      agree(name, evaluator, pictures[row], context, await asked(one));
    const startedMs = performance.now();
    let rows = 0;
    while (performance.now() - startedMs < LIBRARY_MS) await asked(facts[rows++ % facts.length] ?? {});
    times.push([name, ((performance.now() - startedMs) * 1000) / rows]);
  }
  const told1 = times.map(([name, us]) => told(`one consumer × 1,000 segments: ${name}`, `${shown(us)} µs`));
  return [Math.min(...times.map(([, us]) => us)), told1];
};

const agree = (
  name: string,
  evaluator: Evaluator,
  picture: Picture | undefined,
  context: RuleContext,
  held: readonly boolean[],
): void => {
  if (picture === undefined) return;
  const { members } = evaluate(evaluator, picture, context, NOW);
  const other = held.findIndex((holds, index) => holds !== members.has(index));
  if (other >= 0) throw new Error(`${name} says otherwise of rule ${other}`);
};
