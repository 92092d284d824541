/** The event bus: records what is published, and delivers it to the targets of the rules that match. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { ACCOUNT_ID, REGION } from '../assembly/identities.ts';
import type { BusModel } from '../assembly/model.ts';
import type { PublishedEvent } from '../base/application.ts';
import type { Clock } from '../base/clock.ts';
import { appendLine, readLines, replaceLines } from '../base/files.ts';
import type { Invoke } from '../base/invoke.ts';
import { Redaction } from '../base/redaction.ts';
import { compilePattern, type Matches } from './filter.ts';

export interface BusEntry {
  source: string;
  detailType: string;
  detail: Record<string, unknown>;
  resources?: string[];
  /** The instant that the publisher names; the clock's where it names none. */
  at?: string;
}

export interface BusSettings {
  model: BusModel;
  invoke: Invoke;
  /** Must start one execution for two calls with the same name, because a delivery may be repeated. */
  startExecution: (stateMachineId: string, input: unknown, name: string) => Promise<unknown>;
  clock: Clock;
  /** Keeps the events between runs. Null keeps them in memory, without those beyond the newest 10,000. */
  file: string | null;
  redaction?: Redaction;
  /** Receives each event before it is recorded. */
  onPublish?: (event: PublishedEvent) => void;
  log?: (line: string) => void;
}

type Target = BusModel['rules'][number]['targets'][number];

interface RecordedEvent extends PublishedEvent {
  id: string;
  /** By the stack's clock. Missing in files of earlier releases. */
  publishedAt?: string;
  resources: string[];
}

/** A line of the file: an event, with whether it has targets, or a note that all deliveries of an event have ended. */
type Line = { event: RecordedEvent; awaited: boolean } | { delivered: string };

/** Without a file. With a file, memory holds no events: reading 10,000 of them takes 50 ms. */
const EVENTS_IN_MEMORY_MAX = 10_000;
const DELIVERY_ATTEMPTS_MAX = 3;
const FIRST_PAUSE_MS = 100;

export class EventBus {
  readonly name: string;
  readonly arn: string;
  readonly #settings: BusSettings;
  readonly #redaction: Redaction;
  readonly #targetsOf: (event: RecordedEvent) => Target[];
  readonly #deliveries = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** Empty where a file keeps the events. */
  #recent: RecordedEvent[] = [];

