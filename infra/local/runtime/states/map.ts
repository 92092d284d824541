/** The Map state, inline and distributed: items, batches, concurrency, tolerated failures. */
import type { MapState } from './definition.ts';
import { StatesError } from './expressions.ts';
import { allOf, endingOf, type Frame, innerScope, type Passage, Unwanted } from './frame.ts';

/** Step Functions' own limit for a state that sets none. */
const INLINE_CONCURRENCY = 40;
/** Distributed maps run 10,000 at a time on AWS: more than this machine profits from. */
const DISTRIBUTED_CONCURRENCY = 100;

export async function enterMap(frame: Frame, state: MapState): Promise<Passage> {
  const items = state.Items === undefined ? frame.input : await frame.value(state.Items);
  if (!Array.isArray(items))
    throw new StatesError('States.QueryEvaluationError', `The items of ${frame.name} are no list.`);
  const inputs = await batched(frame, state, await selected(frame, state, items));
  const isDistributed = state.ItemProcessor.ProcessorConfig?.Mode === 'DISTRIBUTED';
  const most = isDistributed ? DISTRIBUTED_CONCURRENCY : INLINE_CONCURRENCY;
  const wanted = Number(await frame.value(state.MaxConcurrency ?? 0));
  const concurrency = wanted > 0 ? Math.min(wanted, most) : most;
  const tolerated = await toleranceOf(frame, state, inputs.length);
  const result = await runItems(frame, state, inputs, { concurrency, isDistributed, tolerated });
  return endingOf(frame, state, { result });
}

async function selected(frame: Frame, state: MapState, items: unknown[]): Promise<unknown[]> {
  if (state.ItemSelector === undefined) return items;
  return Promise.all(items.map((Value, Index) => frame.value(state.ItemSelector, { map: { Item: { Index, Value } } })));
}

async function batched(frame: Frame, { ItemBatcher: batcher }: MapState, items: unknown[]): Promise<unknown[]> {
  if (!batcher) return items;
  const most = Number((await frame.value(batcher.MaxItemsPerBatch ?? 0)) || Number.POSITIVE_INFINITY);
  const mostBytes = Number((await frame.value(batcher.MaxInputBytesPerBatch ?? 0)) || 256 * 1024);
  const shared = batcher.BatchInput === undefined ? {} : { BatchInput: await frame.value(batcher.BatchInput) };
  const batches: unknown[][] = [];
  let bytes = 0;
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item));
    const current = batches.at(-1);
    if (!current || current.length >= most || bytes + size > mostBytes) {
      batches.push([item]);
      bytes = size;
    } else {
      current.push(item);
      bytes += size;
    }
  }
  return batches.map((Items) => ({ Items, ...shared }));
}

/** How many items may fail; an inline map tolerates none. */
async function toleranceOf(frame: Frame, state: MapState, count: number): Promise<number> {
  const { ToleratedFailureCount, ToleratedFailurePercentage } = state;
  const limits: number[] = [];
  if (ToleratedFailureCount !== undefined) limits.push(Number(await frame.value(ToleratedFailureCount)));
  if (ToleratedFailurePercentage !== undefined) {
    limits.push(Math.floor((count * Number(await frame.value(ToleratedFailurePercentage))) / 100));
  }
  return limits.length === 0 ? 0 : Math.min(...limits);
}

interface Manner {
  concurrency: number;
  isDistributed: boolean;
  tolerated: number;
}
const FAILED = Symbol();

/** Results of the items that succeeded, in their order. */
async function runItems(frame: Frame, state: MapState, inputs: unknown[], manner: Manner): Promise<unknown[]> {
  const { scope, variables } = frame;
  const { concurrency, isDistributed, tolerated } = manner;
  const results: unknown[] = new Array(inputs.length);
  let failures = 0;
  let next = 0;
  const isOver = () => failures > tolerated;
  const checkWanted = () => {
    scope.checkWanted();
    if (isOver()) throw new Unwanted();
  };
  const runItem = async (index: number) => {
    const input = inputs[index];
    const map = { Item: { Index: index, Value: input } };
    const inner = { id: innerScope(frame, index), input, outer: variables, map, checkWanted };
    try {
      results[index] = await frame.runInner(state.ItemProcessor, inner);
    } catch (error) {
      if (!(error instanceof StatesError)) throw error;
      failures += 1;
      results[index] = FAILED;
      if (isOver()) throw isDistributed ? overTolerance(failures) : error;
    }
  };
  const work = async () => {
    while (next < inputs.length) {
      checkWanted();
      const index = next;
      next += 1;
      await runItem(index);
    }
  };
  await allOf(Array.from({ length: Math.min(concurrency, inputs.length) }, work));
  return results.filter((result) => result !== FAILED);
}

const overTolerance = (failures: number) =>
  new StatesError('States.ExceedToleratedFailureThreshold', `${failures} items failed, more than are tolerated.`);
