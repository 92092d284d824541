/**
 * Looking at some consumers by the segments of one moment. Segments may be edited meanwhile: what was written by those of
 * before is looked at again by those of after, so that whoever tells of an edit finds nobody who is told otherwise later.
 */
import { inParallel } from '../../common/in-parallel.ts';
import type { Deps } from '../../ports/deps.ts';
import { type CompiledSegments, readCompiledSegments } from '../flips/compiled.ts';
import type { Flip } from '../flips/state.ts';
import { Outdated, type Refresh, refreshConsumer } from './consumer.ts';

const AT_ONCE = 8;

export class RefreshRound {
  readonly #deps: Pick<Deps, 'store' | 'pause'>;
  #compiledSegments: CompiledSegments;
  /** Who was written to, and by which segments. */
  #written: { consumerId: string; asked: Refresh; by: CompiledSegments }[] = [];

  constructor(deps: Pick<Deps, 'store' | 'pause'>, compiledSegments: CompiledSegments) {
    this.#deps = deps;
    this.#compiledSegments = compiledSegments;
  }

  get compiledSegments(): CompiledSegments {
    return this.#compiledSegments;
  }

  /** Refreshes one consumer; gives back what was told of it. */
  async look(consumerId: string, asked: Refresh): Promise<Flip[]> {
    let by = this.#compiledSegments;
    for (let isLatest = false; ; ) {
      try {
        const { flips, wrote } = await refreshConsumer(this.#deps, by, consumerId, { ...asked, isLatest });
        if (wrote) this.#written.push({ consumerId, asked, by });
        return flips;
      } catch (error) {
        if (!(error instanceof Outdated)) throw error;
        const latest = await readCompiledSegments(this.#deps.store);
        isLatest = isSame(latest, by);
        this.#compiledSegments = latest;
        by = latest;
      }
    }
  }

  /** Refreshes these; gives back all that was told. */
  async lookAt(consumers: Iterable<readonly [consumerId: string, asked: Refresh]>): Promise<Flip[]> {
    const flips = await inParallel([...consumers], AT_ONCE, ([consumerId, asked]) => this.look(consumerId, asked));
    return flips.flat();
  }

  /** To be called when all were looked at: gives back what more was told. */
  async end(): Promise<Flip[]> {
    const flips: Flip[] = [];
    while (this.#written.length > 0) {
      this.#compiledSegments = await readCompiledSegments(this.#deps.store);
      const outdated = this.#written.filter(({ by }) => !isSame(by, this.#compiledSegments));
      this.#written = [];
      flips.push(...(await this.lookAt(outdated.map(({ consumerId, asked }) => [consumerId, asked]))));
    }
    return flips;
  }
}

const isSame = (one: CompiledSegments, other: CompiledSegments): boolean =>
  one.catalogue === other.catalogue && one.scoring.version === other.scoring.version;