  constructor(settings: BusSettings) {
    this.#settings = settings;
    this.name = settings.model.name;
    this.arn = settings.model.arn;
    this.#redaction = settings.redaction ?? new Redaction(null);
    this.#targetsOf = createRouter(settings.model);
    const undelivered = undeliveredIn(this.#lines());
    // Once the caller has assembled the stack: deliveries that a kill or a stop interrupted start over.
    setImmediate(() => {
      for (const event of undelivered) this.#startDelivery(event, this.#targetsOf(event));
    });
  }

  /** Records the event, starts its deliveries and returns its id. Both survive a kill once this returns. */
  put({ at, resources = [], source, detailType, detail }: BusEntry): string {
    const publishedAt = this.#settings.clock.now();
    const event = { id: randomUUID(), publishedAt, at: at ?? publishedAt, source, detailType, detail, resources };
    const targets = this.#targetsOf(event);
    this.#settings.onPublish?.(event);
    this.#record(event, targets.length > 0);
    if (targets.length > 0) this.#startDelivery(event, targets);
    return event.id;
  }

  /** Ids of all people whose erasure was ever announced. */
  erased(): string[] {
    return this.#redaction.erasedIn(this.#events());
  }

  /** Removes what the recorded events say about these people. Events that are still to be delivered stay complete. */
  forget(erased: string[]): void {
    const redacted = this.#redaction.redactor(erased);
    this.#recent = this.#recent.map(redacted);
    const { file } = this.#settings;
    if (file === null) return;
    const lines = this.#lines();
    const awaited = new Set(undeliveredIn(lines).map(({ id }) => id));
    const left = lines.map((line) =>
      'event' in line && !awaited.has(line.event.id) ? { ...line, event: redacted(line.event) } : line,
    );
    replaceLines(file, left);
  }

  /** Events that were published at this instant or later, regardless of when they occurred, in order of publication. */
  since(iso: string): PublishedEvent[] {
    return this.#events()
      .filter(({ at, publishedAt = at }) => publishedAt >= iso)
      .map(({ at, source, detailType, detail }) => ({ at, source, detailType, detail }));
  }

  /** Resolves when nothing is being delivered. */
  async idle(): Promise<void> {
    while (this.#deliveries.size > 0) await Promise.all(this.#deliveries);
  }

  /** Waits for deliveries that are under way. Those that fail from now on are repeated by the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.idle();
  }

  #events(): RecordedEvent[] {
    return this.#settings.file === null ? this.#recent : eventsIn(this.#lines());
  }

  #lines(): Line[] {
    const { file } = this.#settings;
    return file === null ? [] : (readLines(file) as Line[]);
  }

  #record(event: RecordedEvent, awaited: boolean): void {
    const { file } = this.#settings;
    if (file === null) this.#recent.push(event);
    else appendLine(file, { event, awaited } satisfies Line);
    if (this.#recent.length > EVENTS_IN_MEMORY_MAX) this.#recent.shift();
  }

  #startDelivery(event: RecordedEvent, targets: Target[]): void {
    const delivery = this.#deliver(event, targets).finally(() => this.#deliveries.delete(delivery));
    this.#deliveries.add(delivery);
  }

  async #deliver(event: RecordedEvent, targets: Target[]): Promise<void> {
    const ended = await Promise.all(targets.map((target) => this.#deliverTo(target, event)));
    const { file } = this.#settings;
    if (file !== null && ended.every(Boolean)) appendLine(file, { delivered: event.id } satisfies Line);
  }

  /** EventBridge retries for a day. Here a few failures end the delivery. False where the stack stopped first. */
  async #deliverTo(target: Target, event: RecordedEvent): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#handOver(target, event);
        return true;
      } catch (error) {
        if (this.#stopping.signal.aborted) return false;
        if (attempt === DELIVERY_ATTEMPTS_MAX) {
          const reason = error instanceof Error ? error.message : String(error);
          this.#settings.log?.(`bus: ${event.detailType} ${event.id} was not delivered: ${reason}`);
          return true;
        }
        await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }

  #handOver({ functionId, stateMachineId }: Target, event: RecordedEvent): Promise<unknown> {
    const { invoke, startExecution } = this.#settings;
    return functionId === null
      ? startExecution(stateMachineId ?? '', envelopeOf(event), event.id)
      : invoke(functionId, envelopeOf(event));
  }
}

const eventsIn = (lines: Line[]): RecordedEvent[] => lines.flatMap((line) => ('event' in line ? [line.event] : []));

function undeliveredIn(lines: Line[]): RecordedEvent[] {
  const ended = new Set(lines.flatMap((line) => ('delivered' in line ? [line.delivered] : [])));
  return lines.flatMap((line) => ('event' in line && line.awaited && !ended.has(line.event.id) ? [line.event] : []));
}

function createRouter(model: BusModel): (event: RecordedEvent) => Target[] {
  const rules = model.rules.map(({ logicalId, eventPattern, targets }) => ({
    matches: compileRule(logicalId, eventPattern),
    targets,
  }));
  return (event) => {
    const envelope = envelopeOf(event);
    return rules.filter(({ matches }) => matches(envelope)).flatMap(({ targets }) => targets);
  };
}

function compileRule(logicalId: string, pattern: Record<string, unknown>): Matches {
  try {
    return compilePattern(pattern);
  } catch (error) {
    throw new Error(`the rule ${logicalId}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The event as a target receives it. EventBridge's times are whole seconds. */
const envelopeOf = ({ id, at, source, detailType, detail, resources }: RecordedEvent) => ({
  version: '0',
  id,
  'detail-type': detailType,
  source,
  account: ACCOUNT_ID,
  time: `${at.slice(0, 19)}Z`,
  region: REGION,
  resources,
  detail,
});
