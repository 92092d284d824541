/**
 * The rules of the ledger once more, so plain that a reader sees they are right: every single point is an object that is
 * somewhere. Shares no code with what it judges: times are milliseconds here, and nothing is summed up.
 */
type Place = 'pending' | 'open' | 'reserved' | 'spent' | 'expired' | 'gone';

interface ModelLot {
  serial: number;
  earnedMs: number;
  /** Infinity: never. */
  expiresMs: number;
  size: number;
}
interface Point {
  place: Place;
  /** Undefined while it is pending. */
  lot?: ModelLot;
  holdId?: string;
  spending?: number;
}
interface ModelHold {
  holdId: string;
  kind: 'pending' | 'reserved';
  settlesMs: number;
  /** Of pending points: when they will expire, counted from an instant or from acceptance. */
  expiryMs: (acceptedMs: number) => number;
}

export class PointsModel {
  readonly #points: Point[] = [];
  #holds: ModelHold[] = [];
  #score = 0;
  #debt = 0;
  #lots = 0;
  #spendings = 0;
  /** Of the newest change. */
  #ms = 0;

  get available(): number {
    return this.#at('open').length - this.#debt;
  }

  balances() {
    const { available } = this;
    const count = (place: Place) => this.#at(place).length;
    return {
      ...{ available, score: this.#score, spent: count('spent') },
      ...{ pending: count('pending'), reserved: count('reserved'), expired: count('expired') },
    };
  }

  openLots(): (Omit<ModelLot, 'serial'> & { remaining: number })[] {
    const lots = new Map<ModelLot, number>();
    for (const { lot } of this.#inOrder('open')) if (lot) lots.set(lot, (lots.get(lot) ?? 0) + 1);
    return [...lots].map(([{ serial, ...lot }, remaining]) => ({ ...lot, remaining }));
  }

  openHolds(): { holdId: string; kind: ModelHold['kind']; points: number }[] {
    return this.#holds.map(({ holdId, kind }) => ({ holdId, kind, points: this.#heldBy(holdId).length }));
  }

  /** Everything that time does up to an instant, one instant after the other. */
  passUntil(ms: number): void {
    for (const end = Math.max(ms, this.#ms); ; ) {
      const next = Math.min(...this.#holds.map((hold) => hold.settlesMs), ...this.#at('open').map(expiryOf));
      if (next > end) return;
      this.#ms = Math.max(this.#ms, next);
      const due = this.#holds.filter(({ settlesMs }) => settlesMs === next);
      for (const { kind, holdId } of due) if (kind === 'pending') this.accept(next, holdId, Number.POSITIVE_INFINITY);
      for (const { kind, holdId } of due) if (kind === 'reserved') this.release(next, holdId, Number.POSITIVE_INFINITY);
      for (const point of this.#at('open')) if (expiryOf(point) <= next) point.place = 'expired';
    }
  }

  add(ms: number, points: number, expiresMs: number): void {
    this.#score += points;
    this.#credit(this.#lotOf(points, ms, expiresMs, () => this.#newPoint()));
  }

  subtract(ms: number, points: number): void {
    this.#change(ms);
    this.#score -= points;
    for (const point of this.#inOrder('open').slice(0, points)) point.place = 'gone';
  }

  spend(ms: number, points: number): void {
    this.#change(ms);
    this.#spent(this.#inOrder('open').slice(0, points));
  }

  addPending(ms: number, points: number, hold: Omit<ModelHold, 'kind'>): void {
    this.#change(ms);
    this.#holds.push({ ...hold, kind: 'pending' });
    for (let n = 0; n < points; n++) this.#newPoint({ place: 'pending', holdId: hold.holdId });
  }

  accept(ms: number, holdId: string, points: number): void {
    const held = this.#heldBy(holdId).slice(0, points);
    const expiryMs = this.#holds.find((hold) => hold.holdId === holdId)?.expiryMs ?? (() => Number.NaN);
    this.#score += held.length;
    const [...waiting] = held;
    this.#credit(this.#lotOf(held.length, ms, expiryMs(this.#change(ms)), () => waiting.shift() ?? this.#newPoint()));
    this.#closeEmptyHolds();
  }

  reject(ms: number, holdId: string, points: number): void {
    this.#change(ms);
    for (const point of this.#heldBy(holdId).slice(0, points)) point.place = 'gone';
    this.#closeEmptyHolds();
  }

  reserve(ms: number, points: number, holdId: string, settlesMs: number): void {
    this.#change(ms);
    this.#holds.push({ holdId, kind: 'reserved', settlesMs, expiryMs: () => Number.NaN });
    for (const point of this.#inOrder('open').slice(0, points)) Object.assign(point, { place: 'reserved', holdId });
  }

  capture(ms: number, holdId: string, points: number): void {
    this.#change(ms);
    this.#spent(this.#heldBy(holdId).slice(0, points));
    this.#credit(this.#heldBy(holdId));
    this.#closeEmptyHolds();
  }

  release(ms: number, holdId: string, points: number): void {
    this.#change(ms);
    const held = this.#heldBy(holdId);
    this.#credit(held.slice(Math.max(0, held.length - points)));
    this.#closeEmptyHolds();
  }

  reverse(ms: number, points: number, lot: number | null, policy: 'within_balance' | 'debt'): void {
    const open = this.#inOrder('open');
    const own = open.filter((point) => point.lot?.serial === lot);
    const taken = [...own, ...open.filter((point) => !own.includes(point))].slice(0, points);
    const owed = policy === 'debt' ? points - taken.length : 0;
    if (taken.length + owed > 0) this.#change(ms);
    for (const point of taken) point.place = 'gone';
    this.#debt += owed;
    this.#score -= taken.length + owed;
  }

  giveBack(ms: number, spending: number): void {
    this.#change(ms);
    this.#credit(this.#inOrder('spent').filter((point) => point.spending === spending));
  }

  #at(place: Place): Point[] {
    return this.#points.filter((point) => point.place === place);
  }

  /** Earliest expiry first, unlimited last, then the oldest. */
  #inOrder(place: Place): Point[] {
    return this.#at(place).sort((a, b) => {
      const [one, other] = [expiryOf(a), expiryOf(b)];
      if (one !== other) return one < other ? -1 : 1;
      return (a.lot?.earnedMs ?? 0) - (b.lot?.earnedMs ?? 0) || (a.lot?.serial ?? 0) - (b.lot?.serial ?? 0);
    });
  }

  #heldBy(holdId: string): Point[] {
    return [...this.#inOrder('pending'), ...this.#inOrder('reserved')].filter((point) => point.holdId === holdId);
  }

  #newPoint(point: Point = { place: 'open' }): Point {
    this.#points.push(point);
    return point;
  }

  #lotOf(size: number, ms: number, expiresMs: number, next: () => Point): Point[] {
    const lot = { serial: this.#lots++, earnedMs: this.#change(ms), expiresMs, size };
    return Array.from({ length: size }, () => Object.assign(next(), { lot }));
  }

  #credit(points: readonly Point[]): void {
    for (const point of points) {
      point.place = this.#debt > 0 ? 'gone' : 'open';
      if (this.#debt > 0) this.#debt--;
    }
  }

  #spent(points: readonly Point[]): void {
    for (const point of points) Object.assign(point, { place: 'spent', spending: this.#spendings });
    this.#spendings++;
  }

  #closeEmptyHolds(): void {
    this.#holds = this.#holds.filter(({ holdId }) => this.#heldBy(holdId).length > 0);
  }

  /** Nothing happens before what happened last. */
  #change(ms: number): number {
    this.#ms = Math.max(this.#ms, ms);
    return this.#ms;
  }
}

const expiryOf = ({ lot }: Point): number => lot?.expiresMs ?? Number.POSITIVE_INFINITY;
