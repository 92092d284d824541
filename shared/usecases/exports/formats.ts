/** Writes sections as one JSON document, or as a zip with a CSV table for each section. */
import { csvLine } from '../../domain/csv.ts';
import type { ExportSection } from '../../domain/exports.ts';
import type { Instant } from '../../domain/facts.ts';
import { type ZipWriter, zipWriter } from '../../domain/zip.ts';
import type { Rows, Section } from './sections.ts';

export type NamedSection = readonly [name: ExportSection, section: Section];
interface ExportHead {
  consumerId: string;
  exportedAt: Instant;
}
type Text = AsyncGenerator<string>;

/** Text is written in chunks of this size. */
const CHUNK_CHARACTERS = 64 * 1024;

/** `{consumerId, exportedAt, sections: {name: …}}`. */
export const asJson = (exported: ExportHead, sections: readonly NamedSection[]): AsyncGenerator<Uint8Array> =>
  encoded(jsonOf(exported, sections));

async function* jsonOf({ consumerId, exportedAt }: ExportHead, sections: readonly NamedSection[]): Text {
  yield `{"consumerId":${JSON.stringify(consumerId)},"exportedAt":${JSON.stringify(exportedAt)},"sections":{`;
  for (const [index, [name, section]] of sections.entries()) {
    yield `${index > 0 ? ',' : ''}${JSON.stringify(name)}:`;
    yield* sectionJson(section);
  }
  yield '}}';
}

async function* sectionJson(section: Section): Text {
  if ('facts' in section) yield JSON.stringify(section.facts);
  else if ('list' in section) yield* listJson(section.list);
  else {
    let separator = '{';
    for (const [name, list] of Object.entries(section.lists)) {
      yield `${separator}${JSON.stringify(name)}:`;
      yield* listJson(list);
      separator = ',';
    }
    for (const [name, value] of Object.entries(section.atTheEnd?.() ?? {})) {
      yield `${separator}${JSON.stringify(name)}:${JSON.stringify(value)}`;
    }
    yield '}';
  }
}

async function* listJson({ rows }: Rows): Text {
  let separator = '';
  yield '[';
  for await (const row of rows) {
    yield separator + JSON.stringify(row);
    separator = ',';
  }
  yield ']';
}

/** A zip with one file per section, named after the section. */
export async function* asTables(
  { exportedAt }: ExportHead,
  sections: readonly NamedSection[],
): AsyncGenerator<Uint8Array> {
  const zip = zipWriter(exportedAt);
  for (const [name, section] of sections) {
    zip.begin(`${name}.csv`);
    yield* deflated(zip, encoded(tableOf(section)));
  }
  zip.end();
  yield* zip.taken();
}

async function* deflated(zip: ZipWriter, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const bytes of content) {
    zip.add(bytes);
    yield* zip.taken();
  }
}

async function* tableOf(section: Section): Text {
  if ('facts' in section) {
    yield csvLine(['field', 'value']);
    for (const line of linesOf(section.facts)) yield csvLine(line);
  } else if ('list' in section) {
    yield* listTable(section.list);
  } else {
    const [only, ...others] = Object.values(section.lists);
    if (only && others.length === 0) yield* listTable(only);
    else yield* listsTable(section.lists);
  }
}

/** Each single value by its path. A list is one cell, and an empty group is one empty cell. */
const linesOf = (facts: object, path: readonly string[] = []): [string, unknown][] =>
  Object.entries(facts).flatMap(([name, value]): [string, unknown][] => {
    const at = [...path, name];
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isGroup && Object.keys(value).length > 0) return linesOf(value, at);
    return [[at.join('.'), isGroup ? null : value]];
  });

async function* listTable({ columns, rows }: Rows): Text {
  if (columns.length > 0) yield csvLine(columns);
  for await (const row of rows) yield csvLine(cellsOf(row, columns));
}

/** Several lists in one table. The first column names the list. */
async function* listsTable(lists: Record<string, Rows>): Text {
  const columns = [...new Set(Object.values(lists).flatMap((list) => list.columns))];
  yield csvLine(['list', ...columns]);
  for (const [name, { rows }] of Object.entries(lists)) {
    for await (const row of rows) yield csvLine([name, ...cellsOf(row, columns)]);
  }
}

/** A column such as `balances.available` reads the nested value. */
const cellsOf = (row: object, columns: readonly string[]): unknown[] => {
  const [cells, inside] = [new Map<string, unknown>(Object.entries(row)), new Map(linesOf(row))];
  return columns.map((column) => (cells.has(column) ? cells.get(column) : inside.get(column)));
};

async function* encoded(text: Text): AsyncGenerator<Uint8Array> {
  let gathered = '';
  for await (const piece of text) {
    gathered += piece;
    if (gathered.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(gathered);
    gathered = '';
  }
  if (gathered !== '') yield Buffer.from(gathered);
}
