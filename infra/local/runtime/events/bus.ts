/** The event bus: keeps what was published, and hands it to the targets of the rules that it matches. */
import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../assembly/identities.ts';
import type { BusModel } from '../assembly/model.ts';
import type { Clock } from '../base/clock.ts';
import { appendLine, readLines, replaceLines } from '../base/files.ts';
import type { Invoke } from '../base/invoke.ts';
import { erasedIn, redactor } from '../base/redaction.ts';
import { compilePattern, type Matches } from './filter.ts';

export interface BusEntry {
  source: string;
  detailType: string;
  detail: Record<string, unknown>;
  resources?: string[];
  /** The instant that the publisher names; else the clock's. */
  at?: string;
}
export interface BusItem {
  at: string;
  source: string;
  detailType: string;
  detail: Record<string, unknown>;
}
export interface LocalBus {
  readonly name: string;
  readonly arn: string;
  /** Keeps the event and starts its deliveries; answers its id. What was answered survives a kill, deliveries too. */
  put(entry: BusEntry): string;
  /** The ids of all who were ever told to be erased. */
  erased(): string[];
  /** Leaves nothing of what was published about these consumers, but that it was. */
  forget(erased: string[]): void;
  /** Events that were published at this instant or later, whichever instants they tell of, in the order of publishing. */
  since(iso: string): BusItem[];
  /** Resolves when nothing is being delivered. */
  idle(): Promise<void>;
  /** Lets deliveries under way end; what fails now is delivered after the next start. */
  stop(): Promise<void>;
}

export interface BusSettings {
  model: BusModel;
  invoke: Invoke;
  /** Starting twice under one name starts once: a delivery may be repeated. */
  startExecution: (stateMachineId: string, input: unknown, name: string) => Promise<unknown>;
  clock: Clock;
  /** Keeps the events between runs; null forgets them. */
  file: string | null;
  /** Told of each event, before it is kept. */
  heard?: (event: BusItem) => void;
  log?: (line: string) => void;
}

type Target = BusModel['rules'][number]['targets'][number];
interface Published extends BusItem {
  id: string;
  /** The clock's; absent in files of before. */
  publishedAt?: string;
  resources: string[];
}
/** A line of the file: an event, with whether anything is to be delivered, or that all its deliveries have ended. */
type Line = { event: Published; awaited: boolean } | { delivered: string };

/** Beyond these the oldest leave the memory; the file, where there is one, has them all. */
const MOST_IN_MEMORY = 10_000;
const DELIVERY_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;

export function createBus(settings: BusSettings): LocalBus {
  const { model, invoke, startExecution, clock, file, heard = () => {}, log = () => {} } = settings;
  const targetsOf = router(model);
  const lines = file === null ? [] : (readLines(file) as Line[]);
  const recent = lines.flatMap((line) => ('event' in line ? [line.event] : [])).slice(-MOST_IN_MEMORY);
  let forgotten = lines.length > recent.length;
  const deliveries = new Set<Promise<void>>();
  const stopping = new AbortController();

  const keep = (line: Line) => {
    if (file !== null) appendLine(file, line);
  };
  const handOver = ({ functionId, stateMachineId }: Target, event: Published) =>
    functionId === null
      ? startExecution(stateMachineId ?? '', envelope(event), event.id)
      : invoke(functionId, envelope(event));
  const deliver = async (event: Published, targets: Target[]) => {
    const ends = targets.map((target) => persistently(() => handOver(target, event), event, log, stopping.signal));
    if ((await Promise.all(ends)).every(Boolean)) keep({ delivered: event.id });
  };
  const begin = (event: Published, targets: Target[]) => {
    const delivery = deliver(event, targets).finally(() => deliveries.delete(delivery));
    deliveries.add(delivery);
  };
  const put = ({ at, resources = [], source, detailType, detail }: BusEntry) => {
    const publishedAt = clock.now();
    const event = { id: randomUUID(), publishedAt, at: at ?? publishedAt, source, detailType, detail, resources };
    const targets = targetsOf(event);
    heard(event);
    keep({ event, awaited: targets.length > 0 });
    recent.push(event);
    if (recent.length > MOST_IN_MEMORY) {
      recent.shift();
      forgotten = true;
    }
    if (targets.length > 0) begin(event, targets);
    return event.id;
  };
  const forget = (erased: string[]) => {
    const redacted = redactor(erased);
    recent.splice(0, recent.length, ...recent.map(redacted));
    if (file === null) return;
    const kept = readLines(file) as Line[];
    // What is still to be delivered is needed whole.
    const awaited = new Set(undelivered(kept).map(({ id }) => id));
    const left = kept.map((line) =>
      'event' in line && !awaited.has(line.event.id) ? { ...line, event: redacted(line.event) } : line,
    );
    replaceLines(file, left);
  };
  const all = () => (forgotten && file !== null ? eventsIn(readLines(file) as Line[]) : recent);

  // After the caller has put the stack together: deliveries that a kill cut short begin again.
  setImmediate(() => {
    for (const event of undelivered(lines)) begin(event, targetsOf(event));
  });
  const idle = async () => {
    while (deliveries.size > 0) await Promise.all(deliveries);
  };
  return {
    ...{ name: model.name, arn: model.arn, put, forget, idle },
    erased: () => erasedIn(all()),
    since: (iso) =>
      all()
        .filter(({ at, publishedAt = at }) => publishedAt >= iso)
        .map(itemOf),
    stop: () => {
      stopping.abort();
      return idle();
    },
  };
}

const itemOf = ({ at, source, detailType, detail }: Published): BusItem => ({ at, source, detailType, detail });

const eventsIn = (lines: Line[]): Published[] => lines.flatMap((line) => ('event' in line ? [line.event] : []));

function undelivered(lines: Line[]): Published[] {
  const ended = new Set(lines.flatMap((line) => ('delivered' in line ? [line.delivered] : [])));
  return lines.flatMap((line) => ('event' in line && line.awaited && !ended.has(line.event.id) ? [line.event] : []));
}

function router(model: BusModel): (event: Published) => Target[] {
  const rules = model.rules.map(({ logicalId, eventPattern, targets }) => ({
    matches: compiled(logicalId, eventPattern),
    targets,
  }));
  return (event) => {
    const whole = envelope(event);
    return rules.filter(({ matches }) => matches(whole)).flatMap(({ targets }) => targets);
  };
}

function compiled(logicalId: string, pattern: Record<string, unknown>): Matches {
  try {
    return compilePattern(pattern);
  } catch (error) {
    throw new Error(`the rule ${logicalId}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a target receives; EventBridge's times are whole seconds. */
const envelope = ({ id, at, source, detailType, detail, resources }: Published) => ({
  ...{ version: '0', id, 'detail-type': detailType, source, account: ACCOUNT_ID },
  ...{ time: `${at.slice(0, 19)}Z`, region: REGION, resources, detail },
});

/** EventBridge goes on for a day; here a target that fails a few times is told in the log. False where it was stopped. */
async function persistently(
  act: () => Promise<unknown>,
  event: Published,
  log: (line: string) => void,
  stopping: AbortSignal,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await act();
      return true;
    } catch (error) {
      if (stopping.aborted) return false;
      if (attempt === DELIVERY_ATTEMPTS) {
        const why = error instanceof Error ? error.message : String(error);
        log(`bus: ${event.detailType} ${event.id} was not delivered: ${why}`);
        return true;
      }
      await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
  }
}
