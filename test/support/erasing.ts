/** Erasure over a memory store: the endpoints, and the deployed workflow with its steps. */

import { makeHandler as listSlices } from '../../functions/insights/steps/list-slices.ts';
import { makeHandler as auditSlice } from '../../functions/privacy/steps/audit-slice.ts';
import { makeHandler as complete } from '../../functions/privacy/steps/complete.ts';
import { makeHandler as giveUp } from '../../functions/privacy/steps/give-up.ts';
import { makeHandler as leaveShared } from '../../functions/privacy/steps/leave-shared.ts';
import { makeHandler as removeItems } from '../../functions/privacy/steps/remove-items.ts';
import { makeHandler as removeNamed } from '../../functions/privacy/steps/remove-named.ts';
import { makeHandler as tellConnected } from '../../functions/privacy/steps/tell-connected.ts';
import { makeHandler as verify } from '../../functions/privacy/steps/verify.ts';
import { memoryFiles } from '../../shared/data/memory-files.ts';
import { memoryStore } from '../../shared/data/memory-store.ts';
import type { DomainEvent } from '../../shared/usecases/ports/bus.ts';
import type { Store } from '../../shared/usecases/ports/store.ts';
import type { ErasureDeps } from '../../shared/usecases/privacy/erasure-state.ts';
import { type ApiResponse, namedClient } from './client.ts';
import { depsOn, NOW } from './events.ts';
import type { Sent } from './http-event.ts';
import type { OperationId } from './published-answers.ts';
import { outputOf } from './workflow.ts';

const operations = {
  erase: 'privacy.erase',
  eraseByContact: 'privacy.eraseByContact',
  listErasures: 'privacy.listErasures',
  readErasure: 'privacy.readErasure',
  restoreReceipts: 'privacy.restoreReceipts',
} as const satisfies Record<string, OperationId>;

export const erasing = (store: Store = memoryStore()) => {
  const published: DomainEvent[] = [];
  const files = memoryFiles();
  const bus = {
    publish: async (events: readonly DomainEvent[]) => {
      published.push(...events);
      return events.length;
    },
  };
  const depsWith = (other: Store): ErasureDeps => ({ ...depsOn(other), bus, files });
  const call = (endpoint: keyof typeof operations, sent: Sent = {}, over = store): Promise<ApiResponse> =>
    namedClient(operations, depsOn(over), { now: NOW })(endpoint, sent);
  const asked = (consumerId: string, body: object = { confirm: consumerId }, over = store) =>
    call('erase', { method: 'DELETE', path: `/v1/consumers/${consumerId}`, params: { consumerId }, body }, over);
  const steps = (over: Store) => {
    const deps = depsWith(over);
    return {
      'tell-connected': tellConnected(deps),
      'remove-items': removeItems(deps),
      'leave-shared': leaveShared(deps),
      'remove-named': removeNamed(deps),
      verify: verify(deps),
      complete: complete(deps),
      'give-up': giveUp(deps),
    };
  };
  /** Runs the workflow to its end and returns its output. */
  const carriedOut = (erasureId: string, over = store) => outputOf('erasure', steps(over), { erasureId });
  /** Runs the audit workflow and returns its output. */
  const audited = () =>
    outputOf(
      'erasure-audit',
      { 'list-slices': listSlices({ store }), 'audit-slice': auditSlice(depsOn(store)) },
      { now: NOW },
    );
  /** Runs the steps without the workflow's waits. A failing step is retried at once. */
  const hastened = async (erasureId: string, over: Store): Promise<void> => {
    const all = steps(over);
    const input = { erasureId, now: NOW };
    const once = async <T>(step: (input: unknown) => Promise<T>): Promise<T> =>
      step(input).catch(() => step(input).catch(() => step(input)));
    await once(all['tell-connected']);
    do {
      while (!(await once(all['remove-items'])).done);
      await once(all['leave-shared']);
      await once(all['remove-named']);
      await once(all['remove-named']);
    } while (!(await once(all.verify)).clean);
    await once(all.complete);
  };
  const receipt = async (erasureId: string) =>
    (await call('readErasure', { method: 'GET', params: { erasureId } })).body;
  /** Requests an erasure, runs it and returns the receipt. */
  const erased = async (consumerId: string) => {
    const { body } = await asked(consumerId);
    await carriedOut(body.erasureId);
    return receipt(body.erasureId);
  };
  return { store, published, files, call, asked, steps, audited, carriedOut, hastened, receipt, erased };
};
