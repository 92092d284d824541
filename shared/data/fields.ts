/**
 * How single values stand in an item: flat attributes with short names. Null is left out, so that an absent attribute
 * reads as null; free JSON is text, since maps of the database limit depth and numbers.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Instant } from '../domain/facts.ts';
import { daysBetween, instantOf, msOf, plusDays } from '../domain/instants.ts';
import type { Hold, LotIdentity, PendingHold, ReservedHold } from '../domain/points/account.ts';
import { entryIdOf, partsOfEntryId } from '../domain/points/ids.ts';

export type Item = Record<string, AttributeValue>;

/** One field of a record and the attribute that holds it; without a name it is read from what other attributes say. */
export interface Field<T> {
  attribute: string | null;
  write(value: T): AttributeValue | undefined;
  read(value: AttributeValue | undefined, item: Item): T;
}

export const text = <T extends string = string>(attribute: string): Field<T> => ({
  attribute,
  write: (value) => ({ S: value }),
  read: (value) => (value?.S ?? '') as T,
});

export const number = (attribute: string): Field<number> => ({
  attribute,
  write: (value) => ({ N: String(value) }),
  read: (value) => Number(value?.N ?? 0),
});

export const flag = (attribute: string): Field<boolean> => ({
  attribute,
  write: (value) => (value ? { BOOL: true } : undefined),
  read: (value) => value?.BOOL ?? false,
});

export const json = <T>(attribute: string): Field<T> => ({
  attribute,
  write: (value) => ({ S: JSON.stringify(value) }),
  read: (value) => JSON.parse(value?.S ?? 'null') as T,
});

/** A list or map as JSON text, left out where it is empty. */
export const sparse = <T extends object>(attribute: string, empty: () => T): Field<T> => ({
  attribute,
  write: (value) => (Object.keys(value).length > 0 ? { S: JSON.stringify(value) } : undefined),
  read: (value) => (value?.S === undefined ? empty() : (JSON.parse(value.S) as T)),
});

/** Whole minutes since 1970, ascending, four bytes each: a hundred of them in 400 bytes. */
export const minutes = (attribute: string): Field<number[]> => ({
  attribute,
  write: (value) => (value.length > 0 ? { B: new Uint8Array(Uint32Array.from(value).buffer) } : undefined),
  read: (value) => {
    const bytes = bytesOf(value);
    return [...new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)];
  },
});

/**
 * Lots, or parts of them, in some 27 bytes each: `mark.milliseconds.number.size.count.expires`, numbers in base 36. A lot
 * has the id of the entry that it came from, which tells when it was earned. A count that is the whole size is left out;
 * an expiry is so many days after the earning (`+`) or an instant; an unlimited lot has none.
 */
export const lots = <C extends 'remaining' | 'points'>(
  attribute: string,
  count: C,
): Field<(LotIdentity & Record<C, number>)[]> => ({
  attribute,
  write: (value) => (value.length > 0 ? { S: lotsText(value, count) } : undefined),
  read: (value) => lotsIn(value?.S ?? '', count),
});

/** Held points as JSON, the lots that they were taken from in short. Left out where nothing is held. */
export const holds = (attribute: string): Field<Hold[]> => ({
  attribute,
  write: (value) => {
    const written = (hold: Hold) =>
      hold.kind === 'reserved' ? { ...hold, parts: lotsText(hold.parts, 'points') } : hold;
    return value.length > 0 ? { S: JSON.stringify(value.map(written)) } : undefined;
  },
  read: (value) => {
    const stored = JSON.parse(value?.S ?? '[]') as (PendingHold | (Omit<ReservedHold, 'parts'> & { parts: string }))[];
    return stored.map((hold) => (hold.kind === 'reserved' ? { ...hold, parts: lotsIn(hold.parts, 'points') } : hold));
  },
});

const RADIX = 36;
const short = (value: number): string => value.toString(RADIX);
const long = (text: string): number => Number.parseInt(text, RADIX);

const lotsText = <C extends string>(lots: readonly (LotIdentity & Record<C, number>)[], count: C): string =>
  lots.map((lot) => lotText(lot, lot[count])).join(',');

const lotsIn = <C extends string>(text: string, count: C): (LotIdentity & Record<C, number>)[] =>
  text
    .split(',')
    .filter(Boolean)
    .map((lot) => lotIn(lot, count));

const lotText = ({ lotId, size, expiresAt }: LotIdentity, count: number): string => {
  const { at, n, mark } = partsOfEntryId(lotId);
  const counted = count === size ? '' : short(count);
  return [mark, short(msOf(at)), short(n), short(size), counted, expiryText(at, expiresAt)].join('.');
};

const lotIn = <C extends string>(text: string, count: C): LotIdentity & Record<C, number> => {
  const [mark = '', ms = '', n = '', size = '', counted = '', expires = ''] = text.split('.');
  const earnedAt = instantOf(long(ms));
  const identity: LotIdentity = {
    lotId: entryIdOf(earnedAt, long(n), mark),
    earnedAt,
    expiresAt: expiryIn(earnedAt, expires),
    size: long(size),
  };
  return { ...identity, [count]: counted === '' ? identity.size : long(counted) } as LotIdentity & Record<C, number>;
};

const expiryText = (earnedAt: Instant, expiresAt: Instant | null): string => {
  if (expiresAt === null) return '';
  const days = daysBetween(earnedAt, expiresAt);
  return Number.isInteger(days) && days >= 0 ? `+${short(days)}` : short(msOf(expiresAt));
};

const expiryIn = (earnedAt: Instant, text: string): Instant | null => {
  if (text === '') return null;
  return text.startsWith('+') ? plusDays(earnedAt, long(text.slice(1))) : instantOf(long(text));
};

/** Instants by number, as `number.milliseconds` in base 36: 13 bytes each. Left out where there are none. */
export const instants = (attribute: string): Field<Record<number, Instant>> => ({
  attribute,
  write: (value) => {
    const parts = Object.entries(value).map(([n, at]) => `${short(Number(n))}.${short(msOf(at))}`);
    return parts.length > 0 ? { S: parts.join(',') } : undefined;
  },
  read: (value) =>
    Object.fromEntries(
      (value?.S ?? '')
        .split(',')
        .filter(Boolean)
        .map((part) => part.split('.'))
        .map(([n = '', ms = '']) => [long(n), instantOf(long(ms))]),
    ),
});

export const nullable = <T>(field: Field<T>): Field<T | null> => ({
  attribute: field.attribute,
  write: (value) => (value === null ? undefined : field.write(value)),
  read: (value, item) => (value === undefined ? null : field.read(value, item)),
});

export const optional = <T>(field: Field<T>): Field<T | undefined> => ({
  attribute: field.attribute,
  write: (value) => (value === undefined ? undefined : field.write(value)),
  read: (value, item) => (value === undefined ? undefined : field.read(value, item)),
});

/** A value that the keys of the item say already. */
export const derived = <T>(read: (item: Item) => T): Field<T> => ({
  attribute: null,
  write: () => undefined,
  read: (_, item) => read(item),
});

/** A copy at an aligned address. Lambda hands binary values of a stream over as base64 text. */
const bytesOf = (value: AttributeValue | undefined): Uint8Array<ArrayBuffer> => {
  const raw: unknown = value?.B;
  if (typeof raw === 'string') return Uint8Array.from(Buffer.from(raw, 'base64'));
  return raw instanceof Uint8Array ? Uint8Array.from(raw) : new Uint8Array();
};
