/**
 * How single values stand in an item: flat attributes with short names. Null is left out, so that an absent attribute
 * reads as null; free JSON is text, since maps of the database limit depth and numbers.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { instantOf, msOf } from '../domain/instants.ts';
import type { LotIdentity } from '../domain/points/account.ts';

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

/** Lots, or parts of them, as `id:size:count:earned:expires` in short numbers: some 55 bytes each. Left out where none. */
export const lots = <C extends 'remaining' | 'points'>(
  attribute: string,
  count: C,
): Field<(LotIdentity & Record<C, number>)[]> => ({
  attribute,
  write: (value) => (value.length > 0 ? { S: value.map((lot) => lotText(lot, lot[count])).join(',') } : undefined),
  read: (value) =>
    (value?.S ?? '')
      .split(',')
      .filter(Boolean)
      .map((text) => lotIn(text, count)),
});

const RADIX = 36;
const short = (value: number): string => value.toString(RADIX);
const long = (text: string): number => Number.parseInt(text, RADIX);

const lotText = ({ lotId, size, earnedAt, expiresAt }: LotIdentity, count: number): string =>
  [lotId, short(size), short(count), short(msOf(earnedAt)), expiresAt === null ? '' : short(msOf(expiresAt))].join(':');

const lotIn = <C extends string>(text: string, count: C): LotIdentity & Record<C, number> => {
  const [lotId = '', size = '', counted = '', earned = '', expires = ''] = text.split(':');
  const identity: LotIdentity = {
    lotId,
    earnedAt: instantOf(long(earned)),
    expiresAt: expires === '' ? null : instantOf(long(expires)),
    size: long(size),
  };
  return { ...identity, [count]: long(counted) } as LotIdentity & Record<C, number>;
};

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
